"""Points in time to one number, and several series to one: between the sources of series and the judges. Pure.

A point without a finite value is left out and counted; a counter that falls has been reset and begins again at 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.aggregates import STATISTICS, extreme_note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """One number made of ``n`` points, None when there was nothing to make it of; ``note`` says how or why."""

    value: float | None
    n: int
    note: str


def increase(points: Sequence[tuple[float, float]]) -> float:
    """Return how much a counter rose from the first point to the last, resets made good; in the unit of the points."""
    return sum(later - before if later >= before else later for (_, before), (_, later) in pairwise(points))


def rate(points: Sequence[tuple[float, float]]) -> float:
    """Return the increase for each second between the first point and the last."""
    return increase(points) / (points[-1][0] - points[0][0])


_OF_COUNTERS: Final[Mapping[str, Callable[[Sequence[tuple[float, float]]], float]]] = {
    "increase": increase,
    "rate": rate,
    "delta": lambda points: points[-1][1] - points[0][1],
}
_OF_GAUGES: Final[Mapping[str, Callable[[Sequence[float]], float]]] = {
    **STATISTICS,
    "min": min,
    "sum": math.fsum,
    "last": lambda values: values[-1],
    "count": lambda values: float(len(values)),
    "distinct": lambda values: float(len(set(values))),
}
STATS: Final = (*_OF_GAUGES, *_OF_COUNTERS)
REDUCERS: Final[Mapping[str, Callable[[Sequence[float]], float]]] = {
    "max": max,
    "min": min,
    "sum": math.fsum,
    "mean": STATISTICS["mean"],
}


def summarize(points: Points, stat: str) -> Summary:
    """Return the points as one number.

    Raises:
        KeyError: the statistic is none of ``STATS``.
    """
    usable = tuple(sorted((at, value) for at, value in points if math.isfinite(value)))
    lost = len(points) - len(usable)
    note = f"{stat} of {len(usable)} point{'' if len(usable) == 1 else 's'}"
    note += f", {lost} without a finite value left out" if lost else ""
    if stat in _OF_COUNTERS:
        if len(usable) < 2 or usable[-1][0] <= usable[0][0]:  # noqa: PLR2004  # a difference needs two
            return Summary(None, len(usable), f"{note}: two are needed")
        return Summary(_OF_COUNTERS[stat](usable), len(usable), note + _resets(usable, stat))
    compute = _OF_GAUGES[stat]
    if not usable:
        return Summary(None, 0, note)
    return Summary(compute([value for _, value in usable]), len(usable), note + extreme_note(stat, len(usable)))


def _resets(points: Points, stat: str) -> str:
    if stat == "delta":
        return ""
    count = sum(1 for (_, before), (_, later) in pairwise(points) if later < before)
    return f", {count} reset{'' if count == 1 else 's'}" if count else ""
