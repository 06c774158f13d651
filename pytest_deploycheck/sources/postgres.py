"""A database as a source: one read-only question at a time, and nothing left behind; answers :class:`SqlAsk`.

Every ask runs in ``BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`` with its limits set for that transaction alone,
and ends in ``ROLLBACK``. The statement travels in the extended protocol, which carries exactly one. There is no other
way from this package to a database.
"""

from __future__ import annotations

import json
import time
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import sql

from pytest_deploycheck.asks import SqlAnswer, SqlAsk
from pytest_deploycheck.errors import QueryError
from pytest_deploycheck.sources.postgres_errors import SERIALIZATION_FAILURE, asking, is_lost, too_late
from pytest_deploycheck.sources.postgres_session import Connection, Deadline, Sessions
from pytest_deploycheck.sources.postgres_statement import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

_GRACE: Final = 3.0
_MOST_ATTEMPTS: Final = 3
_CHUNK: Final = 100
_LONGEST_TEXT: Final = 65_536
_LONGEST_NAME: Final = 48
_LOCAL: Final = frozenset({"row_security", "search_path", "work_mem", "timezone"})
_HARMLESS: Final = {"jit": "off", "standard_conforming_strings": "on"}


class PostgresSource:
    """Asks PostgreSQL, with at most two sessions to each database."""

    ask_type: type = SqlAsk

    def __init__(self, *, connect_timeout: float = 5.0, grace: float = _GRACE) -> None:
        """``grace`` is how many seconds beyond the statement timeout a silent server is waited for."""
        self._connect_timeout = connect_timeout
        self._grace = grace
        self._lock = Lock()
        self._sessions: dict[str, Sessions] = {}

    def observe(self, ask: SqlAsk) -> SqlAnswer:
        """Ask once; a session that was lost while idle, and a cancel by a standby's replay, are tried again.

        Raises:
            NoAnswerError: no connection, or lost; AnswerTimeoutError when the server stays silent.
            QueryError: the statement does not only read, is wrong, or did not finish in time.
            BadAnswerError: a value that cannot be read.
            MissingAccessError: a privilege or an extension is missing.
        """
        statement = guarded(ask.sql, dict(ask.params))
        prologue = _prologue(ask)
        sessions = self._sessions_of(ask.dsn)
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            with sessions.lend(fresh=attempt > 1) as (connection, used):
                try:
                    return self._ask(
                        connection, ask, prologue=prologue, statement=statement, target=sessions.target, attempt=attempt
                    )
                except psycopg.Error as error:
                    again = error.sqlstate == SERIALIZATION_FAILURE or (used and is_lost(error))
                    if attempt == _MOST_ATTEMPTS or not again:
                        raise asking(error, ask, sessions.target, connection.info.user) from None
        raise AssertionError("the last attempt returns or raises")

    def close(self) -> None:
        """Close the kept sessions."""
        with self._lock:
            sessions, self._sessions = self._sessions, {}
        for each in sessions.values():
            each.close()

    def _sessions_of(self, dsn: str) -> Sessions:
        with self._lock:
            if dsn not in self._sessions:
                self._sessions[dsn] = Sessions(dsn, self._connect_timeout)
            return self._sessions[dsn]

    def _ask(
        self,
        connection: Connection,
        ask: SqlAsk,
        *,
        prologue: sql.Composed,
        statement: tuple[str, dict[str, Any] | None],
        target: str,
        attempt: int,
    ) -> SqlAnswer:
        """Run the whole transaction on this connection."""
        limit = ask.statement_timeout + self._grace
        started = time.monotonic()
        with Deadline.of(connection, limit) as deadline:
            try:
                connection.execute(prologue)
                columns, rows = _read(connection, ask, *statement)
            except psycopg.Error:
                if deadline.passed:
                    raise too_late(ask, target, limit) from None
                raise
            finally:
                _leave(connection)
        return SqlAnswer(
            columns=columns,
            rows=tuple(rows[: ask.max_rows]),
            seconds=time.monotonic() - started,
            target=target,
            truncated=len(rows) > ask.max_rows,
            attempts=attempt,
            at=datetime.now(UTC),
        )


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
    yield from cursor.stream(text.encode(), params, size=size)


def _leave(connection: Connection) -> None:
    """End the transaction; a connection that cannot is not kept."""
    with suppress(psycopg.Error):
        if not connection.closed and connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            connection.execute("ROLLBACK")


def _prologue(ask: SqlAsk) -> sql.Composed:
    """Return the start of the transaction and all its settings, as one message.

    The settings are made by a SELECT: it fixes the snapshot, after which nothing can make the transaction writable.
    """
    unknown = [key for key, _ in ask.local if "." not in key and key.lower() not in _LOCAL]
    if unknown:
        raise QueryError(
            f"{ask.name} may not set {unknown[0]!r}", f"Allowed are names with a dot, and {', '.join(sorted(_LOCAL))}"
        )
    statement_timeout = _milliseconds(ask.statement_timeout)
    settings = {
        "statement_timeout": str(statement_timeout),
        "lock_timeout": str(_milliseconds(ask.lock_timeout)),
        "idle_in_transaction_session_timeout": str(statement_timeout + 1000),
        "application_name": f"deploycheck/{ask.name}"[:_LONGEST_NAME],
        **_HARMLESS,
        **dict(ask.local),
        **({"role": ask.role} if ask.role else {}),
    }
    calls = [sql.SQL("set_config({}, {}, true)").format(key, value) for key, value in settings.items()]
    # transaction_timeout exists since version 17: looked up, not guessed from a version number
    newer = sql.SQL(
        "CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL"
        " THEN set_config('transaction_timeout', {}, true) END"
    ).format(str(statement_timeout + 2000))
    return sql.SQL("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT {}").format(
        sql.SQL(", ").join([newer, *calls])
    )


def _milliseconds(seconds: float) -> int:
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
