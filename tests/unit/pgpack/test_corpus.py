"""Every planted fault is found, named and rated; no look-alike is: the whole corpus in one database, one run.

On the wheel's server, on Debian's, and on every other major whose programs DEPLOYCHECK_POSTGRES names.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import pytest

from pytest_deploycheck.pgpack.checking import Limits
from pytest_deploycheck.pgpack.pack import Report, run_pack
from pytest_deploycheck.sources.postgres import PostgresSource
from pytest_deploycheck.status import Status
from tests.fix_pack import DEBIAN, OTHERS, execute, installed, scalar
from tests.unit.pgpack.corpus import FAULTS, TRAPS, Planted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.demo.postgres import EmbeddedPostgres

CORPUS = tuple((f"f{place:02}", planted) for place, planted in enumerate(FAULTS)) + tuple(
    (f"t{place:02}", planted) for place, planted in enumerate(TRAPS)
)
#: Nothing can be said about these on a fresh test server; other tests look at them.
ELSEWHERE = {"slow-queries", "checksums", "unused-index", "long-transactions", "idle-in-transaction", "blocked"}


@dataclass(frozen=True)
class Looked:
    """The pack's report of a server of some major version."""

    report: Report
    major: int

    def findings_of(self, schema: str, planted: Planted) -> list[tuple[str, str, str, object]]:
        """Return what is expected of the fault or trap: nothing where the server does not know what it is about."""
        if planted.since > self.major:
            return []
        return [
            (check, about.replace("{s}", schema), severity, value) for check, about, severity, value in planted.findings
        ]


@pytest.fixture(scope="module", params=[None, DEBIAN, *OTHERS], ids=lambda home: str(home or "wheel"))
def looked(request: pytest.FixtureRequest) -> Iterator[Looked]:
    """Plant everything that the server knows and run the pack once."""
    server = request.getfixturevalue("pack_server") if request.param is None else installed(request.param)
    execute(server.dsn, "CREATE DATABASE corpus")
    dsn = server.dsn_for("corpus")
    major = int(str(scalar(dsn, "SHOW server_version_num"))) // 10000
    source = PostgresSource()
    keep = psycopg.connect(dsn, autocommit=True)
    try:
        for schema, planted in CORPUS:
            if planted.since <= major:
                _plant(keep, schema, planted)
        yield Looked(run_pack(source, dsn, limits=Limits(prepared=0.0, connections_percent=(98, 99))), major)
    finally:
        source.close()
        keep.close()
        if request.param is not None:
            server.close()
        else:
            _clean(server, dsn)


def _clean(server: EmbeddedPostgres, dsn: str) -> None:
    """Leave the shared server as it was."""
    execute(
        dsn,
        "ROLLBACK PREPARED 'forgotten'",
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots",
        "ALTER DATABASE template1 RESET session_replication_role",
        "DROP ROLE beside",
        "DROP ROLE usual",
    )
    execute(server.dsn, "DROP DATABASE corpus WITH (FORCE)")


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
def test_planted(looked: Looked, schema: str, planted: Planted) -> None:
    """A fault has exactly its findings, a trap none."""
    expected = looked.findings_of(schema, planted)
    own = {(check, about) for check, about, _, _ in expected}
    here = [
        each
        for each in _found(looked.report)
        if (each[0], each[1]) in own or any(f"{word}{schema}." in each[1] for word in ("", "table "))
    ]
    assert _without_unknown_values(expected, expected) == _without_unknown_values(here, expected)


def test_nothing_else_is_found(looked: Looked) -> None:
    """All that was found is what was planted: no finding twice, none about something else."""
    expected = [each for schema, planted in CORPUS for each in looked.findings_of(schema, planted)]
    assert Counter((check, about) for check, about, _, _ in expected) == Counter(
        (check, about) for check, about, _, _ in _found(looked.report)
    )


def test_scope_counts_every_key(looked: Looked) -> None:
    """The scope of the proof is one for all, and no key is unverified."""
    scopes = {each.scope for each in looked.report.findings if each.check == "orphans"}
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
