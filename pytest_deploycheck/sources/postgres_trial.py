"""The one place that opens a writing transaction: what a tenant could do to another's rows, tried and rolled back.

Beside the reading source. An ask holds names, never SQL; the four statements are built here, touch one row at most,
stand behind a savepoint each, and the transaction always ends in ``ROLLBACK``. A row that is inserted is a copy of an
own one, so that no sequence moves.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import sql

from pytest_deploycheck.asks import SqlAsk, TenantTrial, TenantTrialAsk, Trial
from pytest_deploycheck.errors import InconclusiveError
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.postgres_errors import asking, too_late
from pytest_deploycheck.sources.postgres_session import Connection, Deadline, Sessions
from pytest_deploycheck.sources.postgres_transaction import leave, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_GRACE: Final = 3.0
_BEGIN: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT {}"
_STANDBY: Final = "25006"
# the policies, a trigger of the application's, a view's own check
_REFUSED: Final = frozenset({"42501", "P0001", "44000"})
# what stops a row after the policies have let it through
_LATER: Final = frozenset({"23502", "23503", "23505", "23P01"})
_CHECKED: Final = "23514"
_COLUMNS: Final = """
SELECT a.attname FROM pg_attribute a WHERE a.attrelid = CAST(%(table)s AS regclass) AND a.attnum > 0
  AND NOT a.attisdropped AND a.attgenerated = '' AND has_column_privilege(a.attrelid, a.attnum, 'INSERT')
  AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """A write: its statement, and what an untouched table means (``possible``, words)."""

    what: str
    statement: str
    untouched: tuple[bool | None, str] = (False, "touches no row")


_ATTEMPTS: Final = (
    _Attempt(
        what="insert a row of theirs",
        statement="INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE "
        "SELECT {values} FROM {table} WHERE {column} = %(tenant)s LIMIT 1",
        untouched=(None, "there is no own row to copy"),
    ),
    _Attempt(
        what="give them an own row",
        statement="UPDATE {table} SET {column} = %(other)s WHERE {column} = %(tenant)s "
        "AND ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {column} = %(tenant)s LIMIT 1))",
    ),
    _Attempt(
        what="change a row of theirs",
        statement="UPDATE {table} SET {column} = {column} WHERE {column} = %(other)s "
        "AND ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {column} = %(other)s LIMIT 1))",
    ),
    _Attempt(
        what="delete a row of theirs",
        statement="DELETE FROM {table} WHERE {column} = %(other)s "
        "AND ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {column} = %(other)s LIMIT 1))",
    ),
)


class PostgresTrialSource:
    """Tries foreign writes as a tenant and takes everything back."""

    ask_type: type = TenantTrialAsk

    def __init__(self, *, connect_timeout: float = 5.0, grace: float = _GRACE) -> None:
        """``grace`` is how many seconds beyond the statement timeout a silent server is waited for."""
        self._connect_timeout = connect_timeout
        self._grace = grace

    def observe(self, ask: TenantTrialAsk) -> TenantTrial:
        """Try each write once, through a connection of its own that is closed afterwards.

        Raises:
            NoAnswerError: no connection, or lost; AnswerTimeoutError when the server stays silent.
            QueryError: the table is not there, or something did not finish in time.
            MissingAccessError: the role may not be taken on.
            InconclusiveError: the server takes no writes.
        """
        started = time.monotonic()
        sessions = Sessions(ask.dsn, self._connect_timeout)
        plain = _plain(ask)
        limit = (len(_ATTEMPTS) + 1) * ask.statement_timeout + self._grace
        try:
            with sessions.lend(fresh=True) as (connection, _), Deadline.of(connection, limit) as deadline:
                try:
                    trials = _all(connection, ask, plain)
                except psycopg.Error as error:
                    if deadline.passed:
                        raise too_late(plain, sessions.target, limit) from None
                    if error.sqlstate == _STANDBY:
                        raise InconclusiveError(
                            f"postgres {sessions.target} takes no writes", "Name the primary as dsn"
                        ) from None
                    raise asking(error, plain, sessions.target, connection.info.user) from None
                finally:
                    leave(connection)
        finally:
            sessions.close()
        return TenantTrial(
            trials=trials, seconds=time.monotonic() - started, target=sessions.target, at=datetime.now(UTC)
        )

    def close(self) -> None:
        """Nothing is kept."""


def _plain(ask: TenantTrialAsk) -> SqlAsk:
    """Return what the settings and the error texts of the reading source need to know."""
    return SqlAsk(
        dsn=ask.dsn,
        sql="",
        statement_timeout=ask.statement_timeout,
        lock_timeout=ask.lock_timeout,
        role=ask.role,
        local=((ask.setting, ask.value),),
        name=ask.name,
    )


def _all(connection: Connection, ask: TenantTrialAsk, plain: SqlAsk) -> tuple[Trial, ...]:
    calls = [sql.SQL("set_config({}, {}, true)").format(key, value) for key, value in settings_of(plain).items()]
    connection.execute(sql.SQL(_BEGIN).format(sql.SQL(", ").join(calls)))
    table = sql.Identifier(*ask.table)
    name = table.as_string(connection)
    columns = [row[0] for row in connection.execute(_COLUMNS, {"table": name})]
    if ask.column not in columns:
        columns = [ask.column]
    parts = {
        "table": table,
        "column": sql.Identifier(ask.column),
        "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
        "values": sql.SQL(", ").join(
            sql.SQL("%(other)s") if each == ask.column else sql.Identifier(each) for each in columns
        ),
    }
    params = {"tenant": ask.tenant, "other": ask.other}
    return tuple(_tried(connection, attempt, parts, params) for attempt in _ATTEMPTS)


def _tried(connection: Connection, attempt: _Attempt, parts: Mapping[str, Any], params: Mapping[str, str]) -> Trial:
    """Try one write behind a savepoint; a connection that is lost ends the whole trial."""
    connection.execute("SAVEPOINT deploycheck")
    try:
        touched = connection.execute(sql.SQL(attempt.statement).format(**parts), params).rowcount
        possible, why = (True, f"nothing stops it ({touched} row)") if touched else attempt.untouched
    except psycopg.Error as error:
        if connection.closed:
            raise
        possible, why = _meaning(error)
    connection.execute("ROLLBACK TO SAVEPOINT deploycheck; RELEASE SAVEPOINT deploycheck")
    return Trial(what=attempt.what, possible=possible, why=why)


def _meaning(error: psycopg.Error) -> tuple[bool | None, str]:
    """Return whether the write would have been possible, as the server refused it."""
    said = printable(" ".join((error.diag.message_primary or str(error)).split()))[:200]
    state = error.sqlstate or ""
    if state in _REFUSED:
        return False, f"refused: {said}"
    # policies are asked before constraints, but after the partition of a row is found, which has no constraint's name
    if state in _LATER or (state == _CHECKED and error.diag.constraint_name):
        return True, f"the policies let it through, only a constraint stops it: {said}"
    return None, said
