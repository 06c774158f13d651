"""Every kind of [[integrity]] against a real server: planted faults are counted, look-alikes are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.asks import SqlAsk
from pytest_deploycheck.errors import QueryError
from pytest_deploycheck.plugin.counting import _QUESTIONS, question_of
from pytest_deploycheck.settings.integrity import KINDS, LEVELS, Integrity
from pytest_deploycheck.sources.postgres_queries import ALL_ROWS
from tests.fix_pack import database, execute, pack_server, source

if TYPE_CHECKING:
    from pytest_deploycheck.sources.postgres import PostgresSource

__all__ = ["database", "pack_server", "source"]

SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, mail text);
INSERT INTO users SELECT i, 'u' || i FROM generate_series(1, 10) AS i;
CREATE TABLE gone (user_id int, at timestamptz);
INSERT INTO gone SELECT i, now() FROM generate_series(11, 20) AS i;
CREATE TABLE files (user_id int); CREATE TABLE orders (user_id int);
INSERT INTO files VALUES (1), (NULL), (11), (12); INSERT INTO orders VALUES (2), (11), (11);
CREATE TABLE log (id int, action text, entity int, at timestamptz);
INSERT INTO log SELECT i, 'DELETE', 10 + i, now() - make_interval(mins => 10 - i) FROM generate_series(1, 8) AS i;
INSERT INTO log VALUES (12, 'LOGIN', 19, now()), (13, 'LOGIN', 20, now());
CREATE TABLE rows (id int, a text, b text, base numeric, rate numeric, amount numeric);
INSERT INTO rows VALUES (1, 'x', 'y', 10, 0.1, 1.00), (2, 'x', 'y', 10, 0.1, 1.005), (3, 'x', NULL, 10, 0.1, 1.5),
  (4, 'x', NULL, NULL, 0.1, NULL), (5, 'X', 'y', 10, 0.1, NULL);
CREATE SCHEMA "s%(x)s"; CREATE TABLE "s%(x)s"."t.""😀" ("k;--" int); INSERT INTO "s%(x)s"."t.""😀" VALUES (1), (1);
"""
CASES: list[tuple[dict[str, Any], int, int, str | None]] = [
    ({"cascade": {"parent": "users.id", "children": ["files.user_id", "orders.user_id"]}}, 4, 2,
     "files.user_id 2, orders.user_id 2"),
    ({"cascade": {"parent": "users.id", "children": ["rows.id"]}}, 0, 1, None),
    ({"deleted": {"key": "gone.user_id", "children": ["files.user_id", "orders.user_id"]}}, 2, 10,
     "files.user_id, orders.user_id"),
    ({"deleted": {"key": "gone.user_id", "children": ["files.user_id"], "where": "d.user_id > 15", "sample": 3}}, 0, 3,
     None),
    ({"deleted": {"key": "gone.user_id", "children": ["files.user_id"], "where": "false"}}, 0, 0, None),
    ({"audited": {"changes": "gone.user_id", "log": "log.entity", "log_where": "l.action = 'DELETE' -- only these"}}, 2,
     10, "19; 20"),
    ({"audited": {"changes": "gone.user_id", "log": "log.entity"}}, 0, 10, None),
    ({"gapless": {"column": "log.id"}}, 3, 10, "9..11"),
    ({"gapless": {"column": "log.id", "where": "t.action = 'LOGIN'"}}, 0, 2, None),
    ({"steady": {"column": "log.at", "longest": 90}}, 1, 10, None),
    ({"steady": {"column": "log.at", "longest": 600}}, 0, 10, None),
    ({"unique": {"table": "rows", "columns": ["a", "b"]}}, 1, 3, "x, y"),
    ({"unique": {"table": "rows", "columns": ["id"]}}, 0, 5, None),
    ({"unique": {"table": '"s%(x)s"."t.""😀"', "columns": ['"k;--"']}}, 1, 2, "1"),
    ({"linked": {"child": "files.user_id", "parent": "users.id"}}, 3, 4, "NULL; 11; 12"),
    ({"linked": {"child": "orders.user_id", "parent": "users.id", "where": "c.user_id < 10"}}, 0, 1, None),
    ({"recompute": {"column": "rows.amount", "expression": "t.base * t.rate"}}, 3, 5, None),
    ({"recompute": {"column": "rows.amount", "expression": "t.base * t.rate", "tolerance": 0.01}}, 2, 5,
     "1.5 instead of 1.0; NULL instead of 1.0"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "value", "n", "examples"), CASES)
def test_kinds(
    database: str,
    source: PostgresSource,
    declared: dict[str, Any],
    value: int,
    n: int,
    examples: str | None,
) -> None:
    """The value is what is wrong, n among how many; the examples name them."""
    execute(database, SCHEMA)
    question = question_of(Integrity.model_validate({"id": "x"} | declared))
    answer = source.observe(SqlAsk(dsn=database, sql=question.sql, local=ALL_ROWS))
    assert ("value", "n", "examples") == answer.columns
    assert (value, n) == answer.rows[0][:2]
    if examples is not None or not value:
        assert examples == answer.rows[0][2]


def test_every_kind_has_levels_and_a_question() -> None:
    """No kind is forgotten; the ledger's thresholds are the defaults."""
    assert set(KINDS) == {*_QUESTIONS, "sql", "orphans"}
    given = {"audited": {"changes": "a.b", "log": "c.d"}, "orphans": {"child": "a.b", "parent": "c.d"}}
    for kind, declared in given.items():
        assert LEVELS[kind] == Integrity.model_validate({"id": "x", kind: declared}).levels.as_mapping()
    own = Integrity.model_validate({"id": "x", "sql": "SELECT 1", "levels": {"high": "> 2"}})
    assert {"high": "> 2"} == own.levels.as_mapping()


@pytest.mark.parametrize(
    "where", ["true); DELETE FROM users; SELECT (1", "(SELECT nextval('x')) > 0", "pg_sleep(9) IS NULL"]
)
def test_a_condition_only_reads(database: str, source: PostgresSource, where: str) -> None:
    """What the settings add to the SQL is held by the same limits as all SQL."""
    execute(database, SCHEMA)
    entry = {"id": "x", "unique": {"table": "rows", "columns": ["id"], "where": where}}
    sql = question_of(Integrity.model_validate(entry)).sql
    with pytest.raises(QueryError):
        source.observe(SqlAsk(dsn=database, sql=sql, statement_timeout=0.2))
