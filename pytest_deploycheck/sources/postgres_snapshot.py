"""One moment of a database, asked through two sessions at once; beside the single ask, for work that belongs together.

The first session exports its snapshot, the second imports it. Each ask runs behind a savepoint: its settings and its
locks end with it, and its failure leaves the snapshot alone.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from queue import Empty, SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Final

import psycopg

from pytest_deploycheck.asks import SqlAsk
from pytest_deploycheck.errors import NoAnswerError
from pytest_deploycheck.sources.postgres_errors import asking
from pytest_deploycheck.sources.postgres_session import MOST_SESSIONS, Connection, Sessions
from pytest_deploycheck.sources.postgres_statement import MARK, guarded
from pytest_deploycheck.sources.postgres_transaction import held, leave, leave_savepoint, perform, savepoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.asks import SqlAnswer

LONGEST: Final = 60.0


class Snapshot:
    """The same rows for every ask, from up to two threads at once."""

    def __init__(self, sessions: Sessions, dsn: str, seconds: float, grace: float) -> None:
        """Use :meth:`of`."""
        self._sessions = sessions
        self._dsn = dsn
        self._seconds = seconds
        self._grace = grace
        self._stack = ExitStack()
        self._lock = Lock()
        self._free: SimpleQueue[Connection] = SimpleQueue()
        self._lanes = 0
        self._id: str | None = None

    @classmethod
    @contextmanager
    def of(cls, sessions: Sessions, dsn: str, *, seconds: float, grace: float) -> Iterator[Snapshot]:
        """Hold a snapshot for the time of the block, at most ``seconds``.

        Raises:
            NoAnswerError: no connection, or lost.
        """
        snapshot = cls(sessions, dsn, seconds, grace)
        with snapshot._stack:
            snapshot._free.put(snapshot._open())
            yield snapshot

    def observe(self, ask: SqlAsk) -> SqlAnswer:
        """Ask once, through a session that is free or may still be opened.

        Raises:
            NoAnswerError: the session is lost; AnswerTimeoutError when the server stays silent.
            QueryError: the statement does not only read, is wrong, or did not finish in time.
            BadAnswerError: a value that cannot be read.
            MissingAccessError: a privilege or an extension is missing.
        """
        statement = guarded(ask.sql, dict(ask.params))
        opening = savepoint(ask)
        connection = self._lane()
        try:
            return perform(
                connection,
                ask,
                statement,
                opening=opening,
                ending=leave_savepoint,
                limit=ask.statement_timeout + self._grace,
                target=self._sessions.target,
            )
        except psycopg.Error as error:
            raise asking(error, ask, self._sessions.target, connection.info.user) from None
        finally:
            self._free.put(connection)

    def _lane(self) -> Connection:
        """Return a session of the snapshot: a free one, else a second one, else the first that is given back."""
        try:
            connection = self._free.get_nowait()
        except Empty:
            with self._lock:
                connection = self._open() if self._lanes < MOST_SESSIONS else self._waited()
        if connection.closed or connection.info.transaction_status != psycopg.pq.TransactionStatus.INTRANS:
            self._free.put(connection)
            raise NoAnswerError(f"the snapshot of postgres {self._sessions.target} is lost", "Run it again")
        return connection

    def _waited(self) -> Connection:
        try:
            return self._free.get(timeout=self._seconds)
        except Empty:
            raise NoAnswerError(f"both sessions of the snapshot were busy for {self._seconds:g} s") from None

    def _open(self) -> Connection:
        """Begin a transaction at the snapshot's moment, which the first one sets."""
        connection = self._stack.enter_context(self._lent())
        ask = SqlAsk(dsn=self._dsn, sql="", name="snapshot")
        try:
            connection.execute(held(self._seconds + self._grace, self._id))
            if self._id is None:
                row = connection.execute(f"SELECT {MARK} pg_catalog.pg_export_snapshot()").fetchone()
                self._id = row[0] if row else None
        except psycopg.Error as error:
            raise asking(error, ask, self._sessions.target, connection.info.user) from None
        self._lanes += 1
        return connection

    @contextmanager
    def _lent(self) -> Iterator[Connection]:
        # a fresh one: a kept session may have been lost while it was idle
        with self._sessions.lend(fresh=True) as (connection, _):
            try:
                yield connection
            finally:
                leave(connection)
