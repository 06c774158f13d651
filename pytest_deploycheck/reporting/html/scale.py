"""Where things stand in a chart: from values and times to places in the picture; pure, below the charts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.display import format_number, format_quantity, with_unit
from pytest_deploycheck.judgement.units import UnitError, convert, exact, find_unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from pytest_deploycheck.reporting.series import Limit, Series

WIDTH: Final = 380
HEIGHT: Final = 178
LEFT: Final = 62
RIGHT: Final = 372
TOP: Final = 12
BOTTOM: Final = 150
_ROOM: Final = 0.08
_TICKS: Final = 4
_NEAR: Final = 3.0
_STEPS: Final = (1, 2, 2.5, 5, 10)
_FROM_ZERO: Final = 0.5
_LEAST_SPAN: Final = 0.08
"""A picture that shows less than this share of the value would make a drama of nothing."""
_ALMOST: Final = 0.999
_DIGITS: Final = 6
_PLACES: Final = 12


@dataclass(frozen=True, slots=True)
class Scale:
    """The values and times at the ends of a picture."""

    low: float
    high: float
    first: datetime
    last: datetime

    def x(self, at: datetime) -> float:
        """Return the place of a time, one in the middle when there is only one."""
        span = (self.last - self.first).total_seconds()
        share = (at - self.first).total_seconds() / span if span else 0.5
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def y(self, value: float) -> float:
        """Return the place of a value."""
        return round(BOTTOM - (value - self.low) / (self.high - self.low) * (BOTTOM - TOP), 1)

    def shows(self, value: float) -> bool:
        """Tell whether a value lies in the picture."""
        return self.low <= value <= self.high


def scale_of(series: Series) -> Scale | None:
    """Return the scale for a series, None without any value: data and baseline whole, limits when they are near."""
    values = [point.value for point in series.points if point.value is not None]
    if not values:
        return None
    values += [] if series.baseline is None else [series.baseline]
    low, high = min(values), max(values)
    low, high = _with_limits(low, high, series.limits)
    if 0 <= low <= high * _FROM_ZERO:
        low = 0.0
    least = max(abs(high), abs(low)) * _LEAST_SPAN or 1.0
    if not math.isfinite(high - low + least):
        return None
    if high - low < least:
        low, high = (low + high - least) / 2, (low + high + least) / 2
    span = high - low
    times = [point.at for point in series.points]
    if series.deployed_at is not None and times[0] <= series.deployed_at <= times[-1]:
        times.append(series.deployed_at)
    return Scale(low if low == 0 else low - span * _ROOM, high + span * _ROOM, min(times), max(times))


def _with_limits(low: float, high: float, limits: Sequence[Limit]) -> tuple[float, float]:
    """Take in the limits that do not press the data flat."""
    reach = max(high - low, max(abs(high), abs(low)) / 2) * _NEAR
    near = [limit.at for limit in limits if low - reach <= limit.at <= high + reach]
    return min([low, *near]), max([high, *near])


def ticks(scale: Scale, unit: str) -> Iterator[tuple[float, str]]:
    """Yield values that are round in the unit in which they read best, each with its text."""
    shown, size = _shown_unit(max(abs(scale.low), abs(scale.high)), unit)
    low, high = scale.low / size, scale.high / size
    raw = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in _STEPS if factor * power >= raw * _ALMOST)
    number = math.ceil(low / step)
    while number * step <= high:
        text = format_number(exact(round(number * step, _PLACES)), _DIGITS)
        yield number * step * size, with_unit(text, shown)
        number += 1


def _shown_unit(value: float, unit: str) -> tuple[str, float]:
    """Return the unit in which a value reads best, and what one of it is in ``unit``."""
    try:
        known = find_unit(unit).name
        name = format_quantity(value, unit).partition(" ")[2]
        return (name, float(convert(1, name, known))) if name else (known, 1.0)
    except UnitError:
        return "", 1.0
