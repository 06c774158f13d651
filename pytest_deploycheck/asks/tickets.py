"""Questions to ticket systems and their answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_deploycheck.asks.http import HttpAsk


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketsAsk:
    """A search of a tracker. ``request`` is None when nobody knows since when to search.

    ``count``, ``texts`` and ``more`` are JMESPaths of the body: how many tickets there are, the texts of those that it
    holds, and whether there are further ones.
    """

    tracker: str
    url: str
    count: str
    texts: str = ""
    more: str = ""
    request: HttpAsk | None = field(default=None)
    timeout: float = 10.0

    @property
    def host(self) -> str:
        """``host:port`` of the tracker."""
        return self.request.host if self.request is not None else self.tracker


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketsAnswer:
    """What the tracker answered; ``body`` is its JSON."""

    ask: TicketsAsk
    body: Any = field(repr=False)
    attempts: int = 1
    at: datetime | None = None
