"""The shipped questions, asked of a real PostgreSQL in the states that they are meant to find."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_deploycheck.asks import SqlAnswer, SqlAsk
from pytest_deploycheck.errors import BadAnswerError, MissingAccessError
from pytest_deploycheck.sources import postgres_queries as queries
from pytest_deploycheck.sources import postgres_tenants as tenants
from pytest_deploycheck.sources.postgres import PostgresSource
from tests.fix_postgres import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.demo.postgres import EmbeddedPostgres

NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def source() -> Iterator[PostgresSource]:
    """Give a source and close it."""
    source = PostgresSource()
    yield source
    source.close()


def answer(source: PostgresSource, dsn: str, query: queries.Query, **more: object) -> SqlAnswer:
    """Ask one of the shipped questions."""
    sql, params = query
    return source.observe(SqlAsk(dsn=dsn, sql=sql, params=params, **more))  # type: ignore[arg-type]


def seconds(source: PostgresSource, dsn: str, query: queries.Query) -> float:
    """Ask one of the questions about sessions."""
    return queries.session_seconds(answer(source, dsn, query))


@contextmanager
def session(server: EmbeddedPostgres, *statements: str) -> Iterator[psycopg.Connection]:
    """Hold a session open in the state in which these statements leave it."""
    connection = psycopg.connect(server.dsn)
    try:
        for statement in statements:
            connection.execute(statement.encode())
        yield connection
    finally:
        connection.close()


def test_ping(source: PostgresSource, server: EmbeddedPostgres) -> None:
    """The smallest question has the smallest answer."""
    assert ((1,),) == answer(source, server.dsn, queries.ping()).rows


def test_connections_are_those_of_others(source: PostgresSource, server: EmbeddedPostgres) -> None:
    """Our own sessions do not count; the capacity leaves out what is reserved."""
    used, capacity = answer(source, server.dsn, queries.connections()).rows[0]
    with session(server), session(server):
        more, _ = answer(source, server.dsn, queries.connections()).rows[0]
    assert used + 2 == more
    assert 40 - 3 == capacity


def test_an_old_transaction_is_found(source: PostgresSource, server: EmbeddedPostgres) -> None:
    """The age of the oldest transaction grows while somebody keeps it open."""
    with session(server, "SELECT 1") as holder:
        time.sleep(0.3)
        assert seconds(source, server.dsn, queries.oldest_transaction()) >= 0.3
        assert seconds(source, server.dsn, queries.oldest_idle_in_transaction()) >= 0.3
        holder.rollback()
        assert seconds(source, server.dsn, queries.oldest_idle_in_transaction()) < 0.3


def test_a_blocked_session_is_found(source: PostgresSource, server: EmbeddedPostgres) -> None:
    """Waiting for another's lock is measured from when the waiting began."""
    assert 0 == seconds(source, server.dsn, queries.longest_blocked())
    with session(server, "LOCK TABLE dispatches") as holder, session(server, "SELECT 1") as waiter:
        thread = threading.Thread(target=waiter.execute, args=(b"SELECT count(*) FROM dispatches",))
        thread.start()
        found = 0.0
        for _ in range(100):
            found = seconds(source, server.dsn, queries.longest_blocked())
            if found > 0.2:
                break
            time.sleep(0.05)
        holder.rollback()
        thread.join(10)
    assert 0.2 < found < 20


def test_hidden_sessions_are_not_young(source: PostgresSource, server: EmbeddedPostgres) -> None:
    """Without pg_monitor the question is inconclusive, with the statement to run."""
    low = server.dsn_for("postgres", user="low", password=PASSWORD)
    with session(server, "SELECT 1"), pytest.raises(MissingAccessError, match="GRANT pg_monitor TO low"):
        seconds(source, low, queries.oldest_transaction())


def test_another_answer_is_not_taken_for_seconds(source: PostgresSource, server: EmbeddedPostgres) -> None:
    """The answer to another question is refused."""
    with pytest.raises(BadAnswerError):
        seconds(source, server.dsn, queries.ping())


def test_orphans_are_counted_and_shown(source: PostgresSource, server: EmbeddedPostgres) -> None:
    """Rows without a parent are counted, NULLs are not, and a few of the missing keys are shown."""
    for parent in ("users", "users.id", "public.users.id", '"users"."id"', "USERS.ID"):
        query = queries.orphans("dispatches.user_id", parent)
        assert ((12,),) == answer(source, server.dsn, query, local=queries.ALL_ROWS).rows
    shown = answer(source, server.dsn, queries.orphan_examples("dispatches.user_id", "users", limit=3))
    assert (("1001",), ("1002",), ("1003",)) == shown.rows


def test_strange_names_are_quoted(source: PostgresSource, server: EmbeddedPostgres) -> None:
    """Dots, quotes, capitals and percent signs in names do no harm."""
    child = '"Sch.ema"."Ta""ble"."Key%(x)s"'
    assert ((1,),) == answer(source, server.dsn, queries.orphans(child, "users")).rows
    assert (("5000",),) == answer(source, server.dsn, queries.orphan_examples(child, "users")).rows
    powers = answer(source, server.dsn, tenants.role_powers('"Sch.ema"."Ta""ble"', 'odd "role'))
    assert ((False, False, False, False, None),) == powers.rows


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    children=st.lists(st.none() | st.integers(-5, 12), max_size=15),
    parents=st.sets(st.integers(-5, 12), max_size=8),
    name=NAMES.filter(lambda name: len(name.encode()) <= 60),
)
def test_orphans_are_what_they_should_be(
    source: PostgresSource, server: EmbeddedPostgres, children: list[int | None], parents: set[int], name: str
) -> None:
    """For any tables, under any name, the count is that of a loop over the rows."""
    quoted = '"' + name.replace('"', '""') + '"'
    with psycopg.connect(server.dsn, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(b"DROP SCHEMA IF EXISTS prop CASCADE; CREATE SCHEMA prop; CREATE TABLE prop.parent (id int)")
        cursor.execute(f"CREATE TABLE prop.{quoted} (fk int)".encode())
        cursor.executemany(b"INSERT INTO prop.parent VALUES (%s)", [(parent,) for parent in parents])
        insert = f"INSERT INTO prop.{quoted.replace('%', '%%')} VALUES (%s)"  # noqa: S608  # quoted above
        cursor.executemany(insert.encode(), [(child,) for child in children])
    expected = sum(child is not None and child not in parents for child in children)
    query = queries.orphans(f"prop.{quoted}.fk", "prop.parent.id")
    assert ((expected,),) == answer(source, server.dsn, query).rows


def test_a_leak_between_tenants_is_seen(source: PostgresSource, server: EmbeddedPostgres) -> None:
    """As the tenant only own rows are visible; with row security gone, those of others are."""
    tenant = {"role": "app", "local": (("app.tenant", "tenant-1"),)}
    view = tenants.tenant_view("guarded", "tenant", "tenant-1")
    total = answer(source, server.dsn, tenants.tenant_total("guarded", "tenant", "tenant-1"), local=queries.ALL_ROWS)
    assert ((5, True),) == total.rows
    assert ((0, 5),) == answer(source, server.dsn, view, **tenant).rows
    unset = {"role": "app", "local": (("app.tenant", ""),)}
    assert ((0,),) == answer(source, server.dsn, tenants.visible_rows("guarded"), **unset).rows
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("ALTER TABLE guarded DISABLE ROW LEVEL SECURITY")
        try:
            assert ((5, 5),) == answer(source, server.dsn, view, **tenant).rows
            assert ((10,),) == answer(source, server.dsn, tenants.visible_rows("guarded"), **unset).rows
        finally:
            connection.execute("ALTER TABLE guarded ENABLE ROW LEVEL SECURITY")


def test_the_powers_of_a_role(source: PostgresSource, server: EmbeddedPostgres) -> None:
    """What lets a role past every policy is named; an unknown role has no row."""
    assert ((False, False, False, True, None),) == answer(
        source, server.dsn, tenants.role_powers("guarded", "app")
    ).rows
    assert ((True, True, True, True, None),) == answer(
        source, server.dsn, tenants.role_powers("guarded", "postgres")
    ).rows
    assert () == answer(source, server.dsn, tenants.role_powers("guarded", "ghost")).rows


@given(st.lists(NAMES, min_size=2, max_size=3))
def test_quoted_names_are_read_back(parts: list[str]) -> None:
    """Any name in double quotes is understood as it is."""
    text = ".".join('"' + part.replace('"', '""') + '"' for part in parts)
    assert tuple(parts) == queries.column_of(text)


@pytest.mark.parametrize(
    "text", ["", "a", "a.b.c.d", "a b.c", "1a.b", "a.b; DROP", 'a."', 'a.""', "a..b", ".a", "x" * 64 + ".a"]
)
def test_what_is_no_column_is_refused(text: str) -> None:
    """Whatever is not a dotted name is a ValueError."""
    with pytest.raises(ValueError, match=r"is not table\.column"):
        queries.column_of(text)
