"""What all measurements share: a number, in the unit that the settings declare."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.errors import QueryError
from pytest_deploycheck.judgement.units import compatible, convert
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.phases import format_duration

if TYPE_CHECKING:
    from pytest_deploycheck.asks import Number


def in_unit(value: float | None, source: str, target: str) -> float | None:
    """Return the value in the wanted unit; without a unit on either side it is taken as it is."""
    if value is None or not source or not target or source == target or not math.isfinite(value):
        return value
    if not compatible(source, target):
        raise QueryError(f"the source answers in {source}, the settings declare {target}", "Correct the metric's unit")
    return float(convert(value, source, target))


def measure_number(metric: Any, answer: Number) -> Measurement:
    """Return the measurement of a source whose answer is one number; the metric has a ``query``."""
    return Measurement(
        metric=metric.id,
        value=in_unit(answer.value, answer.unit, metric.unit),
        unit=metric.unit or answer.unit,
        n=answer.n,
        window=answer.window or (format_duration(metric.window) if metric.window else None),
        source=metric.source,
        query=metric.query,
        target=answer.target,
        attempts=answer.attempts,
        at=answer.at,
        note=answer.note,
        lower_bound=answer.lower_bound,
        resolution=answer.resolution,
    )
