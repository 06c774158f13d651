"""Leaks and slow trends: Mann-Kendall with Theil-Sen on block medians, at doubling looks; pure, stops at WATCH.

Sources: Mann (1945) and Kendall (1975) for the test, with the variance corrected for ties; Sen (1968) for the slope.
Looking at 2, 4, 8, 16, 32 and 48 h with a sixth of alpha each keeps the whole at alpha, whatever their dependence.
Medians of blocks carry the trend while spikes and most of the autocorrelation of single samples do not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_HOUR: Final = 3600.0
LOOKS: Final = tuple(hours * _HOUR for hours in (2, 4, 8, 16, 32, 48))
BLOCKS: Final = 24
MIN_BLOCKS: Final = 12
_MOST: Final = 0.99

Point = tuple[float, float]  # time in seconds, value


@dataclass(frozen=True, slots=True)
class Trend:
    """What one look found over its whole span: tau in -1..1, the chance of it without a trend, the slope a second.

    ``limit_in`` is the projected time in seconds from the end of the span to the limit, None when it is not approached.
    """

    span: float
    blocks: int
    tau: float
    p_value: float
    slope: float
    level: float
    rises: bool
    limit_in: float | None = None


def mann_kendall(values: Sequence[float]) -> tuple[float, float]:
    """Return Kendall's tau against time and the one-sided p-value of a rise (normal, ties and continuity corrected)."""
    n = len(values)
    if n < 3:  # noqa: PLR2004  # two points are no trend
        return 0.0, 1.0
    score = sum((later > earlier) - (later < earlier) for earlier, later in combinations(values, 2))
    ties: dict[float, int] = {}
    for value in values:
        ties[value] = ties.get(value, 0) + 1
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties.values())) / 18
    tau = score / (n * (n - 1) / 2)
    if variance <= 0:
        return tau, 1.0
    z = (score - (score > 0) + (score < 0)) / math.sqrt(variance)
    return tau, math.erfc(z / math.sqrt(2)) / 2


def theil_sen(points: Sequence[Point]) -> float:
    """Return the median of the slopes between all pairs of points, 0 without a pair."""
    slopes = [(y1 - y0) / (t1 - t0) for (t0, y0), (t1, y1) in combinations(points, 2) if t1 != t0]
    return median(slopes) if slopes else 0.0


def block_medians(points: Iterable[Point], start: float, span: float, blocks: int = BLOCKS) -> list[Point]:
    """Return the median of each block of a span as ``(middle of the block, median)``; blocks without data are left out.

    Values that are not finite are passed over.
    """
    found: dict[int, list[float]] = {}
    for timestamp, value in points:
        if math.isfinite(value) and start <= timestamp < start + span:
            found.setdefault(int((timestamp - start) / span * blocks), []).append(value)
    return [(start + (block + 0.5) * span / blocks, median(values)) for block, values in sorted(found.items())]


def trend_of(
    points: Iterable[Point], start: float, span: float, *, alpha: float, limit: float | None = None
) -> Trend | None:
    """Return the trend of a span that begins at ``start``; None when too many blocks are without data."""
    medians = block_medians(points, start, span)
    if len(medians) < MIN_BLOCKS:
        return None
    values = [value for _, value in medians]
    tau, p_value = mann_kendall(values)
    slope, middle = theil_sen(medians), median(timestamp for timestamp, _ in medians)
    level = median(values) + slope * (start + span - middle)
    rises = p_value <= alpha and slope > 0
    ahead = None if limit is None or not rises else max((limit - level) / slope, 0.0)
    return Trend(span, len(medians), tau, p_value, slope, level, rises, ahead)


def watch_trend(
    points: Iterable[Point], started: float, *, alpha: float = 0.01, limit: float | None = None
) -> Iterator[Trend]:
    """Yield the trend of each doubling look as soon as the points, in the order of time, have passed its end."""
    kept: list[Point] = []
    spans = iter(LOOKS)
    span = next(spans, None)
    for timestamp, value in points:
        while span is not None and timestamp >= started + span:
            found = trend_of(kept, started, span, alpha=alpha / len(LOOKS), limit=limit)
            if found is not None:
                yield found
            span = next(spans, None)
        if span is None:
            return
        kept.append((timestamp, value))


def leaks(
    baseline: Iterable[Point], points: Sequence[Point], started: float = math.nan, *, alpha: float = 0.01
) -> tuple[Trend, ...]:
    """Return the rises that are larger than the baseline's own spread, each hour's usual level taken off first.

    ``started`` is the time of the deployment, NaN for the first point. Without a baseline nothing is a leak.
    """
    usual: dict[int, list[float]] = {}
    for when, value in baseline:
        if math.isfinite(value):
            usual.setdefault(_hour_of_day(when), []).append(value)
    if not usual or not points:
        return ()
    levels = {hour: median(values) for hour, values in usual.items()}
    middle = median(levels.values())
    rest = sorted(value - levels[hour] for hour, values in usual.items() for value in values)
    spread = rest[math.ceil(_MOST * len(rest)) - 1] - rest[math.ceil((1 - _MOST) * len(rest)) - 1]
    flat = [(when, value - levels.get(_hour_of_day(when), middle)) for when, value in points]
    found = watch_trend(flat, points[0][0] if math.isnan(started) else started, alpha=alpha)
    return tuple(each for each in found if each.rises and each.slope * each.span > spread)


def _hour_of_day(timestamp: float) -> int:
    return int(timestamp // _HOUR) % 24
