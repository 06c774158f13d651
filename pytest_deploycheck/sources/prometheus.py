"""Prometheus as a source: ``PromAsk`` becomes ``Numbers``; HTTP is done by whoever is given as ``fetch``.

A question is asked at a moment of our clock, which is moved to the server's when its Date header says that they differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from pytest_deploycheck.asks import HttpAsk, Number, Numbers, PromAsk
from pytest_deploycheck.phases import format_duration
from pytest_deploycheck.sources.net import safe_url
from pytest_deploycheck.sources.prometheus_answer import Reply, Series, read_reply, read_series
from pytest_deploycheck.sources.prometheus_clock import now, on_their_clock, skew_note, skew_of
from pytest_deploycheck.sources.prometheus_series import Labelled, as_numbers, combined
from pytest_deploycheck.timeseries import Summary, summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pytest_deploycheck.asks import HttpAnswer

WINDOW: Final = "$window"
POINTS: Final = 60
SHORTEST_STEP: Final = 1.0
LATEST: Final = 3  # steps that the newest point may be away from the window's end
LONGEST_URL: Final = 3000
_FORM: Final = ("Content-Type", "application/x-www-form-urlencoded")


@dataclass(frozen=True, slots=True)
class _Look:
    """One question as it went out: the moment on the server's clock, what came back, and what is to be said."""

    end: float
    series: tuple[Series, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    at: datetime | None
    attempts: int


class PrometheusSource:
    """Asks instant and range queries; safe to use from several threads at once."""

    ask_type = PromAsk

    def __init__(self, *, fetch: Callable[[HttpAsk], HttpAnswer]) -> None:
        """Ask through ``fetch``, which sends a request and raises SourceError when there is no answer."""
        self._fetch = fetch
        self._lock = Lock()
        self._skews: dict[str, float] = {}

    def observe(self, ask: PromAsk) -> Numbers:
        """Return the numbers that the query answers; no series, a NaN or a stale sample is a number without data.

        Raises:
            QueryError: the server refused the query, or it answers more series than were asked for.
            LoginRefusedError: it does not know us.
            NoAnswerError: no answer, or a late one.
            BadAnswerError: an answer that is not Prometheus'.
        """
        look = self._look(ask, ask.query, ranged=ask.stat is not None)
        found = [(series.labels, _summary(series, ask, look.end)) for series in look.series]
        doubts = _doubts(look, ask) or self._stale(ask)
        counts = self._counts(ask)
        numbers = {
            name: _number(summary, look, ask, doubts, counts.get(name, counts.get("")))
            for name, summary in combined(found, ask).items()
        }
        return as_numbers(numbers)

    def close(self) -> None:
        """Nothing is kept open."""

    def _counts(self, ask: PromAsk) -> Mapping[str, Summary]:
        """Return how many samples are behind each number, where a query for that is given."""
        if ask.samples_query is None:
            return {}
        look = self._look(ask, ask.samples_query, ranged=False)
        found: list[Labelled] = [(series.labels, _instant(series)) for series in look.series]
        return (
            combined(found, ask)
            if any(ask.by and set(ask.by) & set(s.labels) for s in look.series)
            else {"": _total(found)}
        )

    def _stale(self, ask: PromAsk) -> str | None:
        """Return why the newest sample is too old, None when it is not."""
        if ask.max_age is None or ask.fresh is None:
            return None
        look = self._look(ask, f"max(timestamp({ask.fresh}))", ranged=False)
        newest = max((point[1] for series in look.series for point in series.points), default=None)
        if newest is None or not math.isfinite(newest):
            return f"stale: {ask.fresh} has no sample in the server's look-back"
        age = look.end - newest
        return f"stale: the newest sample is {format_duration(round(age))} old" if age > ask.max_age else None

    def _look(self, ask: PromAsk, query: str, *, ranged: bool) -> _Look:
        """Ask once; again, on the server's clock, when the first answer shows that it differs from ours."""
        with self._lock:
            known = self._skews.get(ask.url)
        moment = ask.end or now()
        end = on_their_clock(moment, known or 0.0)
        answer = self._send(ask, query, end, ranged=ranged)
        if known is None:
            known = skew_of(answer) or 0.0
            with self._lock:
                known = self._skews.setdefault(ask.url, known)
            if known:
                end = on_their_clock(moment, known)
                answer = self._send(ask, query, end, ranged=ranged)
        reply: Reply = read_reply(answer)
        series = read_series(reply.data, answer.url)
        note = skew_note(known)
        notes = (*reply.infos, note) if note else reply.infos
        return _Look(end, series, notes, reply.warnings, answer.at, answer.attempts)

    def _send(self, ask: PromAsk, query: str, end: float, *, ranged: bool) -> HttpAnswer:
        if ask.window is not None:
            query = query.replace(WINDOW, f"{max(round(ask.window * 1000), 1)}ms")
        times = _range(ask, end) if ranged else {"time": f"{end:.3f}"}
        path = "query_range" if ranged else "query"
        return fetch_api(self._fetch, ask, path, {"query": query, **times, "timeout": f"{ask.timeout:g}s"})


def fetch_api(
    fetch: Callable[[HttpAsk], HttpAnswer], ask: PromAsk, path: str, parameters: Mapping[str, str]
) -> HttpAnswer:
    """Return the answer of an endpoint of the API; a long query goes into the body."""
    url, form = f"{ask.url.rstrip('/')}/api/v1/{path}", urlencode(parameters)
    long = len(form) > LONGEST_URL
    return fetch(
        HttpAsk(
            url=url if long else f"{url}?{form}",
            method="POST" if long else "GET",
            content=form.encode() if long else None,
            headers=(*ask.headers, _FORM) if long else ask.headers,
            timeout=ask.timeout,
            max_bytes=ask.max_bytes,
            verify_tls=ask.verify_tls,
        )
    )


def step_of(ask: PromAsk) -> float:
    """Return the seconds between two points of a range query."""
    return ask.step or max((ask.window or 0.0) / POINTS, SHORTEST_STEP)


def _range(ask: PromAsk, end: float) -> dict[str, str]:
    return {"start": f"{end - (ask.window or 0.0):.3f}", "end": f"{end:.3f}", "step": f"{step_of(ask):.3f}"}


def _summary(series: Series, ask: PromAsk, end: float) -> Summary:
    if ask.stat is None:
        return _instant(series)
    summary = summarize(series.points, ask.stat)
    late = end - max((at for at, _ in series.points), default=end)
    if summary.value is not None and late > LATEST * step_of(ask):
        return Summary(None, summary.n, f"stale: the newest point is {format_duration(round(late))} before the end")
    return summary


def _instant(series: Series) -> Summary:
    value = series.points[-1][1] if series.points else math.nan
    return Summary(value, 1, "") if math.isfinite(value) else Summary(None, 0, f"the query answers {value:g}")


def _total(found: list[Labelled]) -> Summary:
    values = [summary.value for _, summary in found if summary.value is not None]
    return Summary(math.fsum(values), len(values), "") if values else Summary(0.0, 0, "")


def _doubts(look: _Look, ask: PromAsk) -> str | None:
    return f"partial: {'; '.join(look.warnings)}" if look.warnings and not ask.accept_partial else None


def _number(summary: Summary, look: _Look, ask: PromAsk, doubts: str | None, count: Summary | None) -> Number:
    value, notes = summary.value, [summary.note]
    if doubts is not None:
        notes = [doubts, *([f"it answered {value:g}"] if value is not None else []), *notes]
        value = None
    notes += [*look.notes, *(look.warnings if ask.accept_partial else ())]
    return Number(
        value=value,
        unit=ask.unit,
        n=0 if value is None else _samples(summary, ask, count),
        window=format_duration(ask.window) if ask.window else None,
        resolution=format_duration(round(step_of(ask), 3)) if ask.stat is not None else None,
        note="; ".join(note for note in notes if note) or None,
        target=safe_url(ask.url),
        attempts=look.attempts,
        at=look.at,
    )


def _samples(summary: Summary, ask: PromAsk, count: Summary | None) -> int | None:
    if ask.samples_query is not None:
        return max(int(count.value or 0), 0) if count is not None else 0
    return summary.n if ask.stat is not None else None
