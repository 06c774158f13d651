"""Growth of a number and the time until it reaches its limit; pure."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.trend import BLOCKS, mann_kendall, theil_sen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_deploycheck.judgement.trend import Point

_DAY: Final = 86_400.0
_FEWEST: Final = 5
_CHANCE: Final = 0.025


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The slope a day (Theil-Sen on medians of groups), the newest level, and days until the limit.

    ``grows`` tells whether the rise is more than chance (Mann-Kendall); ``days_left`` is None when it is not, or when
    there is no limit. ``span`` is in days, ``n`` counts the points.
    """

    slope: float
    level: float
    grows: bool
    n: int
    span: float
    limit: float | None = None
    days_left: float | None = None


def growth(points: Sequence[Point], limit: float | None = None) -> Growth | None:
    """Return the growth of points ``(seconds, value)`` in the order of time; None when they are too few."""
    if len(points) < _FEWEST or points[-1][0] <= points[0][0]:
        return None
    span = points[-1][0] - points[0][0]
    size = -(-len(points) // BLOCKS)
    groups = [points[place : place + size] for place in range(0, len(points), size)]
    medians = [(median(when for when, _ in group), median(value for _, value in group)) for group in groups]
    slope = theil_sen(medians) * _DAY
    level = points[-1][1]
    grows = slope > 0 and mann_kendall([value for _, value in medians])[1] <= _CHANCE
    left = None
    if limit is not None and level >= limit:
        left = 0.0
    elif limit is not None and grows:
        left = (limit - level) / slope
    return Growth(slope=slope, level=level, grows=grows, n=len(points), span=span / _DAY, limit=limit, days_left=left)
