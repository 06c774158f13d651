"""Questions about errors that Sentry collected; the answer is a :class:`~pytest_deploycheck.asks.number.Number`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_deploycheck.asks.base import MEBIBYTE, host_of

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SentryAsk:
    """A number from Sentry about the time from ``start`` to ``end``, of the named projects (slugs or numbers).

    ``query`` is ``new-issues``, ``issues``, ``events``, ``users``, ``dropped`` or ``release``. Empty ``environment``,
    ``release``, ``event_levels`` and ``search`` do not narrow. ``start`` is None when nobody knows when the window
    began, ``release`` when one is wanted and nobody knows which. ``sample_rate`` is the share (0 to 1) of its events
    that the SDK sends. ``timeout`` (seconds) bounds everything that answers the question, pages and waiting included.
    """

    url: str
    organization: str
    projects: tuple[str, ...]
    query: str
    end: datetime
    start: datetime | None = None
    token: str = field(default="", repr=False)
    environment: str = ""
    release: str | None = ""
    event_levels: tuple[str, ...] = ()
    search: str = ""
    dataset: str = "errors"
    sample_rate: float = 1.0
    timeout: float = 10.0
    max_bytes: int = 4 * MEBIBYTE
    max_pages: int = 10
    verify_tls: bool = True

    @property
    def host(self) -> str:
        """``host:port`` of the URL."""
        return host_of(self.url)
