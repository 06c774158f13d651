"""References that only the settings declare: proved like keys, whatever their types, names and indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.pgpack.catalogue import Reference
from pytest_deploycheck.pgpack.proving import Order, Proved, prove, read_references
from pytest_deploycheck.pgpack.selector import GAP, HASH
from tests.fix_pack import execute

if TYPE_CHECKING:
    from pytest_deploycheck.sources.postgres import PostgresSource


def proved(source: PostgresSource, dsn: str, *references: Reference, **order: object) -> tuple[Proved, ...]:
    """Return what became of the references."""
    with source.snapshot(dsn) as snapshot:
        found, missing = prove(snapshot, dsn, Order(references=references, **order))  # type: ignore[arg-type]  # mixed
    assert () == missing
    return found


@pytest.mark.parametrize(
    ("parent", "child", "values", "orphans"),
    [
        ("int", "int", "(1), (2), (NULL), (7)", 1),
        ("bigint", "int", "(1), (7), (8)", 2),
        ("text", "varchar(9)", "('1'), ('x')", 1),
        ("uuid", "uuid", "('00000000-0000-0000-0000-000000000001'), ('00000000-0000-0000-0000-000000000009')", 1),
        ("numeric", "numeric", "(1.0), (1.5)", 1),
    ],
)
def test_types(database: str, source: PostgresSource, parent: str, child: str, values: str, orphans: int) -> None:
    """The count is right for every pair of types that can be compared, with and without an index."""
    execute(
        database,
        f"CREATE TABLE p (id {parent}); CREATE TABLE c (p {child}); INSERT INTO c VALUES {values};"  # noqa: S608  # our own types
        f"INSERT INTO p SELECT (CASE '{parent}' WHEN 'uuid' THEN '00000000-0000-0000-0000-00000000000' ELSE '' END "
        f"|| i)::{parent} FROM generate_series(1, 3) AS i",  # our own types
    )
    (without,) = proved(source, database, Reference("c.p", "p.id"))
    execute(database, "ALTER TABLE p ADD PRIMARY KEY (id); CREATE INDEX ON c (p); ANALYZE")
    (with_index,) = proved(source, database, Reference("c.p", "p.id"))
    assert (orphans, orphans, HASH) == (without.orphans, with_index.orphans, without.form)
    assert ("public.c.p → p.id", True, False) == (
        with_index.key.label,
        with_index.key.soft,
        with_index.key.enforced is False,
    )


def test_an_integer_key_with_indexes_is_probed(database: str, source: PostgresSource) -> None:
    """The cheap form is taken for a soft reference, too, also when parents repeat."""
    execute(
        database,
        "CREATE TABLE p (id int); CREATE INDEX ON p (id); CREATE TABLE c (p int); CREATE INDEX ON c (p);"
        "INSERT INTO p VALUES (1), (1), (5), (NULL); INSERT INTO c VALUES (1), (3), (5), (9), (0), (NULL)",
    )
    (result,) = proved(source, database, Reference("c.p", "p.id"))
    assert (GAP, 3, ("0", "3", "9")) == (result.form, result.orphans, result.samples)


def test_hostile_names_partitions_and_heirs(database: str, source: PostgresSource) -> None:
    """Names with everything in them are found; rows of partitions and heirs count on both sides."""
    execute(
        database,
        'CREATE SCHEMA "s p"; CREATE TABLE "s p"."t.""%(x)s" ("k 😀" int PRIMARY KEY);'
        'INSERT INTO "s p"."t.""%(x)s" VALUES (1); CREATE TABLE heir () INHERITS ("s p"."t.""%(x)s");'
        "INSERT INTO heir VALUES (2); CREATE TABLE c (p int) PARTITION BY LIST (p);"
        "CREATE TABLE c1 PARTITION OF c DEFAULT; INSERT INTO c VALUES (1), (2), (3)",
    )
    (result,) = proved(source, database, Reference("c.p", '"s p"."t.""%(x)s"."k 😀"'))
    assert (1, ("3",)) == (result.orphans, result.samples)


def test_what_is_not_there_is_told(database: str, source: PostgresSource) -> None:
    """A reference to a column that is not there, or of another kind, is missing, never clean."""
    execute(database, "CREATE TABLE p (id int, t text); CREATE TABLE c (p int)")
    wanted = [Reference("c.p", "p.id"), Reference("c.q", "p.id"), Reference("c.p", "q.id"), Reference("c.p", "p.t")]
    found, missing = read_references(source, database, wanted)
    assert (["public.c.p → p.id"], tuple(wanted[1:])) == ([key.label for key in found], missing)


def test_personal_columns_are_not_shown(database: str, source: PostgresSource) -> None:
    """Keys of columns marked personal stay out of the samples, on either side."""
    execute(database, "CREATE TABLE p (name text); CREATE TABLE c (p text); INSERT INTO c VALUES ('Ada')")
    for personal in (("c", "p"), ("public", "p", "name")):
        (result,) = proved(source, database, Reference("c.p", "p.name"), personal=frozenset([personal]))
        assert (1, ("***",)) == (result.orphans, result.samples)
    (result,) = proved(source, database, Reference("c.p", "p.name"), personal=frozenset([("other", "p", "name")]))
    assert ("Ada",) == result.samples


def test_what_was_longest_not_tried_comes_first(database: str, source: PostgresSource) -> None:
    """Several runs with too little time each cover everything: the next one begins where the last one ended."""
    execute(
        database,
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE a (p int REFERENCES p); CREATE TABLE b (p int REFERENCES p);"
        "INSERT INTO p SELECT generate_series(1, 9); INSERT INTO a SELECT 1 + i % 9 FROM generate_series(1, 9999) AS i;"
        "ANALYZE",
    )
    assert ["a", "b"] == [each.key.child_table for each in proved(source, database)]
    tried = {"public.a.a_p_fkey": 50.0}
    assert ["b", "a"] == [each.key.child_table for each in proved(source, database, attempted=tried)]
