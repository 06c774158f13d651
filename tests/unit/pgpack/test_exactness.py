"""The proof counts what the server itself would count, on generated schemas and data.

``DEPLOYCHECK_EXACTNESS_CASES`` sets how many; a nightly run takes thousands.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, event, given, settings

from pytest_deploycheck.asks import SqlAsk
from pytest_deploycheck.pgpack.proving import prove_all
from pytest_deploycheck.pgpack.selector import GAP, MOST_SAMPLES, forms_of, proof
from tests.fix_pack import execute
from tests.unit.pgpack.schemas import TYPES, Case, cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.demo.postgres import EmbeddedPostgres
    from pytest_deploycheck.sources.postgres import PostgresSource

CASES = int(os.environ.get("DEPLOYCHECK_EXACTNESS_CASES", "300"))
UNSUITABLE = ("0A000", "42P16", "42804", "42830", "42883", "42P17", "54000", "42710", "42701", "42P07")


@pytest.fixture(scope="module")
def exact(pack_server: EmbeddedPostgres) -> Iterator[str]:
    """Give the DSN of a database with the types that the cases use."""
    execute(pack_server.dsn, "CREATE DATABASE exact")
    dsn = pack_server.dsn_for("exact")
    execute(dsn, TYPES)
    yield dsn
    execute(pack_server.dsn, "DROP DATABASE exact WITH (FORCE)")


SEEN: Counter[str] = Counter()


@settings(
    max_examples=CASES,
    deadline=None,
    derandomize="DEPLOYCHECK_EXACTNESS_CASES" not in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(case=cases())
def test_counts_what_the_server_counts(exact: str, source: PostgresSource, case: Case) -> None:
    """The chosen form, and the other one, agree with the server's own query and with adding the key again."""
    with psycopg.connect(exact, autocommit=True) as connection:
        try:
            built = _build(connection, case)
            if built:
                _compare(connection, exact, source, case)
        finally:
            connection.execute("RESET session_replication_role")
            connection.execute("DROP SCHEMA IF EXISTS s CASCADE")


def _build(connection: psycopg.Connection[tuple[object, ...]], case: Case) -> bool:
    """Create it; False when PostgreSQL does not allow such a key."""
    try:
        for statement in case.statements:
            connection.execute(statement.encode())
    except psycopg.Error as error:
        if error.sqlstate not in UNSUITABLE:
            raise
        SEEN["unsuitable"] += 1
        return False
    return True


def _compare(connection: psycopg.Connection[tuple[object, ...]], dsn: str, source: PostgresSource, case: Case) -> None:
    row = connection.execute(case.reference.encode()).fetchone()
    assert row is not None
    expected = row[0]
    keys, proved = prove_all(source, dsn)

    assert [(expected, None)] == [(each.orphans, each.reason) for each in proved]
    key = keys[0]
    form = proved[0].form
    for possible in forms_of(key):
        how = proof(key, possible)
        answer = source.observe(SqlAsk(dsn=dsn, sql=how.count, local=how.local))
        assert expected == answer.rows[0][0], possible
        SEEN[possible] += 1
    assert bool(expected) == bool(proved[0].samples)
    assert len(proved[0].samples) <= min(MOST_SAMPLES, int(str(expected)))
    assert bool(expected) != _can_be_added_again(connection, case)
    SEEN["keys"] += 1
    SEEN["orphans" if expected else "clean"] += 1
    event(f"{form}, {case.shape}, {'orphans' if expected else 'clean'}")


def _can_be_added_again(connection: psycopg.Connection[tuple[object, ...]], case: Case) -> bool:
    """Return whether the server accepts the same key anew, which it checks by its own means."""
    connection.execute("BEGIN")
    try:
        connection.execute(f"ALTER TABLE {case.child} DROP CONSTRAINT {case.constraint}".encode())
        connection.execute(f"ALTER TABLE {case.child} ADD CONSTRAINT {case.constraint} {case.key}".encode())
    except psycopg.errors.ForeignKeyViolation:
        return False
    finally:
        connection.execute("ROLLBACK")
    return True


def test_the_cases_were_worth_it() -> None:
    """Both forms, broken keys and whole ones came up often; few schemas were impossible."""
    if not SEEN:
        pytest.skip("the generated cases did not run in this process")
    total = SEEN["keys"]
    assert total >= CASES * 0.5, SEEN
    assert min(SEEN[GAP], SEEN["orphans"], SEEN["clean"]) >= total * 0.1, SEEN
