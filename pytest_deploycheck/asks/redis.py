"""Questions to a Redis server, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_deploycheck.asks.base import MEBIBYTE

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAsk:
    """PING, and with ``info`` also INFO. ``timeout`` bounds all of it, connecting and login included."""

    address: str
    port: int = 6379
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    verify_tls: bool = True
    info: bool = False
    timeout: float = 5.0
    max_bytes: int = MEBIBYTE

    @property
    def host(self) -> str:
        """``host:port``."""
        return f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAnswer:
    """The seconds until PONG, connecting included, and the fields of INFO by name."""

    seconds: float
    target: str
    info: tuple[tuple[str, str], ...] = ()
    at: datetime | None = None
