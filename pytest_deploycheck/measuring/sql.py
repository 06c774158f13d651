"""Measurements from rows: a value and its n, or a count of bad ones among all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import QueryError
from pytest_deploycheck.measuring.base import in_unit
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.phases import format_duration

if TYPE_CHECKING:
    from pytest_deploycheck.asks import SqlAnswer
    from pytest_deploycheck.settings.metrics import SqlMetric

_PAIR: Final = frozenset({"bad", "total"})


def measure_sql(metric: SqlMetric, answer: SqlAnswer) -> Measurement:
    """Return the measurement of a statement.

    Raises:
        QueryError: it returned something else than one row with a value.
    """
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
