"""One read-only transaction, or a savepoint in one: its settings, its single statement, its end; below the source.

Whatever asks a database goes through :func:`perform`, so that no check can go round the limits.
"""

from __future__ import annotations

import json
import time
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import sql

from pytest_deploycheck.asks import SqlAnswer
from pytest_deploycheck.errors import QueryError
from pytest_deploycheck.sources.postgres_errors import too_late
from pytest_deploycheck.sources.postgres_session import Connection, Deadline
from pytest_deploycheck.sources.postgres_statement import MARK, marked

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from pytest_deploycheck.asks import SqlAsk

Statement = tuple[str, dict[str, Any] | None]

BEGIN: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_CHUNK: Final = 100
_LONGEST_TEXT: Final = 65_536
_LONGEST_NAME: Final = 48
_LOCAL: Final = frozenset({"row_security", "search_path", "work_mem", "timezone"})
_PLANNER: Final = frozenset(
    {
        *(f"enable_{node}scan" for node in ("seq", "bitmap", "index", "indexonly")),
        *(f"enable_{node}" for node in ("hashjoin", "mergejoin", "nestloop", "sort", "material")),
        "max_parallel_workers_per_gather",
    }
)
_HARMLESS: Final = {"jit": "off", "standard_conforming_strings": "on"}
# transaction_timeout exists since version 17: looked up, not guessed from a version number
_WHOLE: Final = (
    "CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL"
    " THEN set_config('transaction_timeout', {}, true) END"
)


def perform(
    connection: Connection,
    ask: SqlAsk,
    statement: Statement,
    *,
    opening: sql.Composed,
    ending: Callable[[Connection], None],
    limit: float,
    target: str,
    attempt: int = 1,
) -> SqlAnswer:
    """Open, ask, end, on this connection; a server silent for ``limit`` seconds is cut off.

    Raises:
        AnswerTimeoutError: it was cut off.
        QueryError: the statement left its transaction.
        psycopg.Error: whatever else went wrong.
    """
    started = time.monotonic()
    with Deadline.of(connection, limit) as deadline:
        try:
            connection.execute(opening)
            columns, rows = _read(connection, ask, *statement)
        except psycopg.Error:
            if deadline.passed:
                raise too_late(ask, target, limit) from None
            raise
        finally:
            ending(connection)
    return SqlAnswer(
        columns=columns,
        rows=tuple(rows[: ask.max_rows]),
        seconds=time.monotonic() - started,
        target=target,
        truncated=len(rows) > ask.max_rows,
        attempts=attempt,
        at=datetime.now(UTC),
    )


def transaction(ask: SqlAsk) -> sql.Composed:
    """Return the start of a transaction with all its settings, as one message.

    The settings are made by a SELECT: it fixes the snapshot, after which nothing can make the transaction writable.

    Raises:
        QueryError: the ask wants to set what it may not.
    """
    whole = sql.SQL(_WHOLE).format(str(milliseconds(ask.statement_timeout) + 2000))
    return sql.SQL(f"{BEGIN}; SELECT {MARK} {{}}").format(sql.SQL(", ").join([whole, *_calls(settings_of(ask))]))


def savepoint(ask: SqlAsk) -> sql.Composed:
    """Return the start of one ask inside a transaction that stays open; its settings go with the savepoint.

    Raises:
        QueryError: the ask wants to set what it may not.
    """
    return sql.SQL(f"SAVEPOINT deploycheck; SELECT {MARK} {{}}").format(sql.SQL(", ").join(_calls(settings_of(ask))))


def held(seconds: float, snapshot: str | None) -> sql.Composed:
    """Return the start of a transaction that waits between asks, for at most so many seconds."""
    limit = str(milliseconds(seconds))
    settings = {"idle_in_transaction_session_timeout": limit, "application_name": "deploycheck/snapshot", **_HARMLESS}
    shared = sql.SQL("SET TRANSACTION SNAPSHOT {};").format(snapshot) if snapshot else sql.SQL("")
    calls = [sql.SQL(_WHOLE).format(limit), *_calls(settings)]
    return sql.SQL(f"{BEGIN}; {{}} SELECT {MARK} {{}}").format(shared, sql.SQL(", ").join(calls))


def settings_of(ask: SqlAsk) -> dict[str, str]:
    """Return the settings of an ask.

    Raises:
        QueryError: one of its own is not allowed.
    """
    allowed = _LOCAL | _PLANNER
    unknown = [key for key, _ in ask.local if "." not in key and key.lower() not in allowed]
    if unknown:
        raise QueryError(
            f"{ask.name} may not set {unknown[0]!r}",
            f"Allowed are names with a dot, {', '.join(sorted(_LOCAL))}, and the planner's choices",
        )
    timeout = milliseconds(ask.statement_timeout)
    return {
        "statement_timeout": str(timeout),
        "lock_timeout": str(milliseconds(ask.lock_timeout)),
        "idle_in_transaction_session_timeout": str(timeout + 1000),
        "application_name": f"deploycheck/{ask.name}"[:_LONGEST_NAME],
        **_HARMLESS,
        **dict(ask.local),
        **({"role": ask.role} if ask.role else {}),
    }


def leave(connection: Connection) -> None:
    """End the transaction; a connection that cannot is not kept."""
    _end(connection, "ROLLBACK")


def leave_savepoint(connection: Connection) -> None:
    """Go back to before the ask: its settings, its locks and its failure are gone."""
    _end(connection, "ROLLBACK TO SAVEPOINT deploycheck; RELEASE SAVEPOINT deploycheck")


def _end(connection: Connection, command: str) -> None:
    with suppress(psycopg.Error):
        if not connection.closed and connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            connection.execute(command.encode())


def _calls(settings: Mapping[str, str]) -> list[sql.Composed]:
    return [sql.SQL("set_config({}, {}, true)").format(key, value) for key, value in settings.items()]


def _read(
    connection: Connection, ask: SqlAsk, text: str, params: dict[str, Any] | None
) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return the columns (none when there is no row) and at most one row more than wanted."""
    size = min(_CHUNK, ask.max_rows + 1) if psycopg.capabilities.has_stream_chunked() else 1
    with connection.cursor() as cursor:
        # stream() always uses the extended protocol, in which a second statement is an error
        with closing(_streamed(cursor, text, params, size)) as stream:
            rows = [tuple(map(_plain, row)) for row in islice(stream, ask.max_rows + 1)]
        columns = tuple(column.name for column in cursor.description or ())
    if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
        raise QueryError("the statement left its read-only transaction", "A check asks one SELECT")
    return columns, rows


def _streamed(
    cursor: psycopg.Cursor[tuple[Any, ...]], text: str, params: dict[str, Any] | None, size: int
) -> Generator[tuple[Any, ...], None, None]:
    """Yield the rows as they arrive; closing it early cancels the statement."""
    yield from cursor.stream(marked(text).encode(), params, size=size)


def milliseconds(seconds: float) -> int:
    """Return whole milliseconds, at least one: zero would mean no limit."""
    return max(1, round(seconds * 1000))


def _plain(value: Any) -> Any:
    """Return the value as a number, text, moment or None; what has no such form becomes text."""
    return _PLAIN.get(type(value), str)(value)


def _number(value: Decimal) -> float | int:
    """Return a whole number when it is one."""
    return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)


def _moment(value: date) -> str:
    """Return a day without a time as text."""
    return value.isoformat()


_PLAIN: Final[Mapping[type, Callable[[Any], Any]]] = {
    type(None): lambda value: value,
    bool: lambda value: value,
    int: lambda value: value,
    float: lambda value: value,
    datetime: lambda value: value,
    str: lambda value: value[:_LONGEST_TEXT],
    Decimal: _number,
    timedelta: lambda value: value.total_seconds(),
    date: _moment,
    bytes: lambda value: value.decode("utf-8", "replace")[:_LONGEST_TEXT],
    dict: lambda value: json.dumps(value, default=str)[:_LONGEST_TEXT],
    list: lambda value: json.dumps(value, default=str)[:_LONGEST_TEXT],
}
