"""Questions about pages as a browser sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_deploycheck.asks.base import host_of

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAsk:
    """A page opened in a fresh browser, within ``timeout`` seconds until it has loaded, and ``settle`` more.

    ``texts`` and the CSS ``selectors`` have to become visible within the same time. ``headers`` go to the page's own
    origin only. Where anything is wrong a ``screenshot`` is written to that file. ``browser`` is the program to start.
    """

    url: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timeout: float = 15.0
    settle: float = 0.5
    texts: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    browser: str | None = None
    screenshot: str | None = None
    verify_tls: bool = True

    @property
    def host(self) -> str:
        """``host:port`` of the URL."""
        return host_of(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAnswer:
    """What a browser saw. Times in seconds since the navigation began; ``cls`` has no unit; None where there was none.

    ``exceptions``, ``console_errors`` and ``failed_requests`` hold at most 20 each, their numbers count all.
    """

    url: str
    status: int | None
    times: tuple[tuple[str, float | None], ...] = ()
    exceptions: tuple[str, ...] = field(default=(), repr=False)
    console_errors: tuple[str, ...] = field(default=(), repr=False)
    failed_requests: tuple[str, ...] = field(default=(), repr=False)
    counts: tuple[tuple[str, int], ...] = ()
    missing: tuple[str, ...] = ()
    dialogs: int = 0
    browser: str = ""
    screenshot: str | None = None
    at: datetime | None = None
