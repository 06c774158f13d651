"""A PostgreSQL with everything switched on that the pack looks at, and throw-away databases in it."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
import pytest

from pytest_deploycheck.demo.postgres import EmbeddedPostgres
from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.sources.postgres import PostgresSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEBIAN: Final = Path("/usr/lib/postgresql/15")
#: Folders with other majors, to run the corpus on (a path list).
OTHERS: Final = tuple(Path(each) for each in os.environ.get("DEPLOYCHECK_POSTGRES", "").split(os.pathsep) if each)
SETTINGS = {
    "wal_level": "logical",
    "max_wal_senders": "4",
    "max_replication_slots": "8",
    "max_prepared_transactions": "4",
    "autovacuum": "off",
}
_NUMBERS = count(1)


@pytest.fixture(scope="session")
def pack_server() -> Iterator[EmbeddedPostgres]:
    """Give a server, or skip where its programs are not installed."""
    postgres = EmbeddedPostgres(SETTINGS)
    try:
        postgres.start()
    except SettingsError as error:
        pytest.skip(str(error))
    yield postgres
    postgres.close()


class Installed(EmbeddedPostgres):
    """A server of programs that are installed on the machine, of any major version from 13 on."""

    initdb_options = ("--data-checksums",)

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        """Prepare it; ``home`` holds ``bin``."""
        super().__init__({**SETTINGS, **(settings or {})}, home=home)
        self._settings.pop("io_method")  # new in 18


def installed(home: Path, settings: Mapping[str, str] | None = None) -> Installed:
    """Return a server of these programs that runs, or skip where they are not installed."""
    if not (home / "bin" / "postgres").is_file():
        pytest.skip(f"no PostgreSQL in {home}")
    server = Installed(home, settings)
    server.start()
    return server


@pytest.fixture
def database(pack_server: EmbeddedPostgres) -> Iterator[str]:
    """Give the DSN of an empty database that is dropped afterwards."""
    name = f"case_{next(_NUMBERS)}"
    execute(pack_server.dsn, f"CREATE DATABASE {name}")
    yield pack_server.dsn_for(name)
    execute(pack_server.dsn, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def source() -> Iterator[PostgresSource]:
    """Give a source and close it."""
    source = PostgresSource(connect_timeout=2)
    yield source
    source.close()


class Standby(EmbeddedPostgres):
    """A streaming standby of another server."""

    def __init__(self, primary: EmbeddedPostgres) -> None:
        """Prepare it; it begins with a copy of the primary's data."""
        super().__init__({**SETTINGS, "primary_conninfo": primary.dsn, "max_standby_streaming_delay": "0"})
        self._primary = primary
        self.password = primary.password

    def _initdb(self, secret: Path) -> None:  # noqa: ARG002  # the copy has its passwords
        folder = str(self.folder / "data")
        # --checkpoint=fast: nobody waits for the next regular one
        command = [str(self._program("pg_basebackup")), "-D", folder, "-d", self._primary.dsn, "-R", "-c", "fast", "-N"]
        with self._log() as log:
            assert 0 == self._spawn(command, log).wait(), self._last_words()


@pytest.fixture(scope="session")
def standby(pack_server: EmbeddedPostgres) -> Iterator[Standby]:
    """Give a streaming standby of the pack's server."""
    with Standby(pack_server) as server:
        yield server


def execute(dsn: str, *statements: str) -> None:
    """Run the statements, each in a transaction of its own."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def scalar(dsn: str, statement: str) -> object:
    """Return the first value of the answer."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]
