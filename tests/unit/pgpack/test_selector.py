"""Which form proves which key: the gap probe only where an index can be trusted and used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from pytest_deploycheck.asks import SqlAsk
from pytest_deploycheck.pgpack.proving import read_keys
from pytest_deploycheck.pgpack.selector import GAP, HASH, MERGE, PERIOD, Proof, form_of, forms_of, proof
from pytest_deploycheck.sources.postgres_statement import guarded
from tests.fix_pack import execute

if TYPE_CHECKING:
    from pytest_deploycheck.sources.postgres import PostgresSource

PARENTS = """
CREATE TABLE i (id int PRIMARY KEY, n numeric UNIQUE, t text UNIQUE, u uuid UNIQUE);
CREATE TABLE two (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE spans (id int4range, valid daterange, PRIMARY KEY (id, valid WITHOUT OVERLAPS));
INSERT INTO i SELECT i, i, i, md5(i::text)::uuid FROM generate_series(1, 50) AS i;
"""

INVALID = """
CREATE TABLE c (k int REFERENCES i); CREATE INDEX x ON c (k);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'x'::regclass
"""
TEMPORAL = "CREATE TABLE c (id int4range, v daterange, FOREIGN KEY (id, PERIOD v) REFERENCES spans (id, PERIOD valid))"


@pytest.mark.parametrize(
    ("sql", "form"),
    [
        ("CREATE TABLE c (k int REFERENCES i); CREATE INDEX ON c (k)", GAP),
        ("CREATE TABLE c (k bigint REFERENCES i); CREATE INDEX ON c (k)", GAP),
        ("CREATE TABLE c (k int PRIMARY KEY REFERENCES i)", GAP),
        ("CREATE TABLE c (k int REFERENCES i, x int); CREATE INDEX ON c (k, x)", GAP),
        ("CREATE TABLE c (k int REFERENCES i, x int); CREATE INDEX ON c (k) INCLUDE (x)", GAP),
        ("CREATE TABLE c (k int REFERENCES i); CREATE INDEX ON c (k) WHERE k IS NOT NULL", GAP),
        ("CREATE TABLE c (k int REFERENCES i); CREATE INDEX ON c (k DESC)", GAP),
        ("CREATE TABLE c (a int, b int, FOREIGN KEY (a, b) REFERENCES two); CREATE INDEX ON c (a, b)", HASH),
        ("CREATE TABLE c (b int, a int, FOREIGN KEY (b, a) REFERENCES two (b, a)); CREATE INDEX ON c (a, b)", HASH),
        ("CREATE TABLE c (k int REFERENCES i)", HASH),
        ("CREATE TABLE c (k int REFERENCES i, x int); CREATE INDEX ON c (x, k)", HASH),
        ("CREATE TABLE c (k int REFERENCES i); CREATE INDEX ON c USING hash (k)", HASH),
        ("CREATE TABLE c (k int REFERENCES i); CREATE INDEX ON c (k) WHERE k > 5", HASH),
        ("CREATE TABLE c (k int REFERENCES i); CREATE INDEX ON c ((k + 1))", HASH),
        ("CREATE TABLE c (k int REFERENCES i (n)); CREATE INDEX ON c (k)", HASH),
        ("CREATE TABLE c (k text REFERENCES i (t)); CREATE INDEX ON c (k)", HASH),
        ("CREATE TABLE c (a int, b int, FOREIGN KEY (a, b) REFERENCES two); CREATE INDEX ON c (b, a)", HASH),
        ("CREATE TABLE c (a int, b int, FOREIGN KEY (a, b) REFERENCES two); CREATE INDEX ON c (a, b DESC)", HASH),
        ("CREATE TABLE c (a int, b int, FOREIGN KEY (a, b) REFERENCES two MATCH FULL); CREATE INDEX ON c (a, b)", HASH),
        ("CREATE TABLE c (k int REFERENCES parted); CREATE INDEX ON c (k)", HASH),
        (
            "CREATE TABLE c (k int REFERENCES i) PARTITION BY HASH (k); CREATE INDEX ON c (k)",
            HASH,
        ),
        (
            INVALID,
            HASH,
        ),
        (TEMPORAL, PERIOD),
    ],
)
def test_form(database: str, source: PostgresSource, sql: str, form: str) -> None:
    """The form follows from the index, the types and the match; its two questions are single reading statements."""
    execute(database, PARENTS, sql)
    (key,) = read_keys(source, database)
    how = proof(key)
    assert (form, form) == (form_of(key), how.form)
    assert guarded(how.count, {}) != guarded(how.samples, {})


@pytest.mark.parametrize(("per_parent", "form"), [(2, HASH), (20, GAP)])
def test_keys_that_are_no_numbers_are_probed_when_it_pays(
    database: str, source: PostgresSource, per_parent: int, form: str
) -> None:
    """Every gap between UUIDs is probed, so there have to be many children for each parent."""
    fill = f"INSERT INTO c SELECT u FROM i, generate_series(1, {per_parent})"  # noqa: S608  # a number of ours
    execute(database, PARENTS, "CREATE TABLE c (k uuid REFERENCES i (u)); CREATE INDEX ON c (k)", fill, "ANALYZE")
    (key,) = read_keys(source, database)
    assert ((HASH, GAP, MERGE), form) == (forms_of(key), form_of(key))


@pytest.mark.parametrize("kind", ["uuid", "two"])
def test_a_fresh_visibility_map_lets_both_indexes_be_walked(database: str, source: PostgresSource, kind: str) -> None:
    """After a vacuum the two indexes alone tell what there is; the plan is a merge of two index-only scans."""
    child = {
        "uuid": "CREATE TABLE c (k uuid REFERENCES i (u)); CREATE INDEX ON c (k); INSERT INTO c SELECT u FROM i",
        "two": "CREATE TABLE c (a int, b int, FOREIGN KEY (a, b) REFERENCES two); CREATE INDEX ON c (a, b);"
        "INSERT INTO two SELECT i / 9, i % 9 FROM generate_series(1, 99) AS i; INSERT INTO c SELECT * FROM two",
    }
    execute(database, PARENTS, child[kind], "VACUUM ANALYZE")
    (key,) = read_keys(source, database)
    assert MERGE == form_of(key)
    plan = _plan(database, proof(key))
    assert (1, 2) == (plan.count("Merge Anti Join"), plan.count("Index Only Scan")), plan


SPOILED = {
    "int": ("k int REFERENCES i", "(9), (11), (1), (3), (NULL), (-5), (20)", 3),
    "two": ("a int, b int, FOREIGN KEY (a, b) REFERENCES two", "(1, 1), (1, 2), (1, 4), (2, 0), (1, NULL), (0, 9)", 4),
    "text": ("k text REFERENCES i (t)", "('a'), ('1'), ('3 '), ('')", 3),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_every_form_counts_the_same(database: str, source: PostgresSource, kind: str) -> None:
    """Whatever is chosen, the answer is one: dense neighbours, gaps of one, both ends, partly null keys."""
    columns, rows, expected = SPOILED[kind]
    listed = "a, b" if kind == "two" else "k"
    fill = f"INSERT INTO c ({listed}) VALUES {rows}"  # noqa: S608  # ours
    execute(
        database,
        "CREATE TABLE i (id int PRIMARY KEY, t text UNIQUE); CREATE TABLE two (a int, b int, PRIMARY KEY (a, b));"
        "INSERT INTO i VALUES (1, '1'), (2, '2'), (3, '3'), (9, '9'); INSERT INTO two VALUES (1, 1), (1, 3), (2, 1)",
        f"CREATE TABLE c ({columns}); CREATE INDEX ON c ({listed}); SET session_replication_role = replica; {fill}",
    )
    (key,) = read_keys(source, database)
    counted = {}
    for form in forms_of(key):
        how = proof(key, form)
        ask = SqlAsk(dsn=database, sql=how.count, local=how.local)
        counted[form] = source.observe(ask).rows[0][0]
    assert {HASH: expected, GAP: expected, MERGE: expected} == counted


def test_the_probe_reads_both_indexes(database: str, source: PostgresSource) -> None:
    """With the settings of the probe the plan holds no scan of the child's table, whatever the statistics say."""
    execute(database, PARENTS, "CREATE TABLE c (k int REFERENCES i); CREATE INDEX ON c (k); INSERT INTO c VALUES (1)")
    (key,) = read_keys(source, database)
    plan = _plan(database, proof(key))
    assert ("Seq Scan" not in plan, plan.count("Index Only Scan")) == (True, 8), plan


def _plan(dsn: str, how: Proof) -> str:
    with psycopg.connect(dsn) as connection:
        for name, value in how.local:
            connection.execute("SELECT set_config(%s, %s, true)", (name, value))
        return "\n".join(str(row[0]) for row in connection.execute(f"EXPLAIN {how.count}".encode()))
