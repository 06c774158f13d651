"""From a source's answer to a measurement: the value in the metric's unit, its n, its window, its origin. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import jmespath
from jmespath.exceptions import JMESPathError

from pytest_deploycheck.errors import BadAnswerError, NoDataError, QueryError
from pytest_deploycheck.judgement.units import compatible, convert
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.phases import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.asks import HttpAnswer, Number, SqlAnswer
    from pytest_deploycheck.settings.items import Endpoint
    from pytest_deploycheck.settings.metrics import HttpMetric, MetricItem, SqlMetric

_PAIR: Final = frozenset({"bad", "total"})


def measure(metric: MetricItem, answer: Any) -> Measurement:
    """Return the measurement of a declared metric.

    Raises:
        BadAnswerError: the answer holds no number where one was declared.
        QueryError: the statement returned something else than one row with a value.
    """
    source = getattr(metric, "source", "")
    return _MEASURES[source](metric, answer)


def _number(metric: Any, answer: Number) -> Measurement:
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
    )


def in_unit(value: float | None, source: str, target: str) -> float | None:
    """Return the value in the wanted unit; without a unit on either side it is taken as it is."""
    if value is None or not source or not target or source == target or not math.isfinite(value):
        return value
    if not compatible(source, target):
        raise QueryError(f"the source answers in {source}, the settings declare {target}", "Correct the metric's unit")
    return float(convert(value, source, target))


def _sql(metric: SqlMetric, answer: SqlAnswer) -> Measurement:
    value, n, unit = _row_value(metric.id, answer)
    if unit and metric.unit and unit != metric.unit:
        value = in_unit(value, unit, metric.unit) if isinstance(value, float) else value
    return Measurement(
        metric=metric.id,
        value=value,
        unit=metric.unit or unit,
        n=n,
        window=format_duration(metric.window) if metric.window else None,
        source="sql",
        query=metric.sql,
        target=answer.target,
        attempts=answer.attempts,
        at=answer.at,
    )


def _row_value(name: str, answer: SqlAnswer) -> tuple[Any, int | None, str]:
    if len(answer.rows) > 1:
        raise QueryError(f"{name}: the statement returned {len(answer.rows)} rows", "Let it return one row")
    if not answer.rows:
        return None, 0, ""
    row = dict(zip(answer.columns, answer.rows[0], strict=True))
    if set(row) >= _PAIR:
        bad, total = row["bad"], row["total"]
        if not total:
            return None, 0, "%"
        return 100.0 * float(bad or 0) / float(total), int(total), "%"
    value = row.get("value", answer.rows[0][0])
    n = row.get("n")
    return value, int(n) if n is not None else None, ""


def _http(metric: HttpMetric, answer: HttpAnswer) -> Measurement:
    if not 200 <= answer.status < 300:  # noqa: PLR2004  # the class of success
        raise BadAnswerError(f"{answer.url} answered {answer.status}", "Check the path and the token")
    try:
        value = jmespath.search(metric.query, answer.json())
    except JMESPathError as error:
        raise BadAnswerError(f"{metric.query}: {error}") from None
    if isinstance(value, (dict, list)):
        raise BadAnswerError(f"{metric.query} is a {type(value).__name__}, not a number", "Correct the metric's query")
    return Measurement(
        metric=metric.id,
        value=value,
        unit=metric.unit,
        source="http",
        query=metric.query,
        target=answer.url,
        attempts=answer.attempts,
        at=answer.at,
    )


_MEASURES: Final[Mapping[str, Callable[[Any, Any], Measurement]]] = {
    "openmetrics": _number,
    "host": _number,
    "sql": _sql,
    "http": _http,
}


def days_left(endpoint: Endpoint, answer: HttpAnswer) -> Measurement:
    """Return the days left on the certificate that an endpoint showed (negative when it has expired).

    Raises:
        NoDataError: the answer came without a certificate.
    """
    if answer.tls_expires_at is None or answer.at is None:
        raise NoDataError(f"{answer.url} showed no certificate", "Give the endpoint an https URL")
    left = (answer.tls_expires_at - answer.at).total_seconds() / 86400
    return Measurement(
        metric=f"{endpoint.id}.tls_days",
        value=round(left, 3),
        unit="d",
        source="http",
        query="days until the certificate expires",
        target=answer.url,
        attempts=answer.attempts,
        at=answer.at,
    )
