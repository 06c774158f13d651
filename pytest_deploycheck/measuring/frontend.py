"""Measurements of pages and of live connections. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.aggregates import percentile
from pytest_deploycheck.model import Measurement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.asks import PageAnswer, RealtimeAnswer
    from pytest_deploycheck.settings.frontend import Page, Realtime

_MEANINGS: Final = {
    "load": "time until the page has loaded",
    "ttfb": "time to the first byte",
    "fcp": "first contentful paint",
    "lcp": "largest contentful paint",
    "cls": "cumulative layout shift",
}
_COUNTS: Final = {
    "exceptions": "uncaught JavaScript exceptions",
    "failed_requests": "requests of the page that failed",
    "console_errors": "errors on the console",
}


def page_times(page: Page, answer: PageAnswer) -> Iterator[tuple[str, Measurement]]:
    """Yield the times and the shift of a page by the key of their levels; a paint that never came has no value."""
    times = dict(answer.times)
    for name, meaning in _MEANINGS.items():
        value = times.get(name)
        yield (
            name,
            Measurement(
                metric=f"{page.id}.{name}",
                value=None if value is None else round(value, 6),
                unit="" if name == "cls" else "s",
                n=1,
                source="page",
                query=meaning,
                target=answer.url,
                at=answer.at,
                note=None if value is not None else "the browser saw none",
            ),
        )


def page_counts(page: Page, answer: PageAnswer) -> Iterator[tuple[str, Measurement]]:
    """Yield how much went wrong in a page, by the key of its levels, with the first example."""
    counts = dict(answer.counts)
    for name, meaning in _COUNTS.items():
        examples = getattr(answer, name)
        yield (
            name,
            Measurement(
                metric=f"{page.id}.{name}",
                value=counts.get(name, 0),
                n=1,
                source="page",
                query=meaning,
                target=answer.url,
                at=answer.at,
                note=examples[0] if examples else None,
            ),
        )


def event_loss(entry: Realtime, answer: RealtimeAnswer) -> Measurement:
    """Return the share of the events that never came, in %."""
    lost = answer.written - len(answer.latencies)
    words = [f"{lost} of {answer.written} never came"] if lost else []
    words += [f"{answer.duplicates} came twice"] if answer.duplicates else []
    return Measurement(
        metric=f"{entry.id}.loss",
        value=100 * lost / answer.written if answer.written else None,
        unit="%",
        n=answer.written or None,
        source="realtime",
        query="events that were written and never came",
        target=answer.url,
        at=answer.at,
        note="; ".join([*words, *filter(None, [answer.closed])]) or None,
    )


def event_latency(entry: Realtime, answer: RealtimeAnswer) -> Measurement:
    """Return the p95 of the seconds from a write to its event, of those that came."""
    n = len(answer.latencies)
    return Measurement(
        metric=f"{entry.id}.latency",
        value=percentile(answer.latencies, 95) if n else None,
        unit="s",
        n=n or None,
        source="realtime",
        query="p95 of the time from a write to its event",
        target=answer.url,
        at=answer.at,
        note=f"p95 of {n} samples" if n else "no event came",
    )
