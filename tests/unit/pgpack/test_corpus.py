"""Every planted fault is found, named and rated; no look-alike is: the whole corpus in one database, one run."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import psycopg
import pytest

from pytest_deploycheck.pgpack.checking import Limits
from pytest_deploycheck.pgpack.pack import Report, run_pack
from pytest_deploycheck.sources.postgres import PostgresSource
from pytest_deploycheck.status import Status
from tests.fix_pack import execute
from tests.unit.pgpack.corpus import FAULTS, TRAPS, Planted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.demo.postgres import EmbeddedPostgres

CORPUS = tuple((f"f{place:02}", planted) for place, planted in enumerate(FAULTS)) + tuple(
    (f"t{place:02}", planted) for place, planted in enumerate(TRAPS)
)
EXPECTED = [
    (check, about.replace("{s}", schema), severity, value)
    for schema, planted in CORPUS
    for check, about, severity, value in planted.findings
]
#: Nothing can be said about these on a fresh test server; other tests look at them.
ELSEWHERE = {"slow-queries", "checksums", "unused-index", "long-transactions", "idle-in-transaction", "blocked"}


@pytest.fixture(scope="module")
def report(pack_server: EmbeddedPostgres) -> Iterator[Report]:
    """Plant everything and run the pack once."""
    execute(pack_server.dsn, "CREATE DATABASE corpus")
    dsn = pack_server.dsn_for("corpus")
    source = PostgresSource()
    keep = psycopg.connect(dsn, autocommit=True)
    try:
        for schema, planted in CORPUS:
            _plant(keep, schema, planted)
        yield run_pack(source, dsn, limits=Limits(prepared=0.0, connections_percent=(98, 99)))
    finally:
        source.close()
        keep.close()
        execute(
            dsn,
            "ROLLBACK PREPARED 'forgotten'",
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots",
            "ALTER DATABASE template1 RESET session_replication_role",
            "DROP ROLE beside",
            "DROP ROLE usual",
        )
        execute(pack_server.dsn, "DROP DATABASE corpus WITH (FORCE)")


def _plant(connection: psycopg.Connection[tuple[object, ...]], schema: str, planted: Planted) -> None:
    connection.execute(f"CREATE SCHEMA {schema}".encode())
    for statement in planted.sql.replace("{s}", schema).split("\x1e"):
        try:
            connection.execute(statement.encode())
        except psycopg.Error:
            assert planted.fails, planted.name
    connection.execute("RESET session_replication_role")


def _found(report: Report) -> list[tuple[str, str, str, object]]:
    bad = (each for each in report.findings if each.status is not Status.PASS and each.check not in ELSEWHERE)
    return [(each.check, each.object, str(each.severity or "info"), each.value) for each in bad]


@pytest.mark.parametrize(
    ("schema", "planted"), CORPUS, ids=[f"{schema}-{planted.name.replace(' ', '-')}" for schema, planted in CORPUS]
)
def test_planted(report: Report, schema: str, planted: Planted) -> None:
    """A fault has exactly its findings, a trap none."""
    own = {(check, about.replace("{s}", schema)) for check, about, _, _ in planted.findings}
    here = [
        each
        for each in _found(report)
        if (each[0], each[1]) in own or any(f"{word}{schema}." in each[1] for word in ("", "table "))
    ]
    expected = [
        (check, about.replace("{s}", schema), severity, value) for check, about, severity, value in planted.findings
    ]
    assert _without_unknown_values(expected, expected) == _without_unknown_values(here, expected)


def test_nothing_else_is_found(report: Report) -> None:
    """All that was found is what was planted: no finding twice, none about something else."""
    assert Counter((check, about) for check, about, _, _ in EXPECTED) == Counter(
        (check, about) for check, about, _, _ in _found(report)
    )


def test_scope_counts_every_key(report: Report) -> None:
    """The scope of the proof is one for all, and no key is unverified."""
    scopes = {each.scope for each in report.findings if each.check == "orphans"}
    assert 1 == len(scopes)
    assert scopes.pop().endswith("keys, 0 unverified")


def test_the_corpus_is_large_enough() -> None:
    """At least 40 faults and 25 traps."""
    assert (True, True) == (len(FAULTS) >= 40, len(TRAPS) >= 25)


def _without_unknown_values(
    findings: list[tuple[str, str, str, object]], expected: list[tuple[str, str, str, object]]
) -> list[tuple[str, str, str, object]]:
    """Blank the values that the corpus cannot know, such as ages; sorted."""
    unknown = {(check, about) for check, about, _, value in expected if value is None}
    return sorted(
        (
            (check, about, severity, None if (check, about) in unknown else value)
            for check, about, severity, value in findings
        ),
        key=str,
    )
