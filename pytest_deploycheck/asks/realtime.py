"""Questions about events that a service sends on its own: written through its API, waited for at its stream."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_deploycheck.asks.base import host_of

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RealtimeAsk:
    """``events`` writes, each with an id of its own in place of ``{id}``, and how long until it is seen at ``url``.

    ``url`` is a WebSocket (ws, wss) or a stream of server-sent events (http, https); ``subscribe`` is sent first, to
    a WebSocket. Times in seconds: ``settle`` is for the subscription to take effect, ``timeout`` bounds connecting and
    each write, ``wait`` the wait after the last write.
    """

    url: str
    write_url: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    subscribe: str | None = field(default=None, repr=False)
    method: str = "POST"
    write_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: str | None = field(default=None, repr=False)
    events: int = 5
    interval: float = 0.1
    settle: float = 0.5
    wait: float = 5.0
    timeout: float = 10.0
    verify_tls: bool = True

    @property
    def host(self) -> str:
        """``host:port`` of the stream."""
        return host_of(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class RealtimeAnswer:
    """``written`` events were accepted, ``refused`` ones were not (``refusal`` says how the first one ended).

    ``latencies`` are the seconds from each write to its event; ``duplicates`` counts events that came again.
    """

    url: str
    written: int
    latencies: tuple[float, ...]
    refused: int = 0
    refusal: str | None = None
    duplicates: int = 0
    closed: str | None = None
    at: datetime | None = None
