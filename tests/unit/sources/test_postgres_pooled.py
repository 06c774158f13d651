"""Through PgBouncer in transaction mode all works, stays read-only, and leaves nothing on the shared sessions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest

from pytest_deploycheck.asks import SqlAsk, TenantTrialAsk
from pytest_deploycheck.errors import QueryError
from pytest_deploycheck.sources.postgres import PostgresSource
from pytest_deploycheck.sources.postgres_trial import PostgresTrialSource
from tests.fix_pgbouncer import pgbouncer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.embedded.postgres import EmbeddedPostgres

LEFT = """
SELECT (SELECT count(*) FROM pg_prepared_statements) AS prepared, current_user::text AS who,
  current_setting('statement_timeout') AS timeout, current_setting('transaction_read_only') AS read_only,
  coalesce(current_setting('app.tenant', true), '') AS tenant, current_setting('search_path') AS path
"""


@pytest.fixture(scope="module")
def pooled(server: EmbeddedPostgres) -> Iterator[str]:
    """Give a DSN that goes through the pooler."""
    with pgbouncer(server) as port:
        yield f"postgresql://postgres:{server.password}@127.0.0.1:{port}/postgres"


@pytest.fixture
def source() -> Iterator[PostgresSource]:
    """Give a source."""
    source = PostgresSource()
    yield source
    source.close()


def left_behind(dsn: str) -> set[tuple[object, ...]]:
    """Return what both shared sessions look like to others."""
    with psycopg.connect(dsn, prepare_threshold=None) as one, psycopg.connect(dsn, prepare_threshold=None) as two:
        return {row for connection in (one, two) for row in connection.execute(LEFT).fetchall()}


CLEAN = {(0, "postgres", "0", "off", "", '"$user", public')}


def test_nothing_stays_on_the_sessions(source: PostgresSource, pooled: str) -> None:
    """Many asks with roles, settings and parameters from several threads leave the sessions as they were."""

    def ask(number: int) -> object:
        tenant = f"tenant-{number % 2}"
        return source.observe(
            SqlAsk(
                dsn=pooled,
                sql="SELECT count(*) FILTER (WHERE tenant = %(t)s), count(*) FROM guarded",
                params=(("t", tenant),),
                role="app",
                local=(("app.tenant", tenant), ("search_path", "public")),
            )
        ).rows

    with ThreadPoolExecutor(4) as pool:
        assert {((5, 5),)} == set(pool.map(ask, range(40)))
    assert CLEAN == left_behind(pooled)


def test_read_only_holds(source: PostgresSource, pooled: str) -> None:
    """A function that writes is refused as it is without a pooler."""
    with pytest.raises(QueryError, match="may only read"):
        source.observe(SqlAsk(dsn=pooled, sql="SELECT writes()"))
    with pytest.raises(QueryError, match="statement_timeout"):
        source.observe(SqlAsk(dsn=pooled, sql="SELECT pg_sleep(5)", statement_timeout=0.2))
    assert 1000 == source.observe(SqlAsk(dsn=pooled, sql="SELECT count(*) FROM users")).rows[0][0]
    assert CLEAN == left_behind(pooled)


def test_a_snapshot_over_two_sessions(source: PostgresSource, pooled: str) -> None:
    """A transaction keeps its session, so that two of them share a snapshot."""
    ask = SqlAsk(dsn=pooled, sql="SELECT count(*), pg_sleep(0.05) FROM users")
    with source.snapshot(pooled) as snapshot, ThreadPoolExecutor(2) as pool:
        assert {1000} == {answer.rows[0][0] for answer in pool.map(snapshot.observe, [ask] * 4)}
    assert CLEAN == left_behind(pooled)


def test_foreign_writes_are_rolled_back(pooled: str) -> None:
    """The writing transaction ends before the session is anybody else's."""
    ask = TenantTrialAsk(
        dsn=pooled,
        table=("guarded",),
        column="tenant",
        role="app",
        setting="app.tenant",
        value="tenant-0",
        tenant="tenant-0",
        other="tenant-1",
    )
    trials = PostgresTrialSource().observe(ask).trials
    assert [False] * 4 == [trial.possible for trial in trials]
    assert CLEAN == left_behind(pooled)
