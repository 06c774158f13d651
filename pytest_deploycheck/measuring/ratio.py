"""A count of one source divided by a count of another: errors from Sentry by requests from a metric. Pure."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import NoDataError
from pytest_deploycheck.judgement.units import compatible, convert
from pytest_deploycheck.measuring.base import in_unit
from pytest_deploycheck.phases import parse_duration

if TYPE_CHECKING:
    from pytest_deploycheck.model import Measurement

# two measured windows of the same declared length differ by what it took to ask
_TOLERANCE: Final = 0.05
_A_RATE: Final = "1/s"


def share_of(metric: Any, count: Measurement, total: Measurement) -> Measurement:
    """Return the count as a share of the total, in the metric's unit (by default %); its n is the total.

    A total that is a rate is multiplied by the count's window. Without a total there is no value, so that nothing can
    pass.

    Raises:
        NoDataError: the two were counted over different times, or the total is no count.
    """
    if count.unit:
        raise NoDataError(f"{count.metric} is in {count.unit}, which is no count", "Let its query count")
    number = _total(count, total)
    note = "; ".join(filter(None, (count.note, f"of {number:.6g} by {total.metric}", total.note)))
    if number <= 0 or not isinstance(count.value, int | float):
        return replace(count, value=None, unit=metric.unit, n=0 if number <= 0 else round(number), note=note)
    value = in_unit(100.0 * count.value / number, "%", metric.unit or "%")
    return replace(count, value=value, unit=metric.unit or "%", n=round(number), note=note)


def _total(count: Measurement, total: Measurement) -> float:
    """Return how many there were in the time of the count; 0 when nobody counted."""
    value = total.value
    if value is None:
        return 0.0
    if isinstance(value, bool | str) or not math.isfinite(value):
        raise NoDataError(f"{total.metric} is no count ({value})", "Correct the metric's denominator")
    unit = total.unit
    seconds, others = _seconds(count.window), _seconds(total.window)
    if unit and compatible(unit, _A_RATE):
        if seconds is None:
            raise NoDataError(f"{total.metric} is a rate, and {count.metric} has no window", "Give it a window")
        return float(convert(value, unit, _A_RATE)) * seconds
    if unit:
        raise NoDataError(f"{total.metric} is in {unit}, which is no count", "Correct the metric's denominator")
    if seconds is not None and others is not None and abs(seconds - others) > _TOLERANCE * max(seconds, others):
        raise NoDataError(
            f"{count.metric} counts {count.window}, {total.metric} {total.window}",
            "Give both the same window, or use a rate as denominator",
        )
    return float(value)


def _seconds(window: str | None) -> float | None:
    try:
        return parse_duration(window) if window is not None else None
    except ValueError:
        return None
