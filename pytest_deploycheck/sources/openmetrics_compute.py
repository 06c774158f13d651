"""One number from one or two scrapes; above the reader, below the source, pure.

Counters may start again: a decrease is a restart, and what was counted since is the new value, as in Prometheus'
``increase()``. Unlike there, nothing is extrapolated: the two scrapes are the window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import Number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.metricquery import MetricQuery, Selector
    from pytest_deploycheck.sources.openmetrics_text import Exposition, Labels


@dataclass(frozen=True, slots=True)
class Scrape:
    """What one request found. ``at`` is on a monotonic clock, ``wall`` in Unix time, both in seconds."""

    exposition: Exposition
    at: float
    wall: float
    attempts: int = 1


class _NothingError(Exception):
    """There is no data for the question; the message says why."""


def compute(query: MetricQuery, first: Scrape, last: Scrape) -> Number:
    """Return the answer to the query; without data its value is None, and ``note`` says why."""
    name = query.function.name
    try:
        value, n, note = _COMPUTATIONS[name](query, first, last)
    except _NothingError as reason:
        return Number(value=None, unit=query.unit, n=0, note=str(reason))
    if not math.isfinite(value):
        return Number(value=None, unit=query.unit, n=n, note=f"{query} is {value}")
    bounded = note is not None and note.startswith(AT_LEAST)
    return Number(value=value, unit=query.unit, n=n, note=note, lower_bound=bounded)


AT_LEAST: Final = "at least"
_MOST_LABELS: Final = 12
_Found = tuple[float, int, str | None]


def _value(query: MetricQuery, _first: Scrape, last: Scrape) -> _Found:
    found = _matching(query.selectors[0], last)
    return math.fsum(found.values()), len(found), None


def _max(query: MetricQuery, _first: Scrape, last: Scrape) -> _Found:
    found = _matching(query.selectors[0], last)
    return _unless_nan(max, found), len(found), None


def _min(query: MetricQuery, _first: Scrape, last: Scrape) -> _Found:
    found = _matching(query.selectors[0], last)
    return _unless_nan(min, found), len(found), None


def _age(query: MetricQuery, _first: Scrape, last: Scrape) -> _Found:
    found = _matching(query.selectors[0], last)
    newest = _unless_nan(max, found)
    if newest <= 0:
        raise _NothingError(f"{query.selectors[0]} is {newest:g}: it has not happened yet")
    return last.wall - newest, len(found), None


def _delta(query: MetricQuery, first: Scrape, last: Scrape) -> _Found:
    before, after = (math.fsum(_matching(query.selectors[0], scrape).values()) for scrape in (first, last))
    return after - before, 2, None


def _growth(query: MetricQuery, first: Scrape, last: Scrape) -> _Found:
    before, after = (math.fsum(_matching(query.selectors[0], scrape).values()) for scrape in (first, last))
    if before == 0:
        raise _NothingError(f"{query.selectors[0]} began at 0, so its growth has no percentage")
    return (after - before) * 100 / abs(before), 2, None


def _increase(query: MetricQuery, first: Scrape, last: Scrape) -> _Found:
    increases = _increases(query.selectors[0], first, last)
    return math.fsum(increases.values()), len(increases), None


def _rate(query: MetricQuery, first: Scrape, last: Scrape) -> _Found:
    value, n, note = _increase(query, first, last)
    if last.at <= first.at:
        raise _NothingError("both scrapes are of the same moment")
    return value / (last.at - first.at), n, note


def _ratio(query: MetricQuery, first: Scrape, last: Scrape) -> _Found:
    part, whole = query.selectors
    total = math.fsum(_increases(whole, first, last).values())
    if total == 0:
        raise _NothingError(f"no traffic: {whole} did not increase")
    note = None
    try:
        bad = math.fsum(_increases(part, first, last).values())
    except _NothingError:
        # an exporter shows a label's value after its first use: a known metric without such a series counts nothing
        if not last.exposition.knows(part.name):
            raise
        _require_labels(part, last)
        bad, note = 0.0, f"no series matches {part} yet, counted as 0"
    counted = f"{bad:g} of {total:g}"
    # multiplied first: 7 of 100 is 7 %, not 7.000000000000001 %
    return bad * 100 / total, _samples(total), f"{counted}; {note}" if note else counted


def _require_labels(selector: Selector, scrape: Scrape) -> None:
    """Refuse to count nothing as none when a label that is asked for does not exist: a slip of the pen, not a zero."""
    series = scrape.exposition.series.get(_sample_name(selector, scrape), {})
    known = {key for labels in series for key, _ in labels}
    missing = [m.label for m in selector.matchers if m.operator in {"=", "=~"} and m.label not in known]
    if series and missing:
        there = ", ".join(sorted(known)[:_MOST_LABELS]) or "no labels at all"
        raise _NothingError(f"no series of {selector.name} has a label {missing[0]}; it has {there}")


def _average(query: MetricQuery, first: Scrape, last: Scrape) -> _Found:
    selector = _family(query.selectors[0])
    count = math.fsum(_increases(selector.renamed(f"{selector.name}_count"), first, last).values())
    if count == 0:
        raise _NothingError(f"no observations: {selector} did not count any")
    total = math.fsum(_increases(selector.renamed(f"{selector.name}_sum"), first, last).values())
    return total / count, _samples(count), None


def _quantile(query: MetricQuery, first: Scrape, last: Scrape) -> _Found:
    selector = _family(query.selectors[0])
    buckets: dict[float, float] = {}
    for labels, increase in _increases(selector.renamed(f"{selector.name}_bucket"), first, last).items():
        bound = _bound(dict(labels).get("le", ""))
        buckets[bound] = buckets.get(bound, 0.0) + increase
    if math.inf not in buckets:
        raise _NothingError(f'{selector} has no bucket le="+Inf", so it is no complete histogram')
    assert query.quantile is not None
    value, note = histogram_quantile(query.quantile, buckets)
    return value, _samples(max(buckets.values())), note


def histogram_quantile(quantile: float, buckets: Mapping[float, float]) -> tuple[float, str | None]:
    """Return the quantile of observations counted in cumulative buckets by upper bound, and a remark where one is due.

    As ``histogram_quantile()`` of Prometheus: linear within a bucket, the first one begins at 0 (unless its bound is
    not positive: then the bound itself), and beyond the last finite bound that bound is all that is known.
    """
    bounds = sorted(buckets)
    cumulative: list[float] = []
    for bound in bounds:
        # concurrent updates may leave a bucket below its predecessor
        cumulative.append(max(buckets[bound], cumulative[-1] if cumulative else 0.0))
    total = cumulative[-1]
    if total <= 0:
        raise _NothingError("no observations in the window")
    if len(bounds) == 1:
        raise _NothingError("the histogram has no finite bucket")
    rank = quantile * total
    at = next((index for index, count in enumerate(cumulative) if count >= rank), len(bounds) - 1)
    if at == len(bounds) - 1:
        return bounds[-2], f"{AT_LEAST} {bounds[-2]:g}: beyond the last finite bucket"
    if at == 0 and bounds[0] <= 0:
        return bounds[0], None
    start, below = (bounds[at - 1], cumulative[at - 1]) if at else (0.0, 0.0)
    return start + (bounds[at] - start) * (rank - below) / (cumulative[at] - below), None


def sample_names(query: MetricQuery) -> frozenset[str]:
    """Return the names of all samples that a query may subtract."""
    names = {selector.name for selector in query.selectors}
    families = {_family(selector).name for selector in query.selectors}
    parts = {f"{name}{suffix}" for name in families for suffix in ("_bucket", "_sum", "_count")}
    return frozenset(names | {f"{name}_total" for name in names} | parts)


def _increases(selector: Selector, first: Scrape, last: Scrape) -> dict[Labels, float]:
    """Return by how much each matching counter grew; one that is new grew from 0, one that shrank began again."""
    before = first.exposition.series.get(_sample_name(selector, first), {})
    increases = {}
    for labels, after in _matching(selector, last).items():
        start = before.get(labels, 0.0)
        increases[labels] = after if after < start else after - start
    return increases


def _matching(selector: Selector, scrape: Scrape) -> dict[Labels, float]:
    """Return the matching series of one scrape; none at all is no data."""
    series = scrape.exposition.series.get(_sample_name(selector, scrape), {})
    found = {labels: value for labels, value in series.items() if selector.matches(dict(labels))}
    if found:
        return found
    if series or scrape.exposition.knows(selector.name):
        raise _NothingError(f"no series matches {selector}")
    nearest = get_close_matches(selector.name, list(scrape.exposition.series), 1)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    raise _NothingError(f"the service has no metric {selector.name}{hint}")


def _sample_name(selector: Selector, scrape: Scrape) -> str:
    """Return the name of the samples; OpenMetrics declares a counter without its ``_total``."""
    total = f"{selector.name}_total"
    known = scrape.exposition.series
    return total if selector.name not in known and total in known else selector.name


def _family(selector: Selector) -> Selector:
    """Return the selector of the histogram itself, whichever of its parts was named."""
    for suffix in ("_bucket", "_sum", "_count"):
        if selector.name.endswith(suffix):
            return selector.renamed(selector.name.removesuffix(suffix))
    return selector


def _bound(text: str) -> float:
    """Return a bucket's upper bound."""
    try:
        return float(text)
    except ValueError:
        raise _NothingError(f"a bucket has the bound le={text[:40]!r}, which is no number") from None


def _unless_nan(choose: Callable[[list[float]], float], found: Mapping[Labels, float]) -> float:
    """Return the chosen value; a NaN among them makes it NaN."""
    values = list(found.values())
    return math.nan if any(map(math.isnan, values)) else choose(values)


def _samples(count: float) -> int:
    """Return a count of observations as a whole number."""
    return round(count) if math.isfinite(count) else 0


_COMPUTATIONS: Final[Mapping[str, Callable[[MetricQuery, Scrape, Scrape], _Found]]] = {
    "value": _value,
    "max": _max,
    "min": _min,
    "age": _age,
    "delta": _delta,
    "growth": _growth,
    "rate": _rate,
    "increase": _increase,
    "ratio": _ratio,
    "avg": _average,
    "p": _quantile,
}
