"""Slow statements, damaged pages and scans since an earlier moment, on a real pg_stat_statements."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.asks import SqlAsk
from pytest_deploycheck.pgpack.checking import DEFAULTS
from pytest_deploycheck.pgpack.counters import Counters
from pytest_deploycheck.pgpack.health import BY_NAME, LOCAL, health
from pytest_deploycheck.status import Severity, Status
from tests.fix_pack import DEBIAN, OTHERS, execute, installed, scalar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_deploycheck.asks import SqlAnswer
    from pytest_deploycheck.pgpack.findings import Finding
    from pytest_deploycheck.sources.postgres import PostgresSource

SLOW = "SELECT pg_sleep(0.03)"
LIMITS = replace(DEFAULTS, slow_ms=(20.0, 10_000.0), fewest_calls=2)
HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture(scope="module", params=[DEBIAN, *OTHERS], ids=str)
def counting(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give a database of a server that counts statements, at most 100 of them."""
    home: Path = request.param
    settings = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.max": "100"}
    server = installed(home, settings)
    try:
        execute(server.dsn, "CREATE EXTENSION pg_stat_statements", "SELECT pg_sleep(0)")
        yield server.dsn
    finally:
        server.close()


@pytest.fixture
def statements(counting: str) -> str:
    """Give the database with no statement counted so far."""
    execute(counting, "SELECT pg_stat_statements_reset()")
    return counting


def look(
    source: PostgresSource, dsn: str, counters: Counters | None = None, name: str = "slow-queries"
) -> list[Finding]:
    """Return the findings of a check."""

    def ask(name: str, sql: str) -> SqlAnswer:
        return source.observe(SqlAsk(dsn=dsn, sql=sql, name=name, local=LOCAL))

    return BY_NAME[name].findings(ask, LIMITS, counters)


def after(first: Counters) -> Counters:
    """Return the counters of the next run."""
    return Counters(first.taken, deployed_at=HOUR_AGO, compare=True)


def wait_for(dsn: str, scans: int) -> None:
    """Return when the server has counted so many scans; sessions tell their counters late."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if int(str(scalar(dsn, "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 't'"))) >= scans:
            return
        time.sleep(0.05)


def objects(findings: list[Finding]) -> list[tuple[Status, str]]:
    """Return status and object."""
    return [(each.status, each.object) for each in findings]


def test_only_what_came_since_counts(statements: str, source: PostgresSource) -> None:
    """A statement that was slow before the deployment is not told; one that became slow is, with what it was before."""
    execute(statements, SLOW, SLOW, SLOW, "SELECT pg_sleep(0.0001), 1", "SELECT pg_sleep(0.0001), 1")
    first = Counters()
    assert [(Status.WARN, "SELECT pg_sleep($1)")] == objects(look(source, statements, first))
    execute(statements, "SELECT 1", *["SELECT pg_sleep(0.05), 1"] * 2)
    (found,) = look(source, statements, after(first))
    assert ("SELECT pg_sleep($1), $2", Severity.MEDIUM) == (found.object, found.severity)
    assert "on average of 2 calls since 2" in found.message
    assert found.message.endswith(" ms before)")


def test_the_first_look_is_no_pass(statements: str, source: PostgresSource) -> None:
    """Without earlier counters that were there at the deployment, nothing slow is a remark that says since when."""
    execute(statements, "SELECT 1")
    (found,) = look(source, statements, Counters({}, deployed_at=datetime.now(UTC) + timedelta(hours=1), compare=True))
    assert (Status.INCONCLUSIVE, None) == (found.status, found.severity)
    assert "since the statistics' reset" in found.message
    (plain,) = health(source, statements, limits=LIMITS, checks=(BY_NAME["slow-queries"],))
    assert Status.PASS is plain.status
    assert "since the statistics' reset" in plain.scope


def test_counters_that_were_reset(statements: str, source: PostgresSource) -> None:
    """After a reset everything counted came since; that a statement was slow before it is forgotten with it."""
    execute(statements, SLOW, SLOW, SLOW)
    first = Counters()
    look(source, statements, first)
    execute(statements, "SELECT pg_stat_statements_reset()", "SELECT 1", SLOW, SLOW)
    (found,) = look(source, statements, after(first))
    assert "of 2 calls since" in found.message
    execute(statements, "SELECT pg_stat_statements_reset()", "SELECT 1")
    assert [Status.PASS] == [each.status for each in look(source, statements, after(first))]


def test_an_entry_that_came_again(statements: str, source: PostgresSource) -> None:
    """Where its calls are fewer than before, all of them came since."""
    execute(statements, SLOW, SLOW, SLOW)
    first = Counters()
    look(source, statements, first)
    forgotten = (
        "SELECT pg_stat_statements_reset(0, 0, queryid) FROM pg_stat_statements WHERE query LIKE '%pg_sleep($1)'"
    )
    execute(statements, forgotten, SLOW, SLOW)
    (found,) = look(source, statements, after(first))
    assert "of 2 calls since" in found.message


def test_entries_that_were_thrown_out(statements: str, source: PostgresSource) -> None:
    """The scope says that statements may be missing, where the server counts that (since 14)."""
    first = Counters()
    look(source, statements, first)
    execute(statements, *(f"SELECT {', '.join(['1'] * width)}" for width in range(1, 250)))
    found = look(source, statements, after(first))[0]
    counts = scalar(statements, "SELECT to_regclass('pg_stat_statements_info') IS NOT NULL")
    assert counts == ("thrown out" in found.scope)


def test_our_own_statements_do_not_count(statements: str, source: PostgresSource) -> None:
    """However slow what we ask is, nothing of it is a finding; that nothing else ran is no pass."""
    first = Counters()
    look(source, statements, first)
    for text in (SLOW, "/* x */ " + SLOW, "-- x\n(" + SLOW + ")", "WITH a AS (SELECT pg_sleep(0.03)) TABLE a -- end"):
        for _ in range(2):
            source.observe(SqlAsk(dsn=statements, sql=text))
    (found,) = look(source, statements, after(first))
    assert (Status.INCONCLUSIVE, "no statement ran") == (found.status, found.message[:16])


def test_hidden_statements_are_unverified(statements: str, source: PostgresSource) -> None:
    """Statements of others that the role may not see are told, with the grant."""
    execute(statements, SLOW, "DROP ROLE IF EXISTS blind", "CREATE ROLE blind LOGIN PASSWORD 'pw-of-blind'")
    dsn = statements.replace(statements[statements.index("//") + 2 : statements.index("@")], "blind:pw-of-blind")
    found = look(source, dsn)
    assert (Status.INCONCLUSIVE, "Run: GRANT pg_monitor TO blind") == (found[0].status, found[0].hint)


def test_damaged_pages(statements: str, source: PostgresSource) -> None:
    """None is well, and the scope is every database; the wheel's server has no checksums, which is a remark."""
    (found,) = look(source, statements, Counters(), "checksums")
    assert (Status.PASS, "no damaged page was read") == (found.status, found.message[:24])


def test_scans_since_the_deployment(statements: str, source: PostgresSource) -> None:
    """A large table that was read as a whole before the deployment only is no finding after it."""
    limits = replace(LIMITS, large_rows=100)
    execute(statements, "DROP TABLE IF EXISTS t; CREATE TABLE t AS SELECT generate_series(1, 1000) AS i", "ANALYZE t")
    loop = "DO $$ BEGIN FOR i IN 1..1100 LOOP PERFORM count(*) FROM (SELECT FROM t LIMIT 1) AS x; END LOOP; END $$"

    def ask(name: str, sql: str) -> SqlAnswer:
        return source.observe(SqlAsk(dsn=statements, sql=sql, name=name, local=LOCAL))

    def scans(counters: Counters | None = None) -> list[tuple[Status, str]]:
        return objects(BY_NAME["seq-scans"].findings(ask, limits, counters))

    execute(statements, loop)
    wait_for(statements, 1100)
    first = Counters()
    assert [(Status.WARN, "public.t")] == scans(first)
    assert [(Status.PASS, "large tables")] == scans(after(first))
    execute(statements, loop)
    wait_for(statements, 2200)
    assert [(Status.WARN, "public.t")] == scans(after(first))
