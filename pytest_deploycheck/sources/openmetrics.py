"""A service's own ``/metrics`` as a source: scraped twice, a window apart, for all questions together.

Answers :class:`OpenMetricsAsk`. The first ask for an address scrapes it; those that compare wait until their window has
passed and share one second scrape. HTTP is done by whoever is given as ``fetch``.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from pytest_deploycheck.asks import HttpAsk, Number, OpenMetricsAsk
from pytest_deploycheck.errors import BadAnswerError, QueryError, SourceError
from pytest_deploycheck.metricquery import parse_query
from pytest_deploycheck.phases import format_duration
from pytest_deploycheck.sources.openmetrics_compute import Scrape, compute, sample_names
from pytest_deploycheck.sources.openmetrics_store import earlier, keep
from pytest_deploycheck.sources.openmetrics_text import read_exposition

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.asks import HttpAnswer
    from pytest_deploycheck.metricquery import MetricQuery

ACCEPT: Final = (
    "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.8,text/plain;q=0.5,*/*;q=0.1"
)
_OK: Final = 200
_DENIED: Final = (401, 403)
_FAILURE_HOLDS: Final = 2.0
_MOST_KEPT: Final = 4


class OpenMetricsSource:
    """Computes numbers from the metrics of services, with one scrape for all who ask at the same time."""

    ask_type: type = OpenMetricsAsk

    def __init__(self, fetch: Callable[[HttpAsk], HttpAnswer]) -> None:
        """``fetch`` sends one HTTP request and raises SourceError when there is no answer."""
        self._fetch = fetch
        self._lock = Lock()
        self._closing = Event()
        self._addresses: dict[tuple[str, tuple[tuple[str, str], ...]], _Address] = {}

    def prime(self, ask: OpenMetricsAsk) -> None:
        """Take the first scrape now, so that the window has begun when the question comes; a failure shows up there."""
        with suppress(SourceError):
            self._address(ask).first(ask)

    def observe(self, ask: OpenMetricsAsk) -> Number:
        """Return the number that the query asks for; its value is None when there was no data.

        Raises:
            QueryError: the query cannot be read.
            NoAnswerError: the service does not answer.
            BadAnswerError: it answers something else than metrics.
            SourceError: the source was closed while waiting for the second scrape.
        """
        try:
            query = parse_query(ask.query)
        except ValueError as error:
            raise QueryError(str(error)) from None
        address = self._address(ask)
        if not query.needs_window:
            first = last = address.newest(ask)
        elif ask.window <= ask.patience:
            first = address.first(ask)
            last = address.later(ask, first.at + ask.window)
        else:
            last = address.newest(ask)
            stored = address.stored(ask, last)
            if stored is None:
                return _too_early(ask, query.unit)
            first = stored
        if ask.store is not None:
            address.remember(Path(ask.store), query)
        number = compute(query, first, last)
        seconds = last.at - first.at
        return replace(
            number,
            window=format_duration(float(f"{seconds:.3g}")) if query.needs_window else None,
            target=_without_secrets(ask.url),
            attempts=last.attempts,
            at=datetime.fromtimestamp(last.wall, UTC),
        )

    def close(self) -> None:
        """Wake up whoever waits for a second scrape, and forget the scrapes."""
        self._closing.set()
        with self._lock:
            addresses = list(self._addresses.items())
            self._addresses.clear()
        for key, address in addresses:
            address.keep(key)

    def _address(self, ask: OpenMetricsAsk) -> _Address:
        key = (ask.url, ask.headers)
        with self._lock:
            if key not in self._addresses:
                self._addresses[key] = _Address(self._fetch, self._closing)
            return self._addresses[key]


class _Address:
    """The scrapes of one address, in the order of time; only one request at a time."""

    def __init__(self, fetch: Callable[[HttpAsk], HttpAnswer], closing: Event) -> None:
        self._fetch = fetch
        self._closing = closing
        self._lock = Lock()
        self._scrapes: list[Scrape] = []
        self._failure: tuple[float, SourceError] | None = None
        self._wanted: dict[Path, set[str]] = {}

    def stored(self, ask: OpenMetricsAsk, last: Scrape) -> Scrape | None:
        """Return the scrape of an earlier run that began the window, None when there is none that fits."""
        if ask.store is None:
            return None
        self.remember(Path(ask.store), parse_query(ask.query))
        key = (ask.url, ask.headers)
        return earlier(Path(ask.store), key, window=ask.window, wall=last.wall, at=last.at)

    def remember(self, path: Path, query: MetricQuery) -> None:
        """Note which metrics later runs will want to subtract."""
        with self._lock:
            self._wanted.setdefault(path, set()).update(sample_names(query))

    def keep(self, key: object) -> None:
        """Leave the newest scrape to later runs."""
        with self._lock:
            for path, names in self._wanted.items():
                if self._scrapes:
                    keep(path, key, self._scrapes[-1], names)

    def first(self, ask: OpenMetricsAsk) -> Scrape:
        """Return the first scrape, taking it if there is none."""
        with self._lock:
            return self._scrapes[0] if self._scrapes else self._scrape(ask)

    def newest(self, ask: OpenMetricsAsk) -> Scrape:
        """Return the last scrape there is, taking one if there is none."""
        with self._lock:
            return self._scrapes[-1] if self._scrapes else self._scrape(ask)

    def later(self, ask: OpenMetricsAsk, moment: float) -> Scrape:
        """Return the first scrape that is not before ``moment`` (monotonic), waiting and taking it if need be."""
        while (wait := moment - time.monotonic()) > 0:
            if self._closing.wait(wait):
                raise SourceError(f"the second look at {_without_secrets(ask.url)} was given up: the run ends")
        with self._lock:
            taken = next((scrape for scrape in self._scrapes if scrape.at >= moment), None)
            return taken or self._scrape(ask)

    def _scrape(self, ask: OpenMetricsAsk) -> Scrape:
        """Ask the service once; those who waited meanwhile share a failure instead of asking again."""
        if self._failure and time.monotonic() - self._failure[0] < _FAILURE_HOLDS:
            raise self._failure[1]
        try:
            scrape = self._request(ask)
        except SourceError as error:
            self._failure = (time.monotonic(), error)
            raise
        self._failure = None
        # the first one stays, it is where every window begins
        self._scrapes = [*self._scrapes[:1], *self._scrapes[1:][-_MOST_KEPT:], scrape]
        return scrape

    def _request(self, ask: OpenMetricsAsk) -> Scrape:
        named = {key.lower() for key, _ in ask.headers}
        accept = () if "accept" in named else (("Accept", ACCEPT),)
        answer = self._fetch(
            HttpAsk(
                url=ask.url,
                headers=(*ask.headers, *accept),
                timeout=ask.timeout,
                max_bytes=ask.max_bytes,
                verify_tls=ask.verify_tls,
            )
        )
        at, wall = time.monotonic(), time.time()
        where = _without_secrets(ask.url)
        if answer.status != _OK:
            hint = "Set auth = true, or a bearer that may read it" if answer.status in _DENIED else "Check the path"
            raise BadAnswerError(f"{where} answered {answer.status} instead of metrics", hint)
        try:
            exposition = read_exposition(answer.body, answer.header("content-type") or "")
        except BadAnswerError as error:
            raise type(error)(f"{where}: {error.message}", error.hint) from None
        return Scrape(exposition, at, wall, answer.attempts)


def _too_early(ask: OpenMetricsAsk, unit: str) -> Number:
    window = f"{ask.window:g}s"
    hint = "a later run of it has one" if ask.store else "only runs with --deploy-id or --deployed-at remember them"
    note = f"no scrape of this deployment from {window} ago: {hint}"
    return Number(value=None, unit=unit, n=0, window=window, note=note, target=_without_secrets(ask.url))


def _without_secrets(url: str) -> str:
    """Return the address without login and query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
