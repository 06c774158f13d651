"""Measurements from Sentry: the number, and in words what was counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_deploycheck.measuring.base import measure_number

if TYPE_CHECKING:
    from pytest_deploycheck.asks import Number
    from pytest_deploycheck.model import Measurement
    from pytest_deploycheck.settings.metrics import SentryMetric


def measure_sentry(metric: SentryMetric, answer: Number) -> Measurement:
    """Return the measurement of a count in Sentry."""
    words = [metric.query, *(f"level:{level}" for level in metric.event_levels)]
    words += ["of the deployed release"] if metric.this_release else []
    words += [metric.search] if metric.search else []
    return replace(measure_number(metric, answer), query=" ".join(words))
