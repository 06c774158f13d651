"""Questions to the domain name system, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsAsk:
    """The records of one type of a name, from the system's name servers or from ``server`` (``address:port``)."""

    name: str
    record: str = "A"
    server: str | None = None
    timeout: float = 5.0

    @property
    def host(self) -> str:
        """The name server that is asked."""
        return self.server or "name servers"


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsAnswer:
    """The records as text, sorted; ``ttl`` is their time to live in seconds."""

    values: tuple[str, ...]
    seconds: float
    ttl: int
    target: str
    at: datetime | None = None
