"""The reference service's way to PostgreSQL: a small pool of connections as the application's own role."""

from __future__ import annotations

import contextlib
import queue
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

POOL_SIZE: Final = 6
WAIT_SECONDS: Final = 3.0

Row = dict[str, Any]


class UnavailableError(Exception):
    """The database gave no connection, or lost one."""


class Store:
    """``POOL_SIZE`` connections, opened when first needed and replaced when lost; each thread borrows one at a time."""

    def __init__(self, dsn: str, size: int = POOL_SIZE) -> None:
        """Prepare the pool; nothing is connected yet."""
        self._dsn = dsn
        self.size = size
        self._free: queue.LifoQueue[psycopg.Connection[Row] | None] = queue.LifoQueue()
        for _ in range(size):
            self._free.put(None)

    @property
    def active(self) -> int:
        """How many connections are lent out right now."""
        return max(0, self.size - self._free.qsize())

    def rows(self, statement: LiteralString, params: Sequence[object] = ()) -> list[Row]:
        """Run one statement in its own transaction and return its rows, none when it returns none.

        Raises:
            UnavailableError: there is no database.
        """
        with self.transaction() as connection:
            cursor = connection.execute(statement, params)
            return cursor.fetchall() if cursor.description else []

    @contextlib.contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Row]]:
        """Lend a connection inside a transaction.

        Raises:
            UnavailableError: there is no database.
        """
        try:
            connection = self._free.get(timeout=WAIT_SECONDS)
        except queue.Empty:
            raise UnavailableError("no free database connection") from None
        try:
            if connection is None or connection.closed:
                connection = psycopg.connect(self._dsn, row_factory=dict_row, autocommit=True, connect_timeout=2)
            with connection.transaction():
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._discard(connection)
            connection = None
            self._forget_idle()
            raise UnavailableError(f"database unavailable ({type(error).__name__})") from error
        finally:
            self._free.put(connection)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._discard(self._free.get_nowait())

    def _forget_idle(self) -> None:
        """Replace the idle connections as well: what cut one off has cut them off too."""
        emptied = 0
        with contextlib.suppress(queue.Empty):
            while True:
                self._discard(self._free.get_nowait())
                emptied += 1
        for _ in range(emptied):
            self._free.put(None)

    @staticmethod
    def _discard(connection: psycopg.Connection[Row] | None) -> None:
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                connection.close()
