"""A PostgreSQL with everything switched on that the pack looks at, and throw-away databases in it."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import psycopg
import pytest

from pytest_deploycheck.demo.postgres import EmbeddedPostgres
from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.sources.postgres import PostgresSource

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = {
    "wal_level": "logical",
    "max_wal_senders": "2",
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
