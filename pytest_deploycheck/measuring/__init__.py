"""From a source's answer to a measurement: the value in the metric's unit, its n, its window, its origin. Pure.

One file a kind of answer; the line of a source is in :data:`MEASURES`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.measuring.base import in_unit, measure_number
from pytest_deploycheck.measuring.http import days_left, measure_http
from pytest_deploycheck.measuring.ratio import share_of
from pytest_deploycheck.measuring.sentry import measure_sentry
from pytest_deploycheck.measuring.sql import measure_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.model import Measurement
    from pytest_deploycheck.settings.metrics import MetricItem

__all__ = ["days_left", "in_unit", "measure", "share_of"]


def measure(metric: MetricItem, answer: Any) -> Measurement:
    """Return the measurement of a declared metric.

    Raises:
        BadAnswerError: the answer holds no number where one was declared.
        QueryError: the statement returned something else than one row with a value.
    """
    source = getattr(metric, "source", "")
    return MEASURES[source](metric, answer)


MEASURES: Final[Mapping[str, Callable[[Any, Any], Measurement]]] = {
    "openmetrics": measure_number,
    "host": measure_number,
    "sentry": measure_sentry,
    "sql": measure_sql,
    "http": measure_http,
}
