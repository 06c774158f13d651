"""One moment of a database through two sessions, against a real PostgreSQL."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from pytest_deploycheck.asks import SqlAsk
from pytest_deploycheck.errors import NoAnswerError, QueryError
from pytest_deploycheck.sources.postgres import PostgresSource
from pytest_deploycheck.sources.postgres_transaction import settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.demo.postgres import EmbeddedPostgres
    from pytest_deploycheck.sources.postgres_snapshot import Snapshot

OURS = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'deploycheck/%' AND {}"


@pytest.fixture
def source() -> Iterator[PostgresSource]:
    """Give a source and close it."""
    source = PostgresSource(connect_timeout=2, grace=1)
    yield source
    source.close()


@pytest.fixture
def other(server: EmbeddedPostgres) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Give somebody else's session."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS moment")
        connection.execute("CREATE TABLE moment AS SELECT 1 AS a")
        yield connection
        connection.execute("DROP TABLE moment")


def asked(snapshot: Snapshot, server: EmbeddedPostgres, sql: str, **more: object) -> object:
    """Return the first value."""
    ask = SqlAsk(dsn=server.dsn, sql=sql, **more)  # type: ignore[arg-type]  # fields by name
    return snapshot.observe(ask).rows[0][0]


def first(connection: psycopg.Connection[tuple[object, ...]], sql: str) -> object:
    """Return the first value."""
    row = connection.execute(sql.encode()).fetchone()
    assert row is not None
    return row[0]


def test_every_ask_sees_the_same_rows(
    server: EmbeddedPostgres, source: PostgresSource, other: psycopg.Connection[tuple[object, ...]]
) -> None:
    """What others commit meanwhile is not seen, by either session."""
    with source.snapshot(server.dsn) as snapshot:
        other.execute("INSERT INTO moment VALUES (2)")
        found: list[object] = []
        slow = "SELECT count(*), pg_sleep(0.3) FROM moment"
        threads = [threading.Thread(target=lambda: found.append(asked(snapshot, server, slow))) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(0.1)
        busy = first(other, OURS.format("state = 'active'"))
        for thread in threads:
            thread.join()
    assert ([1, 1], 2) == (found, busy)


def test_a_failure_leaves_the_snapshot_alone(
    server: EmbeddedPostgres, source: PostgresSource, other: psycopg.Connection[tuple[object, ...]]
) -> None:
    """A wrong statement and one past its timeout are errors; the next ask still sees the same rows."""
    with source.snapshot(server.dsn) as snapshot:
        other.execute("INSERT INTO moment VALUES (2)")
        with pytest.raises(QueryError, match="does not know it"):
            asked(snapshot, server, "SELECT nothing FROM moment")
        with pytest.raises(QueryError, match="unverified"):
            asked(snapshot, server, "SELECT pg_sleep(5)", statement_timeout=0.1)
        assert 1 == asked(snapshot, server, "SELECT count(*) FROM moment")


def test_settings_and_locks_end_with_the_ask(
    server: EmbeddedPostgres, source: PostgresSource, other: psycopg.Connection[tuple[object, ...]]
) -> None:
    """The planner's settings are back, and the table can be altered while the snapshot is held."""
    with source.snapshot(server.dsn) as snapshot:
        local = (("enable_seqscan", "off"), ("work_mem", "1MB"))
        assert "off" == asked(snapshot, server, "SELECT current_setting('enable_seqscan') FROM moment", local=local)
        assert "on" == asked(snapshot, server, "SELECT current_setting('enable_seqscan')")
        other.execute("SET lock_timeout = '500ms'")
        other.execute("ALTER TABLE moment ADD b int")
        other.execute("RESET lock_timeout")
    assert 0 == first(other, OURS.format("xact_start IS NOT NULL"))


@pytest.mark.parametrize(
    "sql", ["INSERT INTO moment VALUES (9)", "SELECT writes()", "SELECT 1 FROM moment FOR UPDATE", "SELECT 1; COMMIT"]
)
def test_nothing_writes_or_locks(
    server: EmbeddedPostgres, source: PostgresSource, other: psycopg.Connection[tuple[object, ...]], sql: str
) -> None:
    """What would write, lock rows or leave the transaction is refused in plain words, and nothing changed."""
    with source.snapshot(server.dsn) as snapshot:
        with pytest.raises(QueryError, match=r"may only read|more than one statement"):
            asked(snapshot, server, sql)
        assert "on" == asked(snapshot, server, "SELECT current_setting('transaction_read_only')")
    assert (1, 1000) == (first(other, "SELECT count(*) FROM moment"), first(other, "SELECT count(*) FROM users"))


def test_a_lost_session_is_said_and_not_kept(
    server: EmbeddedPostgres, source: PostgresSource, other: psycopg.Connection[tuple[object, ...]]
) -> None:
    """When the server ends the session the ask says so, and so does every later one; the source itself goes on."""
    with source.snapshot(server.dsn) as snapshot:
        pid = asked(snapshot, server, "SELECT pg_backend_pid()")
        other.execute(f"SELECT pg_terminate_backend({pid}, 2000)".encode())
        with pytest.raises(NoAnswerError):
            asked(snapshot, server, "SELECT 1")
        with pytest.raises(NoAnswerError, match="lost"):
            asked(snapshot, server, "SELECT 1")
    assert 1 == source.observe(SqlAsk(dsn=server.dsn, sql="SELECT 1")).rows[0][0]


def test_a_failure_inside_gives_the_sessions_back(server: EmbeddedPostgres, source: PostgresSource) -> None:
    """A failure inside the block gives both sessions back."""
    with pytest.raises(ZeroDivisionError), source.snapshot(server.dsn):
        raise ZeroDivisionError
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        assert 0 == first(connection, OURS.format("xact_start IS NOT NULL"))


def test_other_settings_stay_forbidden() -> None:
    """Only the planner's choices were added to what an ask may set."""
    ask = SqlAsk(dsn="", sql="SELECT 1", local=(("session_replication_role", "replica"),))
    with pytest.raises(QueryError, match="may not set 'session_replication_role'"):
        settings_of(ask)
