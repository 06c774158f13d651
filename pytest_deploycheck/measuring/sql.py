"""Measurements from rows: a value and its n, or how many of all were bad (or good); with ``by`` one for each row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import QueryError
from pytest_deploycheck.measuring.base import in_unit
from pytest_deploycheck.measuring.numbers import series_name
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.phases import format_duration
from pytest_deploycheck.redact import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.asks import SqlAnswer
    from pytest_deploycheck.settings.metrics import SqlMetric

MOST_ROWS: Final = 200
_LONGEST_NAME: Final = 150
_PARTS: Final = ("bad", "good")


def measure_sql(metric: SqlMetric, answer: SqlAnswer) -> tuple[Measurement, ...]:
    """Return the measurement of a statement, or one for each of its rows.

    Raises:
        QueryError: it returned something else than one row with a value, or rows that cannot be told apart.
    """
    made = Measurement(
        metric=metric.id,
        value=None,
        unit=metric.unit,
        n=0,
        window=format_duration(metric.window) if metric.window else None,
        source="sql",
        query=metric.sql,
        target=answer.target,
        attempts=answer.attempts,
        at=answer.at,
    )
    if not metric.by:
        if len(answer.rows) > 1:
            message = f"{metric.id}: the statement returned {len(answer.rows)} rows"
            raise QueryError(message, 'Let it return one row, or give by = ["column"]')
        return (_measured(made, _rows(answer)[0], metric.unit) if answer.rows else made,)
    named = _named(metric, answer)
    return tuple(replace(_measured(made, row, metric.unit), metric=name) for name, row in named.items()) or (made,)


def _rows(answer: SqlAnswer) -> list[dict[str, Any]]:
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def _named(metric: SqlMetric, answer: SqlAnswer) -> dict[str, dict[str, Any]]:
    """Return the rows by the name under which each is recorded."""
    missing = [name for name in metric.by if answer.rows and name not in answer.columns]
    if missing:
        raise QueryError(f"{metric.id}: the statement returns no column {missing[0]}", "Select it, and group by it")
    if answer.truncated or len(answer.rows) > MOST_ROWS:
        message = f"{metric.id}: more than {MOST_ROWS} rows, which is more than are judged one by one"
        raise QueryError(message, "Let the statement return the worst: ORDER BY ... LIMIT 20")
    named: dict[str, dict[str, Any]] = {}
    for row in _rows(answer):
        group = ",".join("(none)" if row[name] is None else str(row[name]) for name in metric.by)
        name = series_name(metric.id, printable(group)[:_LONGEST_NAME])
        if name in named:
            raise QueryError(f"{name}: the statement returned two rows of that name", "Group by all columns in by")
        named[name] = {key: value for key, value in row.items() if key not in metric.by}
    return named


def _measured(made: Measurement, row: Mapping[str, Any], unit: str) -> Measurement:
    part = next((name for name in _PARTS if {name, "total"} <= set(row)), None)
    if part is not None:
        return _share(made, row, part, unit)
    if not row:
        raise QueryError(f"{made.metric}: the statement returns no value", "Name a column value")
    count = row.get("n")
    return replace(made, value=row.get("value", next(iter(row.values()))), n=int(count) if count is not None else None)


def _share(made: Measurement, row: Mapping[str, Any], part: str, unit: str) -> Measurement:
    """Return how many of all were so; what is still pending is told, and is in neither."""
    pending = row.get("pending")
    note = f"{pending} pending, not counted" if pending else None
    total = row["total"]
    if not total:
        return replace(made, unit=unit or "%", note=note)
    value = in_unit(100.0 * float(row[part] or 0) / float(total), "%", unit)
    return replace(made, value=value, unit=unit or "%", n=int(total), note=note)
