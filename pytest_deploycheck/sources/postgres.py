"""A database as a source: one read-only question at a time, and nothing left behind; answers :class:`SqlAsk`.

Every ask runs in ``BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`` with its limits set for that transaction alone,
and ends in ``ROLLBACK``. The statement travels in the extended protocol, which carries exactly one. There is no other
way from this package to a database.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, overload

import psycopg

from pytest_deploycheck.asks import SnapshotAsk, SqlAsk
from pytest_deploycheck.sources.postgres_errors import SERIALIZATION_FAILURE, asking, is_lost
from pytest_deploycheck.sources.postgres_session import Sessions
from pytest_deploycheck.sources.postgres_snapshot import LONGEST, Snapshot
from pytest_deploycheck.sources.postgres_statement import guarded
from pytest_deploycheck.sources.postgres_transaction import leave, perform, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_deploycheck.asks import SqlAnswer

_GRACE: Final = 3.0
_MOST_ATTEMPTS: Final = 3


class SnapshotSource:
    """Answers :class:`SnapshotAsk` through the source of single questions, and so through its sessions."""

    ask_type: type = SnapshotAsk

    def __init__(self, *, through: Callable[[SnapshotAsk], Any]) -> None:
        """``through`` is that source's ``observe``."""
        self._through = through

    def observe(self, ask: SnapshotAsk) -> Any:
        """Do the work at one moment of the database and return its result.

        Raises:
            NoAnswerError: no connection, or lost.
        """
        return self._through(ask)

    def close(self) -> None:
        """Close nothing: the sessions are the other's."""


class PostgresSource:
    """Asks PostgreSQL, with at most two sessions to each database."""

    ask_type: type = SqlAsk

    def __init__(self, *, connect_timeout: float = 5.0, grace: float = _GRACE) -> None:
        """``grace`` is how many seconds beyond the statement timeout a silent server is waited for."""
        self._connect_timeout = connect_timeout
        self._grace = grace
        self._lock = Lock()
        self._sessions: dict[str, Sessions] = {}

    @overload
    def observe(self, ask: SqlAsk) -> SqlAnswer: ...

    @overload
    def observe(self, ask: SnapshotAsk) -> Any: ...

    def observe(self, ask: SqlAsk | SnapshotAsk) -> Any:
        """Answer one question with :class:`SqlAnswer`, or do the work at one moment and return its result.

        Raises:
            SourceError: see :meth:`ask`.
            MissingAccessError: see :meth:`ask`.
        """
        if isinstance(ask, SnapshotAsk):
            with self.snapshot(ask.dsn, seconds=ask.seconds) as snapshot:
                return ask.work(snapshot)
        return self.ask(ask)

    def ask(self, ask: SqlAsk) -> SqlAnswer:
        """Ask once; a session that was lost while idle, and a cancel by a standby's replay, are tried again.

        Raises:
            NoAnswerError: no connection, or lost; AnswerTimeoutError when the server stays silent.
            QueryError: the statement does not only read, is wrong, or did not finish in time.
            BadAnswerError: a value that cannot be read.
            MissingAccessError: a privilege or an extension is missing.
        """
        statement = guarded(ask.sql, dict(ask.params))
        opening = transaction(ask)
        sessions = self._sessions_of(ask.dsn)
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            with sessions.lend(fresh=ask.fresh or attempt > 1) as (connection, used):
                try:
                    return perform(
                        connection,
                        ask,
                        statement,
                        opening=opening,
                        ending=leave,
                        limit=ask.statement_timeout + self._grace,
                        target=sessions.target,
                        attempt=attempt,
                    )
                except psycopg.Error as error:
                    again = error.sqlstate == SERIALIZATION_FAILURE or (used and is_lost(error))
                    if attempt == _MOST_ATTEMPTS or not again:
                        raise asking(error, ask, sessions.target, connection.info.user) from None
        raise AssertionError("the last attempt returns or raises")

    @contextmanager
    def snapshot(self, dsn: str, *, seconds: float = LONGEST) -> Iterator[Snapshot]:
        """Give one moment of the database, for at most ``seconds`` (never more than 60), to ask through two sessions.

        Raises:
            NoAnswerError: no connection, or lost.
        """
        with Snapshot.of(self._sessions_of(dsn), dsn, seconds=min(seconds, LONGEST), grace=self._grace) as snapshot:
            yield snapshot

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
