"""The health checks that depend on what goes on, on other versions, and on what a role may see."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pytest_deploycheck.asks import SqlAnswer
from pytest_deploycheck.errors import NoAnswerError
from pytest_deploycheck.pgpack import health_activity, health_wear
from pytest_deploycheck.pgpack.checking import DEFAULTS, Check, Limits
from pytest_deploycheck.pgpack.counters import Counters
from pytest_deploycheck.pgpack.health import CHECKS, health
from pytest_deploycheck.pgpack.pack import run_pack
from pytest_deploycheck.status import Severity, Status
from tests.fix_pack import execute, scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.pgpack.findings import Finding
    from pytest_deploycheck.sources.postgres import PostgresSource


def named(name: str) -> Check:
    """Return the check of that name."""
    return next(check for check in CHECKS if check.name == name)


def one(source: PostgresSource, dsn: str, name: str, limits: Limits = DEFAULTS) -> Finding:
    """Return the single finding of one check."""
    (finding,) = health(source, dsn, limits=limits, checks=(named(name),))
    return finding


@contextmanager
def open_transaction(dsn: str, statement: str) -> Iterator[None]:
    """Hold a transaction open that ran the statement, for long enough to be measured."""
    with psycopg.connect(dsn) as connection:
        connection.execute(statement.encode())
        time.sleep(0.15)
        yield


@pytest.mark.parametrize("check", ["long-transactions", "idle-in-transaction"])
def test_sessions_that_hold_on(database: str, source: PostgresSource, check: str) -> None:
    """Beyond the first level it is medium, beyond the second critical; our own sessions do not count."""

    def limits(first: float, second: float) -> Limits:
        return replace(DEFAULTS, transaction=(first, second), idle_in_transaction=(first, second))

    with open_transaction(database, "SELECT 1"):
        low = one(source, database, check, limits(0.1, 60))
        high = one(source, database, check, limits(0.05, 0.1))
    assert [(Status.WARN, Severity.MEDIUM), (Status.FAIL, Severity.CRITICAL)] == [
        (each.status, each.severity) for each in (low, high)
    ]
    with source.snapshot(database):
        time.sleep(0.12)
        assert Status.PASS is one(source, database, check, limits(0.1, 0.1)).status


def test_blocked_sessions(database: str, source: PostgresSource) -> None:
    """Whoever waits for a lock for long is a finding, and nobody is once it is free."""
    execute(database, "CREATE TABLE held (a int)")
    limits = replace(DEFAULTS, blocked=(0.05, 60.0))
    with open_transaction(database, "LOCK TABLE held"):
        waiting = threading.Thread(target=execute, args=(database, "SELECT count(*) FROM held"))
        waiting.start()
        time.sleep(0.3)
        found = one(source, database, "blocked", limits)
    waiting.join()
    assert (Status.WARN, Severity.MEDIUM) == (found.status, found.severity)
    assert Status.PASS is one(source, database, "blocked", limits).status


def test_a_full_server_is_spared(database: str, source: PostgresSource, pack_server: Any) -> None:
    """Above 80 % of the connections no proof starts; that is critical, and the connections are a finding, too."""
    connections = [psycopg.connect(pack_server.dsn) for _ in range(32)]
    try:
        report = run_pack(source, database)
    finally:
        for connection in connections:
            connection.close()
    by_check = {each.check: each for each in report.findings}
    assert (Status.INCONCLUSIVE, Severity.CRITICAL) == (by_check["orphans"].status, by_check["orphans"].severity)
    assert "not started" in by_check["orphans"].message
    assert Severity.MEDIUM is by_check["connections"].severity


def test_a_role_without_pg_monitor_is_told_what_to_run(database: str, source: PostgresSource) -> None:
    """What the role cannot see is unverified, never well; the statement names the role."""
    execute(
        database,
        "DROP ROLE IF EXISTS blind",
        "CREATE ROLE blind LOGIN PASSWORD 'pw-of-blind'",
        "CREATE SEQUENCE hidden",
    )
    dsn = database.replace(database[database.index("//") + 2 : database.index("@")], "blind:pw-of-blind")
    try:
        with open_transaction(database, "SELECT 1"):
            for check in ("long-transactions", "idle-in-transaction", "blocked"):
                found = one(source, dsn, check)
                assert (Status.INCONCLUSIVE, "Run: GRANT pg_monitor TO blind") == (found.status, found.hint)
        found = one(source, dsn, "sequences")
        assert (Status.INCONCLUSIVE, "Run: GRANT pg_read_all_data TO blind") == (found.status, found.hint)
    finally:
        source.close()
        execute(database, "DROP OWNED BY blind", "DROP ROLE blind")


def test_one_failing_check_takes_no_neighbour_down(database: str, source: PostgresSource) -> None:
    """A check whose question fails is unverified; the others answer."""

    def broken(_check: Check, ask: Any, _limits: Limits) -> list[Finding]:
        ask("broken", "SELECT a_column_of_a_later_version FROM pg_stat_activity")
        return []

    wrong = Check(name="broken", about="things", stake=Severity.HIGH, look=broken)
    found = health(source, database, checks=(wrong, named("wraparound")))
    assert [Status.INCONCLUSIVE, Status.PASS] == [each.status for each in found]
    assert "a_column_of_a_later_version" in found[0].message


def test_a_check_that_writes_is_refused(database: str, source: PostgresSource) -> None:
    """Nothing reaches the database but what reads."""
    execute(database, "CREATE TABLE safe (a int)")

    def writing(_check: Check, ask: Any, _limits: Limits) -> list[Finding]:
        ask("writing", "SELECT 1; DROP TABLE safe")
        return []

    (found,) = health(source, database, checks=(Check(name="w", about="x", stake=Severity.HIGH, look=writing),))
    assert (Status.INCONCLUSIVE, True) == (found.status, "more than one statement" in found.message)
    execute(database, "SELECT * FROM safe")


FAKE = """
CREATE VIEW stats.pg_stat_statements AS SELECT * FROM (VALUES {rows}) AS v ({columns});
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
VALUES (99999, 'pg_stat_statements', 10, 'stats'::regnamespace, false, '0');
"""
DBID = "(SELECT oid FROM pg_database WHERE datname = current_database())"


@pytest.mark.parametrize(
    ("columns", "last"),
    [
        ("dbid, query, calls, total_time, userid, queryid", ""),
        ("dbid, query, calls, total_exec_time, userid, queryid, toplevel", ", true"),
    ],
    ids=["before-13", "since-14"],
)
def test_slow_queries_in_every_version(database: str, source: PostgresSource, columns: str, last: str) -> None:
    """The columns are looked up; utility statements, rare ones, our own and other databases' are left out."""
    rows = (
        (DBID, "SELECT slow FROM t WHERE mail = ''somebody@example.org''", 50, 1500.0),
        (DBID, "UPDATE t SET a = $1", 50, 250.0),
        (DBID, "SELECT fast", 5000, 3.0),
        (DBID, "CREATE INDEX CONCURRENTLY ON t (a)", 50, 90000.0),
        (DBID, "SELECT a_report_once", 1, 90000.0),
        (DBID, "/* deploycheck */ SELECT ours", 50, 9000.0),
        ("0::oid", "SELECT elsewhere", 50, 9000.0),
    )
    values = ", ".join(
        f"({dbid}, '{query}', {calls}::int8, {calls * mean}::float8, 10::oid, {place}::int8{last})"
        for place, (dbid, query, calls, mean) in enumerate(rows)
    )
    execute(database, "CREATE SCHEMA stats", FAKE.format(rows=values, columns=columns))
    found = health(source, database, checks=(named("slow-queries"),))
    assert [("SELECT slow FROM t WHERE mail = '***'", Severity.HIGH), ("UPDATE t SET a = $1", Severity.MEDIUM)] == [
        (each.object, each.severity) for each in found
    ]


def test_a_missing_extension_is_inconclusive(database: str, source: PostgresSource) -> None:
    """Without pg_stat_statements nothing is known about statements; the remedy is a statement to run."""
    found = one(source, database, "slow-queries")
    assert (Status.INCONCLUSIVE, Severity.MEDIUM) == (found.status, found.severity)
    assert "CREATE EXTENSION pg_stat_statements" in str(found.hint)


def test_unused_indexes_need_old_statistics(database: str, source: PostgresSource) -> None:
    """Young statistics say nothing; old ones name large indexes nobody used, not those that keep rows unique."""
    execute(
        database,
        "CREATE TABLE t (a int PRIMARY KEY, b int, c int, d int UNIQUE);"
        "INSERT INTO t SELECT i, i, i, i FROM generate_series(1, 60000) AS i; CREATE INDEX unused ON t (b);"
        "CREATE INDEX small ON t (c) WHERE c < 10; ANALYZE t; VACUUM".replace("; VACUUM", ""),
    )
    assert Status.INCONCLUSIVE is one(source, database, "unused-index").status
    found = one(source, database, "unused-index", replace(DEFAULTS, statistics_days=0.0))
    assert ("public.unused", Status.WARN, None) == (found.object, found.status, found.severity)


def test_whole_reads_and_dead_rows(database: str, source: PostgresSource) -> None:
    """A large table with many dead rows, or read from end to end too often, is told; a small one is not."""
    execute(
        database,
        "CREATE TABLE large (a int); INSERT INTO large SELECT generate_series(1, 20000);"
        "CREATE TABLE small (a int); INSERT INTO small SELECT generate_series(1, 100)",
        "DELETE FROM small WHERE a > 10",
        "DELETE FROM large WHERE a > 12000",
        "DO $$ BEGIN FOR i IN 1..1001 LOOP PERFORM FROM large LIMIT 1; PERFORM FROM small LIMIT 1; END LOOP; END $$",
    )
    assert 1 == scalar(database, "SELECT 1 FROM pg_stat_force_next_flush()")
    for name, severity in (("bloat", Severity.LOW), ("seq-scans", Severity.LOW)):
        found = one(source, database, name)
        assert ("public.large", severity) == (found.object, found.severity), found


def test_an_index_that_is_being_built_is_not_invalid(database: str, source: PostgresSource) -> None:
    """CREATE INDEX CONCURRENTLY that waits for somebody leaves an invalid index for a while: no fault."""
    execute(database, "CREATE TABLE t (a int); CREATE TABLE u (a int)")
    with open_transaction(database, "INSERT INTO t VALUES (1)"):
        building = threading.Thread(target=execute, args=(database, "CREATE INDEX CONCURRENTLY i ON t (a)"))
        building.start()
        time.sleep(0.3)
        invalid = scalar(database, "SELECT count(*) FROM pg_index WHERE NOT indisvalid")
        found = one(source, database, "invalid-index")
    building.join()
    assert (1, Status.PASS) == (invalid, found.status)


def test_many_sequences_are_read_in_portions(database: str, source: PostgresSource) -> None:
    """No more sequences are locked at a time than the server has room for, and the scope counts all."""
    many = "".join(f"CREATE SEQUENCE s{i} MAXVALUE 10; " for i in range(450))
    execute(database, many, "SELECT setval('s7', 10)", "SELECT setval('s449', 10)")
    found = health(source, database, checks=(named("sequences"),))
    assert ["public.s449", "public.s7"] == sorted(each.object for each in found)
    assert {"450 of 450 sequences"} == {each.scope for each in found}


def answering(*answers: tuple[tuple[str, ...], tuple[tuple[object, ...], ...]]) -> Any:
    """Return an asker that gives these answers in turn."""
    remaining = list(answers)

    def ask(_name: str, _sql: str) -> SqlAnswer:
        columns, rows = remaining.pop(0)
        return SqlAnswer(columns=columns, rows=rows, seconds=0.0, target="nowhere")

    return ask


LISTING = ("total", "matching", "role", "object")


def test_damaged_pages_are_critical() -> None:
    """One page that failed its checksum is enough; damage that was known at the deployment is not the deployment's."""

    def look(failures: int, counters: Counters) -> Finding:
        counts = json.dumps({"shop": [failures], "shared objects": [0]})
        columns = ("at", "reset", "evicted", "counts")
        ask = answering((("value",), (("on",),)), (columns, ((1.0, None, None, counts),)))
        (found,) = named("checksums").findings(ask, DEFAULTS, counters)
        return found

    first = Counters()
    found = look(3, first)
    assert (Status.FAIL, Severity.CRITICAL, 3) == (found.status, found.severity, found.value)
    assert (Severity.MEDIUM, 3) == ((known := look(3, Counters(first.taken, compare=True))).severity, known.value)
    assert (Severity.CRITICAL, 1) == ((new := look(4, Counters(first.taken, compare=True))).severity, new.value)


@pytest.mark.parametrize(
    ("seconds", "severity"), [(31.0, Severity.MEDIUM), (301.0, Severity.HIGH)], ids=["lags", "lags-far"]
)
def test_a_lagging_standby(seconds: float, severity: Severity) -> None:
    """The lag is judged in seconds, the bytes are told."""
    ask = answering(((*LISTING, "hidden", "bytes", "seconds"), ((1, 1, "me", "standby", False, 5e6, seconds),)))
    (found,) = named("replication-lag").findings(ask, DEFAULTS)
    assert (severity, seconds) == (found.severity, found.value)


def test_a_lost_slot_is_critical() -> None:
    """A slot that lost its WAL needs its consumer built anew."""
    columns = (*LISTING, "active", "temporary", "synced", "wal_status", "reason", "conflicting")
    ask = answering((columns, ((1, 1, "me", "cdc", False, False, False, "lost", "wal_removed", None),)))
    (found,) = named("replication-slots").findings(ask, DEFAULTS)
    assert (Severity.CRITICAL, "lost") == (found.severity, found.value)


def test_an_index_being_built_by_somebody_hidden_is_unverified() -> None:
    """A role that may not see which index is being built calls none of them invalid."""
    columns = (*LISTING, "parted", "usable", "building", "hidden", "name")
    ask = answering((columns, ((9, 1, "me", "public.i", False, False, False, 1, "i"),)))
    (found,) = named("invalid-index").findings(ask, DEFAULTS)
    assert (Status.INCONCLUSIVE, "Run: GRANT pg_monitor TO me") == (found.status, found.hint)


def test_more_findings_than_listed_are_counted() -> None:
    """The scope says how many more there are."""
    columns = (*LISTING, "xids", "multixacts")
    rows = ((500, 120, "me", "a", 1_500_000_000, 1), (500, 120, "me", "b", 1_500_000_000, 1))
    found = named("wraparound").findings(answering((columns, rows)), DEFAULTS)
    assert {"500 of 500 databases and tables, 118 more not listed"} == {each.scope for each in found}


def test_a_silent_server_is_unverified() -> None:
    """An error of the source becomes a finding with what is at stake."""

    def ask(_name: str, _sql: str) -> SqlAnswer:
        raise NoAnswerError("nobody there", "Call again")

    found = [each for check in CHECKS for each in check.findings(ask, DEFAULTS)]
    assert len(CHECKS) == len(found)
    assert {Status.INCONCLUSIVE} == {each.status for each in found}
    assert [check.stake for check in CHECKS] == [each.severity for each in found]


def test_every_check_has_a_name_of_its_own() -> None:
    """Names are what people filter by."""
    names = [check.name for check in CHECKS]
    assert len(names) == len(set(names))
    assert len(CHECKS) > len(health_activity.CHECKS) + len(health_wear.CHECKS)
