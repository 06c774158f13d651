"""The proof as a whole: scope, budget, failures of single keys, samples, and nothing left behind."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

import psycopg
import pytest

from pytest_deploycheck.asks import SqlAnswer, SqlAsk
from pytest_deploycheck.pgpack.findings import exit_code
from pytest_deploycheck.pgpack.orphans import findings
from pytest_deploycheck.pgpack.pack import run_pack
from pytest_deploycheck.pgpack.proving import _Work, prove_all
from pytest_deploycheck.status import Severity, Status
from tests.fix_pack import execute, scalar
from tests.unit.pgpack.keys import key

if TYPE_CHECKING:
    from pytest_deploycheck.demo.postgres import EmbeddedPostgres
    from pytest_deploycheck.sources.postgres import PostgresSource
    from pytest_deploycheck.sources.postgres_snapshot import Snapshot

PAIRS = """
CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p SELECT generate_series(1, 100);
CREATE TABLE small (p int REFERENCES p); INSERT INTO small SELECT generate_series(1, 100);
CREATE TABLE large (p int REFERENCES p, t text DEFAULT repeat('x', 200));
INSERT INTO large SELECT 1 + i % 100 FROM generate_series(1, 20000) AS i; ANALYZE;
"""
BROKEN = "SET session_replication_role = replica; DELETE FROM p WHERE id > 60;"


def test_the_largest_key_comes_first(database: str, source: PostgresSource) -> None:
    """The keys are proved in the order of what they cost."""
    execute(database, PAIRS)
    assert ["large", "small"] == [key.child_table for key in prove_all(source, database)[0]]


def test_no_keys_is_no_pass_by_accident(database: str, source: PostgresSource) -> None:
    """A database without foreign keys says so."""
    (finding,) = findings(prove_all(source, database)[1])
    assert (Status.PASS, "there are no foreign keys", "0 of 0 keys, 0 unverified") == (
        finding.status,
        finding.message,
        finding.scope,
    )


def test_at_most_20_samples_and_the_true_count(database: str, source: PostgresSource) -> None:
    """The count is that of the rows, the samples are distinct keys."""
    execute(database, PAIRS, BROKEN)
    by_table = {each.key.child_table: each for each in prove_all(source, database)[1]}
    large = by_table["large"]
    assert (8000, 20, 20) == (large.orphans, len(large.samples), len(set(large.samples)))
    assert set(large.samples) <= {str(number) for number in range(61, 101)}


def test_samples_hide_personal_data(database: str, source: PostgresSource) -> None:
    """An address of a person that is a key does not reach the report."""
    execute(
        database,
        "CREATE TABLE p (id text PRIMARY KEY); CREATE TABLE c (p text REFERENCES p);"
        "SET session_replication_role = replica; INSERT INTO c VALUES ('somebody@example.org')",
    )
    (result,) = prove_all(source, database)[1]
    assert (1, ("***",)) == (result.orphans, result.samples)


def test_past_the_budget_is_unverified(database: str, source: PostgresSource) -> None:
    """What did not fit is never clean: critical, inconclusive, with its scope."""
    execute(database, PAIRS)
    (finding,) = findings(prove_all(source, database, budget=0.001)[1])
    assert (Status.INCONCLUSIVE, Severity.CRITICAL) == (finding.status, finding.severity)
    assert "0 of 2 keys, 2 unverified" == finding.scope
    assert "--budget" in str(finding.hint)
    assert 11 == exit_code([finding])


def test_a_locked_table_is_unverified_and_nobody_waits(database: str, source: PostgresSource) -> None:
    """A migration that holds one table leaves the other key verified."""
    execute(database, PAIRS)
    with psycopg.connect(database) as migration:
        migration.execute("LOCK TABLE small IN ACCESS EXCLUSIVE MODE")
        by_table = {each.key.child_table: each for each in prove_all(source, database)[1]}
    assert (0, None) == (by_table["large"].orphans, by_table["small"].orphans)
    assert "locked table" in str(by_table["small"].reason)


def test_a_missing_privilege_is_said_once(database: str, source: PostgresSource) -> None:
    """A missing privilege is one finding for all keys that lack it, with the statement to run."""
    execute(database, PAIRS, "DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN PASSWORD 'pw-of-reader'")
    as_reader = database.replace(database[database.index("//") + 2 : database.index("@")], "reader:pw-of-reader")
    try:
        (finding,) = findings(prove_all(source, as_reader)[1])
        assert "0 of 2 keys, 2 unverified" == finding.scope
        assert "Run: GRANT pg_monitor, pg_read_all_data TO reader" == finding.hint
        execute(database, "GRANT pg_monitor, pg_read_all_data TO reader")
        assert {0} == {each.orphans for each in prove_all(source, as_reader)[1]}
    finally:
        source.close()
        execute(database, "DROP OWNED BY reader", "DROP ROLE reader")


def test_row_security_invents_no_orphans(database: str, source: PostgresSource) -> None:
    """A role that policies filter gets no wrong count but an error that says what it lacks."""
    execute(
        database,
        PAIRS,
        "ALTER TABLE p ENABLE ROW LEVEL SECURITY",
        "DROP ROLE IF EXISTS filtered",
        "CREATE ROLE filtered LOGIN PASSWORD 'pw-of-filtered'",
        "GRANT pg_monitor, pg_read_all_data TO filtered",
    )
    dsn = database.replace(database[database.index("//") + 2 : database.index("@")], "filtered:pw-of-filtered")
    try:
        proved = prove_all(source, dsn)[1]
        assert {None} == {each.orphans for each in proved}
        assert {"Run: ALTER ROLE filtered BYPASSRLS"} == {each.hint for each in proved}
    finally:
        source.close()
        execute(database, "DROP OWNED BY filtered", "DROP ROLE filtered")


def test_an_index_that_hides_rows_does_not_mislead(database: str, source: PostgresSource) -> None:
    """A key whose order depends on a library is proved without its indexes: those, once out of order, hide rows."""
    execute(
        database,
        "CREATE COLLATION system (provider = libc, locale = 'C.UTF-8')",
        "CREATE TABLE p (id text COLLATE system PRIMARY KEY); CREATE TABLE c (p text COLLATE system REFERENCES p);"
        "INSERT INTO p VALUES ('a'); INSERT INTO c SELECT 'a' FROM generate_series(1, 5000);"
        "SET session_replication_role = replica; INSERT INTO c VALUES ('orphan')",
        # as good as a damaged index: it lacks a row, and the server does not know
        "CREATE INDEX damaged ON c (p) WHERE p < 'b'",
        "UPDATE pg_index SET indpred = NULL WHERE indexrelid = 'damaged'::regclass",
        "VACUUM ANALYZE",
    )
    by_index = f"{database}?options=-c%20enable_seqscan%3Doff%20-c%20enable_bitmapscan%3Doff"
    assert 0 == scalar(by_index, "SELECT count(*) FROM c WHERE p = 'orphan'")
    keys, results = prove_all(source, database)
    assert (False, "hash", 1) == (keys[0].columns[0].stable, results[0].form, results[0].orphans)


def test_no_key_takes_the_time_of_the_others() -> None:
    """Each ask may take half of what is left, the last one all of it."""
    limits: list[float] = []

    class Recorder:
        def observe(self, ask: SqlAsk) -> SqlAnswer:
            limits.append(ask.statement_timeout)
            return SqlAnswer(columns=("value",), rows=((0,),), seconds=0.0, target="t")

    keys = [key(str(place), oid=place) for place in range(3)]
    work = _Work(cast("Snapshot", Recorder()), "", keys, time.monotonic() + 40)
    for _ in keys:
        chosen = work._next(heavy=True)
        assert chosen is not None
        work._prove(chosen)
    assert [20, 20, 40] == [round(limit) for limit in limits]


def test_nothing_is_left_behind(database: str, source: PostgresSource, pack_server: EmbeddedPostgres) -> None:
    """No transaction, no number of one used up, no temporary file, no setting, no object; after closing no session."""
    execute(database, PAIRS, BROKEN)
    before = _traces(database)
    report = run_pack(source, database)
    after = _traces(database)
    ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'deploycheck/%'"
    open_transactions = scalar(pack_server.dsn, f"{ours} AND (xact_start IS NOT NULL OR state <> 'idle')")
    source.close()
    with psycopg.connect(pack_server.dsn, autocommit=True) as connection:
        for _ in range(50):
            row = connection.execute(ours.encode()).fetchone()
            if row == (0,):
                break
            connection.execute("SELECT pg_sleep(0.02)")
    assert (before, 0, (0,)) == (after, open_transactions, row)
    assert 12 == report.exit_code


def _traces(dsn: str) -> tuple[object, ...]:
    return (
        scalar(dsn, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"),
        scalar(dsn, "SELECT count(*) FROM pg_ls_tmpdir()"),
        scalar(dsn, "SELECT count(*) FROM pg_class"),
        scalar(dsn, "SELECT count(*) FROM pg_db_role_setting"),
        scalar(dsn, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"),
    )


@pytest.mark.parametrize("budget", [0.0, -1.0])
def test_a_budget_of_nothing_is_no_crash(database: str, source: PostgresSource, budget: float) -> None:
    """Without time nothing is verified, and said so."""
    execute(database, PAIRS)
    assert {None} == {each.orphans for each in prove_all(source, database, budget=budget)[1]}
