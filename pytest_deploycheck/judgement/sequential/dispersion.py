"""How the baseline varies: by the hour of the day, and beyond chance; stands on nothing, below the baselines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HOURS: Final = 24
FLAT: Final = (1.0,) * HOURS
BLOCK_MINUTES: Final = (1, 5, 15, 30, 60)
SHRINKAGE: Final = 50.0
_MINUTE: Final = 60.0
_HOUR: Final = 3600.0

Row = tuple[float, float, float]  # time in seconds since 1970, bad ones, total


def hour_of(timestamp: float) -> int:
    """Return the hour of the day (UTC) of a time in seconds since 1970."""
    return int(timestamp // _HOUR) % HOURS


def hour_shape(rows: Iterable[Row], rate: float) -> tuple[float, ...]:
    """Return the 24 factors ``(bad_h + 50) / (expected_h + 50)`` by which the hours of the day differ from the rate."""
    bad, expected = [0.0] * HOURS, [0.0] * HOURS
    for timestamp, x, n in rows:
        hour = hour_of(timestamp)
        bad[hour] += x
        expected[hour] += n * rate
    return tuple((b + SHRINKAGE) / (e + SHRINKAGE) for b, e in zip(bad, expected, strict=True))


def overdispersion(rows: Sequence[Row], rate: float, shape: Sequence[float]) -> float:
    """Return phi, at least 1: how many times more the counts vary than chance, on the worst scale.

    It is the maximum over blocks of 1, 5, 15, 30 and 60 minutes of ``sum(residual^2) / sum(mean)``.
    """
    if not rows or rate <= 0:
        return 1.0
    start = rows[0][0]
    means = [n * rate * shape[hour_of(timestamp)] for timestamp, _, n in rows]
    total = math.fsum(means)
    if total <= 0:
        return 1.0
    worst = 1.0
    for minutes in BLOCK_MINUTES:
        blocks: dict[int, float] = {}
        for (timestamp, x, _), mean in zip(rows, means, strict=True):
            block = int((timestamp - start) // (minutes * _MINUTE))
            blocks[block] = blocks.get(block, 0.0) + x - mean
        worst = max(worst, math.fsum(residual * residual for residual in blocks.values()) / total)
    return worst
