"""From a source's answer to a measurement: the value in the metric's unit, its n, its window, its origin. Pure.

One file a kind of answer; the line of a source is in :data:`MEASURES`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import QueryError
from pytest_deploycheck.measuring.base import in_unit, measure_number
from pytest_deploycheck.measuring.command import measure_command
from pytest_deploycheck.measuring.http import days_left, measure_http
from pytest_deploycheck.measuring.jobs import overdue, succeeded_at, succeeded_by
from pytest_deploycheck.measuring.log import (
    empty_note,
    measure_errors,
    measure_log,
    measure_new_errors,
    signature_table,
)
from pytest_deploycheck.measuring.numbers import measure_numbers
from pytest_deploycheck.measuring.ratio import share_of
from pytest_deploycheck.measuring.redis import measure_redis
from pytest_deploycheck.measuring.sentry import measure_sentry
from pytest_deploycheck.measuring.sql import measure_sql
from pytest_deploycheck.measuring.tickets import measure_tickets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.model import Measurement
    from pytest_deploycheck.settings.metrics import MetricItem

__all__ = [
    "days_left",
    "empty_note",
    "in_unit",
    "measure",
    "measure_each",
    "measure_errors",
    "measure_new_errors",
    "overdue",
    "share_of",
    "signature_table",
    "succeeded_at",
    "succeeded_by",
]


def measure(metric: MetricItem, answer: Any) -> Measurement:
    """Return the only measurement of a declared metric.

    Raises:
        BadAnswerError: the answer holds no number where one was declared.
        QueryError: there are several series, or the statement returned something else than one row with a value.
    """
    found = measure_each(metric, answer)
    if len(found) != 1:
        raise QueryError(f"{metric.id} has {len(found)} series", "Ask for all of them: metrics.each(name)")
    return found[0]


def measure_each(metric: MetricItem, answer: Any) -> tuple[Measurement, ...]:
    """Return the measurements of a declared metric, one for each series.

    Raises:
        BadAnswerError: the answer holds no number where one was declared.
        QueryError: the statement returned something else than rows with a value.
    """
    found = MEASURES[getattr(metric, "source", "")](metric, answer)
    return found if isinstance(found, tuple) else (found,)


MEASURES: Final[Mapping[str, Callable[[Any, Any], Measurement | tuple[Measurement, ...]]]] = {
    "prometheus": measure_numbers,
    "openmetrics": measure_number,
    "host": measure_number,
    "textfile": measure_number,
    "command": measure_command,
    "redis": measure_redis,
    "sentry": measure_sentry,
    "tickets": measure_tickets,
    "sql": measure_sql,
    "http": measure_http,
    "log": measure_log,
}
