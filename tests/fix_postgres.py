"""A real PostgreSQL for tests, a proxy before it that can fall silent, and a server that never speaks."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

import psycopg
import pytest

from pytest_deploycheck.demo.postgres import EmbeddedPostgres
from pytest_deploycheck.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

PASSWORD = "pw-of-low-0815"

SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, tenant text NOT NULL);
INSERT INTO users SELECT g, 'tenant-' || g % 2 FROM generate_series(1, 1000) g;
CREATE TABLE dispatches (id int PRIMARY KEY, user_id int);
INSERT INTO dispatches SELECT g, g FROM generate_series(991, 1012) g;
INSERT INTO dispatches VALUES (1, NULL);
CREATE TABLE guarded (id int, tenant text);
INSERT INTO guarded SELECT g, 'tenant-' || g % 2 FROM generate_series(1, 10) g;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON guarded USING (tenant = current_setting('app.tenant', true));
CREATE ROLE low LOGIN PASSWORD 'pw-of-low-0815';
CREATE ROLE app;
CREATE ROLE "odd ""role";
GRANT SELECT ON guarded TO app;
CREATE SCHEMA "Sch.ema";
CREATE TABLE "Sch.ema"."Ta""ble" ("Key%(x)s" int);
INSERT INTO "Sch.ema"."Ta""ble" VALUES (5), (5000), (NULL);
CREATE FUNCTION conflict() RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'canceling statement due to conflict with recovery' USING ERRCODE = '40001'; END $$;
CREATE FUNCTION writes() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM users; RETURN 1; END $$;
CREATE FUNCTION leaves() RETURNS int LANGUAGE plpgsql AS $$ BEGIN COMMIT; RETURN 1; END $$;
"""


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedPostgres]:
    """Give a PostgreSQL with a few tables and roles, or skip where its programs are not installed."""
    postgres = EmbeddedPostgres()
    try:
        postgres.start()
    except SettingsError as error:
        pytest.skip(str(error))
    try:
        with psycopg.connect(postgres.dsn, autocommit=True) as connection:
            connection.execute(SCHEMA)
        yield postgres
    finally:
        postgres.close()


@contextmanager
def silent_server() -> Iterator[int]:
    """Give the port of a server that accepts and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


class Proxy:
    """Forwards to a port until it is told to fall silent."""

    def __init__(self, target: int) -> None:
        """Prepare to forward to this port of the loopback."""
        self._target = target
        self._silent = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        """Begin to forward."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cut everything."""
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def fall_silent(self) -> None:
        """Swallow from now on whatever arrives."""
        self._silent.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                upstream = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, upstream]
                for source, sink in ((client, upstream), (upstream, client)):
                    threading.Thread(target=self._forward, args=(source, sink), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not self._silent.is_set():
                    sink.sendall(data)
            if not self._silent.is_set():
                sink.shutdown(socket.SHUT_RDWR)
