"""Measurements from numbers of several series: one for each, named after metric and series."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.measuring.base import measure_number

if TYPE_CHECKING:
    from pytest_deploycheck.asks import Numbers
    from pytest_deploycheck.model import Measurement


def measure_numbers(metric: Any, answer: Numbers) -> tuple[Measurement, ...]:
    """Return a measurement for each series; the metric has a ``query``."""
    return tuple(
        replace(measure_number(metric, number), metric=series_name(metric.id, name)) for name, number in answer.series
    )


def series_name(metric: str, series: str) -> str:
    """Return the name under which a series is recorded: ``latency[/login]``; the metric's own for a single one."""
    return f"{metric}[{series}]" if series else metric
