"""What switching a fault on does to the demo's database; done as superuser, never through the service."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Final, LiteralString

import psycopg

from pytest_deploycheck.demo.seed import APP_ROLE, DATABASE
from pytest_deploycheck.errors import NoAnswerError

if TYPE_CHECKING:
    from pytest_deploycheck.demo.faults import FaultBoard, Value
    from pytest_deploycheck.demo.postgres import EmbeddedPostgres

FULL: Final = 0.9
AGE: Final[LiteralString] = """
SELECT extract(epoch FROM clock_timestamp() - xact_start)::float8 FROM pg_stat_activity WHERE pid = %s
"""
USED: Final[LiteralString] = """
SELECT (SELECT count(*) FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
          AND application_name NOT LIKE 'deploycheck/%'),
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - current_setting('reserved_connections')::int
"""
ORPHAN: Final[LiteralString] = """
WITH gone AS (
  INSERT INTO users (email, full_name, user_type)
  SELECT 'gone' || i || '-' || gen_random_uuid() || '@demo.invalid', 'Gone', 'CLIENT' FROM generate_series(1, %s) AS i
  RETURNING id
), kept AS (
  INSERT INTO dispatches (user_id, status, cost) SELECT id, 'ACTIVE', 99 FROM gone
)
SELECT id FROM gone
"""


class DatabaseFaults:
    """The faults that live in the database, and what is needed to take them back."""

    def __init__(self, postgres: EmbeddedPostgres, app_password: str) -> None:
        """Remember the server."""
        self._postgres = postgres
        self._app_dsn = postgres.dsn_for(DATABASE, user=APP_ROLE, password=app_password)
        self._held: list[psycopg.Connection] = []
        self._sleeper: tuple[psycopg.Connection, threading.Thread] | None = None
        self._gone: dict[str, list[int]] = {"orphans": [], "audit-gap": []}

    def register(self, board: FaultBoard) -> None:
        """Give the board the effects of this module."""
        board.effect("db-down", lambda _value: self._postgres.stop(immediate=True), self._bring_back)
        board.effect("pool-exhausted", self._exhaust, self._release)
        board.effect("long-query", self._sleep, self._wake)
        board.effect("orphans", self._orphan, self._adopt)
        board.effect("audit-gap", self._skip_audit, self._audit)
        board.effect("tenant-leak", self._open_tenants, self._close_tenants)

    def _connect(self) -> psycopg.Connection:
        """Connect as superuser.

        Raises:
            NoAnswerError: the database is down, by a fault of its own.
        """
        try:
            return psycopg.connect(self._postgres.dsn_for(DATABASE), autocommit=True, connect_timeout=3)
        except psycopg.OperationalError:
            raise NoAnswerError("the demo's database is down", "Clear the fault db-down first") from None

    def _bring_back(self) -> None:
        self._postgres.start()

    def _exhaust(self, _value: Value) -> None:
        with self._connect() as connection:
            while True:
                row = connection.execute(USED).fetchone()
                assert row is not None
                used, usable = row
                if used > FULL * usable:
                    return
                with contextlib.suppress(psycopg.OperationalError):
                    self._held.append(psycopg.connect(self._app_dsn, application_name="demo/held", autocommit=True))

    def _release(self) -> None:
        for connection in self._held:
            connection.close()
        self._held.clear()

    def _sleep(self, value: Value) -> None:
        """Open a transaction that only sleeps, and return when it is ``value`` seconds old."""
        wanted = float(value or 0)
        watcher = self._connect()
        sleeper = psycopg.connect(self._app_dsn, application_name="demo/long-query", autocommit=True)
        thread = threading.Thread(target=_sleep_in, args=(sleeper,), daemon=True)
        thread.start()
        self._sleeper = (sleeper, thread)
        with watcher:
            while True:
                row = watcher.execute(AGE, (sleeper.info.backend_pid,)).fetchone()
                age = row[0] if row is not None and row[0] is not None else 0.0
                if age > wanted:
                    return
                time.sleep(min(0.2, max(0.01, wanted - age)))

    def _wake(self) -> None:
        sleeper, self._sleeper = self._sleeper, None
        if sleeper is not None:
            sleeper[0].cancel()
            sleeper[1].join()
            sleeper[0].close()

    def _orphan(self, value: Value) -> None:
        """Delete users, with an audit row but without their dispatches."""
        with self._connect() as connection, connection.transaction():
            gone = [row[0] for row in connection.execute(ORPHAN, (int(float(value or 0)),))]
            connection.execute("DELETE FROM users WHERE id = ANY(%s)", (gone,))
            self._write_audit(connection, gone)
        self._gone["orphans"] = gone

    def _adopt(self) -> None:
        with self._connect() as connection:
            connection.execute("DELETE FROM dispatches WHERE user_id = ANY(%s)", (self._gone["orphans"],))

    def _skip_audit(self, value: Value) -> None:
        """Delete users and all that is theirs, without an audit row."""
        with self._connect() as connection, connection.transaction():
            gone = [row[0] for row in connection.execute(ORPHAN, (int(float(value or 0)),))]
            connection.execute("DELETE FROM dispatches WHERE user_id = ANY(%s)", (gone,))
            connection.execute("DELETE FROM users WHERE id = ANY(%s)", (gone,))
        self._gone["audit-gap"] = gone

    def _audit(self) -> None:
        with self._connect() as connection:
            self._write_audit(connection, self._gone["audit-gap"])

    def _open_tenants(self, _value: Value) -> None:
        with self._connect() as connection:
            connection.execute("ALTER TABLE customers DISABLE ROW LEVEL SECURITY")

    def _close_tenants(self) -> None:
        with self._connect() as connection:
            connection.execute("ALTER TABLE customers ENABLE ROW LEVEL SECURITY")

    @staticmethod
    def _write_audit(connection: psycopg.Connection, users: list[int]) -> None:
        connection.execute(
            "INSERT INTO audit_logs (action, entity_id, actor) SELECT 'USER_DELETION', unnest(%s), 'admin'",
            (users,),
        )


def _sleep_in(connection: psycopg.Connection) -> None:
    with contextlib.suppress(psycopg.Error):
        connection.execute("SELECT pg_sleep(86400)")
