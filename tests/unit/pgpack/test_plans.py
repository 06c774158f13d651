"""Plans of key queries: read from a real server, compared as text, and never executed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.asks import SqlAnswer, SqlAsk
from pytest_deploycheck.errors import BadAnswerError
from pytest_deploycheck.pgpack.plans import Plan, explaining, plan_of
from pytest_deploycheck.pgpack.readings import plan_readings
from pytest_deploycheck.status import Severity, Status
from tests.fix_pack import execute, scalar

if TYPE_CHECKING:
    from pytest_deploycheck.sources.postgres import PostgresSource

TABLE = (
    "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT i, i FROM generate_series(1, 20000) AS i;"
    "CREATE SEQUENCE counted; ANALYZE"
)
ANSWER = SqlAnswer(columns=(), rows=(), seconds=0.0, target="db", at=datetime(2026, 1, 1, tzinfo=UTC))


def plan(source: PostgresSource, dsn: str, sql: str) -> Plan:
    """Return the plan of a statement."""
    return plan_of(source.observe(SqlAsk(dsn=dsn, sql=explaining(sql))))


def test_a_plan_names_its_indexes_and_whole_tables(database: str, source: PostgresSource) -> None:
    """An index is in the steps; a table that is read as a whole is named with its schema."""
    execute(database, TABLE)
    by_index = plan(source, database, "SELECT v FROM t WHERE id = 7")
    assert ("Index Scan t by t_pkey", ()) == (by_index.steps, by_index.sequential)
    assert (("public", "t"),) == plan(source, database, "SELECT id FROM t WHERE v = 7").sequential


def test_nothing_is_executed(database: str, source: PostgresSource) -> None:
    """Neither a change nor a slow statement happens: only its plan is asked for."""
    execute(database, TABLE)
    assert plan(source, database, "DELETE FROM t WHERE id = 7").steps.startswith("ModifyTable")
    assert "Result" in plan(source, database, "SELECT pg_sleep(60)").steps
    assert 20000 == scalar(database, "SELECT count(*) FROM t")


@pytest.mark.parametrize("rows", [(), (("no json",),), (("[]",),), (('[{"Plan": {"Node Type": "Seq Scan"}}]',),)])
def test_no_plan_is_a_bad_answer(rows: tuple[tuple[str, ...], ...]) -> None:
    """Whatever is no plan is told."""
    with pytest.raises(BadAnswerError, match="no plan"):
        plan_of(SqlAnswer(columns=("QUERY PLAN",), rows=rows, seconds=0.0, target="db"))


@pytest.mark.parametrize(
    ("before", "large", "statuses"),
    [
        (None, [], [Status.PASS, Status.PASS]),
        ("A", [], [Status.PASS, Status.PASS]),
        ("B", [], [Status.WARN, Status.PASS]),
        ("A", ["public.t (20000 rows)"], [Status.PASS, Status.WARN]),
    ],
)
def test_a_changed_plan_and_a_whole_table(before: str | None, large: list[str], statuses: list[Status]) -> None:
    """A plan other than the one before the deployment is told with both; a large table read as a whole, too."""
    readings = plan_readings("q", Plan("A", (), 1.0), before, large, answer=ANSWER, severity=Severity.MEDIUM)
    assert statuses == [each.judgement.status for each in readings]
    if before == "B":
        assert "from B to A" in readings[0].judgement.reason
