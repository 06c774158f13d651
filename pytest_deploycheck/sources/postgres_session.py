"""Connections to a database: few, kept, and never waited for without end; below the source, above the driver.

Nothing is left on a session: every setting is local to its transaction, no statement is prepared by name. So it works
through PgBouncer in transaction mode, too.
"""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock, Timer
from typing import TYPE_CHECKING, Any, Final

import psycopg

from pytest_deploycheck.errors import SourceError
from pytest_deploycheck.sources.postgres_errors import address_of, connecting

if TYPE_CHECKING:
    from collections.abc import Iterator

Connection = psycopg.Connection[tuple[Any, ...]]

MOST_SESSIONS: Final = 2
_LONGEST_QUEUE: Final = 60.0
_KEEPALIVE: Final[dict[str, Any]] = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


class Sessions:
    """At most two connections to one database, lent one at a time and kept for the next ask."""

    def __init__(self, dsn: str, connect_timeout: float) -> None:
        """Open nothing yet; ``connect_timeout`` is in seconds.

        Raises:
            QueryError: the connection string cannot be read.
        """
        self.target = address_of(dsn)
        self._dsn = dsn
        self._connect_timeout = connect_timeout
        self._places = BoundedSemaphore(MOST_SESSIONS)
        self._lock = Lock()
        self._idle: list[Connection] = []
        self._closed = False

    @contextmanager
    def lend(self, *, fresh: bool = False) -> Iterator[tuple[Connection, bool]]:
        """Lend a connection, and say whether it was used before; kept only when it comes back outside a transaction.

        Raises:
            NoAnswerError: no connection came about.
            SourceError: both connections were busy for a minute.
        """
        if not self._places.acquire(timeout=_LONGEST_QUEUE):
            raise SourceError(f"both sessions to postgres {self.target} were busy for {_LONGEST_QUEUE:g} s")
        try:
            connection, used = self._take(fresh=fresh)
            try:
                yield connection, used
            finally:
                self._give_back(connection)
        finally:
            self._places.release()

    def close(self) -> None:
        """Close what is not lent; the rest closes when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self, *, fresh: bool) -> tuple[Connection, bool]:
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        if kept and not fresh:
            return kept, True
        if kept:
            kept.close()
        return self._connect(), False

    def _connect(self) -> Connection:
        try:
            return psycopg.connect(
                self._dsn,
                autocommit=True,
                prepare_threshold=None,
                connect_timeout=max(1, round(self._connect_timeout)),
                application_name="deploycheck/connecting",
                client_encoding="utf8",
                tcp_user_timeout=round(self._connect_timeout * 2000),
                **_KEEPALIVE,
            )
        except psycopg.Error as error:
            raise connecting(error, self._dsn, self._connect_timeout) from None

    def _give_back(self, connection: Connection) -> None:
        clean = not connection.closed and connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        with self._lock:
            if clean and not self._closed:
                self._idle.append(connection)
                return
        connection.close()


class Deadline:
    """Cuts the connection when a server stays silent for too long; then ``passed`` is True."""

    def __init__(self, connection: Connection) -> None:
        """Watch this connection."""
        self.passed = False
        self._connection = connection
        self._lock = Lock()
        self._watching = True

    @classmethod
    @contextmanager
    def of(cls, connection: Connection, seconds: float) -> Iterator[Deadline]:
        """Watch the connection for the time of the block."""
        deadline = cls(connection)
        timer = Timer(seconds, deadline._cut)
        timer.daemon = True
        timer.start()
        try:
            yield deadline
        finally:
            timer.cancel()
            deadline._stop()

    def _stop(self) -> None:
        with self._lock:
            self._watching = False

    def _cut(self) -> None:
        """Shut the socket down, so that whoever waits for it wakes up; the descriptor stays with its owner."""
        with self._lock:
            if not self._watching or self._connection.closed:
                return
            self.passed = True
            try:
                with socket.socket(fileno=os.dup(self._connection.fileno())) as twin:
                    twin.shutdown(socket.SHUT_RDWR)
            except (OSError, psycopg.Error):
                return
