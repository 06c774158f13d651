"""How the baseline varies: by the hour of the day, and beyond chance; stands on nothing, below the baselines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HOURS: Final = 24
FLAT: Final = (1.0,) * HOURS
BLOCK_MINUTES: Final = (1, 5, 15, 30, 60)
SHRINKAGE: Final = 50.0
SAME: Final = 1.05
_MINUTE: Final = 60.0
_PARAMETERS: Final = 5
_LOWEST: Final = 0.1
_HOUR: Final = 3600.0

Row = tuple[float, float, float]  # time in seconds since 1970, bad ones, total


def hour_of(timestamp: float) -> int:
    """Return the hour of the day (UTC) of a time in seconds since 1970."""
    return int(timestamp // _HOUR) % HOURS


def hour_shape(rows: Iterable[Row], rate: float, phi: float = 1.0) -> tuple[float, ...]:
    """Return the 24 factors ``(bad_h + 50) / (expected_h + 50)`` by which the hours of the day differ from the rate.

    As in the bound, counts that vary ``phi`` times more than chance weigh phi times less.
    """
    bad, expected = [0.0] * HOURS, [0.0] * HOURS
    for timestamp, x, n in rows:
        hour = hour_of(timestamp)
        bad[hour] += x / phi
        expected[hour] += n * rate / phi
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


@dataclass(frozen=True, slots=True)
class Prediction:
    """An hour as other data predict it: its factor on the rate, and its uncertainty for each expected bad one.

    A count with mean m differs from it with the variance ``m (1 + uncertainty m)``; a fit that has seen the hour itself
    comes closer than chance and has a negative uncertainty.
    """

    factor: float
    uncertainty: float


def predict_hours(rows: Sequence[Row], rate: float) -> dict[int, Prediction]:
    """Return a prediction for each hour (since 1970) of the rows that does not follow the hour's own chance.

    A shape fitted to a single day follows every slow wave of that day, so it hides them. Here an hour is predicted from
    the same hour of other days; in a single full day from a smooth season, the first two harmonics; else from the rate.
    """
    hours: dict[int, tuple[float, float]] = {}
    for timestamp, x, n in rows:
        hour = int(timestamp // _HOUR)
        bad, total = hours.get(hour, (0.0, 0.0))
        hours[hour] = (bad + x, total + n)
    everything = math.fsum(bad for bad, _ in hours.values())
    namesakes: dict[int, list[int]] = {}
    for hour in hours:
        namesakes.setdefault(hour % HOURS, []).append(hour)
    smooth = _season(hours, rate) if len(namesakes) == HOURS else None
    found = {}
    for hour in hours:
        others = [hours[other] for other in namesakes[hour % HOURS] if other != hour]
        expected = rate * math.fsum(total for _, total in others)
        if expected > 0:
            found[hour] = Prediction((math.fsum(bad for bad, _ in others) + 1) / (expected + 1), 1 / (expected + 1))
        elif smooth:
            found[hour] = Prediction(smooth[hour % HOURS], -_PARAMETERS / everything)
        else:
            found[hour] = Prediction(1.0, 0.0)
    return found


def _season(hours: Mapping[int, tuple[float, float]], rate: float) -> list[float]:
    """Return the mean of the day with its first two harmonics, as factors on the rate."""
    ratios = [0.0] * HOURS
    for hour, (bad, total) in hours.items():
        ratios[hour % HOURS] = bad / (total * rate)
    season = [sum(ratios) / HOURS] * HOURS
    for k in (1, 2):
        angles = [2 * math.pi * k * hour / HOURS for hour in range(HOURS)]
        for wave in ([math.cos(angle) for angle in angles], [math.sin(angle) for angle in angles]):
            weight = 2 / HOURS * sum(ratio * height for ratio, height in zip(ratios, wave, strict=True))
            season = [level + weight * height for level, height in zip(season, wave, strict=True)]
    return [max(level, _LOWEST) for level in season]


def unseen_overdispersion(rows: Sequence[Row], rate: float, hours: Mapping[int, Prediction]) -> tuple[float, bool]:
    """Return phi, at least 1, against the predicted hours, and whether it is the same on every scale.

    A scale counts only beyond two standard errors of a plain count's phi, ``sqrt(2/m)`` of m blocks. When blocks of a
    quarter of an hour and more vary more than minutes do, the minutes depend on each other, which no likelihood ratio
    here expects.
    """
    worst, scales = 1.0, []
    for minutes in BLOCK_MINUTES:
        blocks: dict[int, list[float]] = {}
        for timestamp, x, n in rows:
            hour = hours[int(timestamp // _HOUR)]
            block = blocks.setdefault(int(timestamp // (minutes * _MINUTE)), [0.0, 0.0, hour.uncertainty])
            block[0] += x
            block[1] += n * rate * hour.factor
        variance = math.fsum(mean * max(1 + uncertainty * mean, _LOWEST) for _, mean, uncertainty in blocks.values())
        phi = math.fsum((x - mean) ** 2 for x, mean, _ in blocks.values()) / variance if variance > 0 else 1.0
        worst = max(worst, phi if phi > 1 + 2 * math.sqrt(2 / len(blocks)) else 1.0)
        scales.append(phi)
    return worst, fmean(scales[2:]) <= SAME * max(scales[0], 1.0)
