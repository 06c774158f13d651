"""The catalogue's keys are the server's, whatever they are called and however they are declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from pytest_deploycheck.asks import SqlAnswer
from pytest_deploycheck.errors import BadAnswerError
from pytest_deploycheck.pgpack.catalogue import foreign_keys
from pytest_deploycheck.pgpack.proving import read_keys
from tests.fix_pack import execute

if TYPE_CHECKING:
    from pytest_deploycheck.sources.postgres import PostgresSource

PARTED = """
CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
CREATE TABLE c (p int REFERENCES p) PARTITION BY RANGE (p);
CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (10);
"""


def test_a_partitioned_key_is_one_key(database: str, source: PostgresSource) -> None:
    """The clones that the server keeps for each partition are not counted."""
    execute(database, PARTED)
    (key,) = read_keys(source, database)
    assert ("public.c.c_p_fkey", True, True, False) == (
        key.label,
        key.child_parted,
        key.parent_parted,
        key.triggers_missing,
    )


def test_a_detached_partition_has_a_key_of_its_own(database: str, source: PostgresSource) -> None:
    """Once detached, the clone stands for itself and is proved."""
    execute(database, PARTED, "ALTER TABLE c DETACH PARTITION c1")
    assert ["c", "c1"] == sorted(key.child_table for key in read_keys(source, database))


def test_what_was_declared_is_read(database: str, source: PostgresSource) -> None:
    """Match, validity, enforcement, columns in the key's order and the operator with its casts."""
    execute(
        database,
        "CREATE TABLE p (a int, b char(8), UNIQUE (b, a)); CREATE TABLE c (x text, y bigint);"
        "ALTER TABLE c ADD CONSTRAINT k FOREIGN KEY (x, y) REFERENCES p (b, a) MATCH FULL NOT VALID",
        "CREATE TABLE n (x text, y bigint, CONSTRAINT z FOREIGN KEY (y, x) REFERENCES p (a, b) NOT ENFORCED)",
    )
    by_name = {key.name: key for key in read_keys(source, database)}
    key = by_name["k"]
    assert (True, False, True, False) == (key.match_full, key.validated, key.enforced, by_name["z"].enforced)
    assert [("x", "b"), ("y", "a")] == [(column.child, column.parent) for column in key.columns]
    assert [("y", "a"), ("x", "b")] == [(column.child, column.parent) for column in by_name["z"].columns]
    assert (
        'p."b" OPERATOR("pg_catalog".=) o."x"::"pg_catalog"."bpchar"'
        == key.columns[0].equal("o", "p").partition(" COLLATE")[0]
    )


def test_temporary_tables_are_nobody_elses_business(database: str, source: PostgresSource) -> None:
    """A key of another session's temporary table cannot be read, and is not counted."""
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TEMP TABLE p (id int PRIMARY KEY)")
        connection.execute("CREATE TEMP TABLE c (p int REFERENCES p)")
        connection.commit()
        assert () == read_keys(source, database)


def test_a_table_that_somebody_holds_does_not_stop_the_reading(database: str, source: PostgresSource) -> None:
    """Sizes are not measured where that would wait for a lock."""
    execute(database, "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p)")
    with psycopg.connect(database) as connection:
        connection.execute("LOCK TABLE c IN ACCESS EXCLUSIVE MODE")
        (key,) = read_keys(source, database)
    assert 0 == key.child_bytes


def test_a_user_s_operators_do_not_mislead(database: str, source: PostgresSource) -> None:
    """Functions, operators and tables of the same names in other schemas are not used."""
    execute(
        database,
        "CREATE FUNCTION never(int, int) RETURNS bool LANGUAGE sql AS 'SELECT false';"
        "CREATE OPERATOR = (LEFTARG = int, RIGHTARG = int, FUNCTION = never);"
        "CREATE TABLE pg_constraint (a int); CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p);",
        f"ALTER DATABASE {database.rsplit('/', 1)[1]} SET search_path = public, pg_catalog",
    )
    (key,) = read_keys(source, database)
    assert "c" == key.child_table


def test_a_cut_list_is_no_list() -> None:
    """More keys than can be read are an error, not a smaller scope."""
    cut = SqlAnswer(columns=(), rows=(), seconds=0.0, target="t", truncated=True)
    with pytest.raises(BadAnswerError, match="more than"):
        list(foreign_keys(cut))
