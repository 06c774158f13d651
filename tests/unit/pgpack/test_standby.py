"""The pack on a real streaming standby: proofs, lag, and a moment that is lost in the middle."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg

from pytest_deploycheck.pgpack.pack import run_pack
from pytest_deploycheck.pgpack.proving import Order, Outcome, Proved, persistently, prove, prove_all
from tests.fix_pack import Standby, execute, scalar, standby
from tests.unit.pgpack.keys import key

if TYPE_CHECKING:
    from pytest_deploycheck.demo.postgres import EmbeddedPostgres
    from pytest_deploycheck.sources.postgres import PostgresSource

__all__ = ["standby"]

PAIR = "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p); INSERT INTO p VALUES (1)"
ORPHAN = "SET session_replication_role = replica; INSERT INTO c VALUES (7)"


def on_standby(database: str, server: Standby) -> str:
    """Return the same database on the standby, once it has all of it."""
    dsn = server.dsn_for(database.rsplit("/", 1)[1])
    wanted = scalar(database, "SELECT pg_current_wal_lsn()::text")
    end = time.monotonic() + 20
    while not scalar(server.dsn, f"SELECT pg_last_wal_replay_lsn() >= '{wanted}'::pg_lsn"):
        assert time.monotonic() < end, "the standby did not catch up"
        time.sleep(0.02)
    return dsn


def test_orphans_are_found_on_a_standby(database: str, standby: Standby, source: PostgresSource) -> None:
    """The standby answers everything, says that it is one, and how far behind."""
    execute(database, PAIR, ORPHAN)
    report = run_pack(source, on_standby(database, standby))
    assert "a standby" in report.server
    assert 12 == report.exit_code
    orphans = [each for each in report.findings if each.check == "orphans"]
    assert [("public.c.c_p_fkey", 1)] == [(each.object, each.value) for each in orphans]
    source.close()


def test_a_cut_in_the_middle_is_tried_at_another_moment(
    database: str, pack_server: EmbeddedPostgres, source: PostgresSource
) -> None:
    """Sessions that are ended between two keys cost that moment; the keys are proved at the next one."""
    execute(database, PAIR, "CREATE TABLE d (p int REFERENCES p)")
    moments = []

    def moment(order: Order) -> Outcome:
        moments.append(order.only)
        with source.snapshot(database, seconds=order.budget) as snapshot:
            if len(moments) == 1:
                _end_sessions_before_the_second_key(snapshot, pack_server)
            return prove(snapshot, database, order)

    proved, _ = persistently(moment, Order(lanes=1))
    assert [0, 0] == [each.orphans for each in proved]
    assert [None, 1] == [len(only) if only else None for only in moments]


def _end_sessions_before_the_second_key(snapshot: Any, server: EmbeddedPostgres) -> None:
    observe, asked = snapshot.observe, []

    def cut(ask: Any) -> Any:
        asked.append(ask.name)
        if len(asked) == 3:  # the catalogue, the first key, and now
            with psycopg.connect(server.dsn, autocommit=True) as other:
                ours = "FROM pg_stat_activity WHERE application_name LIKE 'deploycheck/%'"
                other.execute(f"SELECT pg_terminate_backend(pid, 2000) {ours}".encode())
        return observe(ask)

    snapshot.observe = cut


def test_a_moment_that_is_always_lost_ends_as_unverified() -> None:
    """Three moments are tried, then the keys are unverified with the reason."""
    tried = []

    def moment(order: Order) -> Outcome:
        tried.append(order.only)
        return (Proved(key=key("a"), form="gap", reason="replay", lost=True),), ()

    proved, _ = persistently(moment, Order())
    assert ([None, {"s.a.k"}, {"s.a.k"}], "replay", None) == (tried, proved[0].reason, proved[0].orphans)


def test_nothing_is_left_behind(database: str, standby: Standby, source: PostgresSource) -> None:
    """After a proof on the standby no transaction of ours is open there."""
    execute(database, PAIR)
    assert [0] == [each.orphans for each in prove_all(source, on_standby(database, standby))[1]]
    ours = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'deploycheck/%' AND xact_start IS NOT NULL"
    )
    assert 0 == scalar(standby.dsn, ours)
    source.close()
