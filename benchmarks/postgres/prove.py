"""How long the proof of a foreign key takes beside the server's own VALIDATE CONSTRAINT and the usual query.

``python benchmarks/postgres/prove.py --rows 5000000`` prints a table; every figure is the best of alternating rounds in
one run, warm: on a busy machine other work can only add to a time. ``--dsn`` asks another server (it creates and drops
a schema ``deploycheck_bench`` there).
"""

# ruff: noqa: S608  # the statements are ours

from __future__ import annotations

import argparse
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg

from pytest_deploycheck.asks import SqlAsk
from pytest_deploycheck.demo.postgres import EmbeddedPostgres
from pytest_deploycheck.pgpack.proving import read_keys
from pytest_deploycheck.pgpack.selector import forms_of, proof
from pytest_deploycheck.sources.postgres import PostgresSource

if TYPE_CHECKING:
    from collections.abc import Callable

    Connection = psycopg.Connection[tuple[object, ...]]

ORPHANS: Final = 137
SCHEMA: Final = "deploycheck_bench"
SERVER: Final = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "autovacuum": "off",
    "max_parallel_workers": "4",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of key: its columns, how a parent's number becomes a key, and whether the child has an index."""

    name: str
    columns: tuple[tuple[str, str], ...]
    values: str
    indexed: bool = True


UUID_OF: Final = "md5({n}::text)::uuid"
SHAPES: Final = (
    Shape("integer", (("k", "int"),), "{n}"),
    Shape("uuid", (("k", "uuid"),), UUID_OF),
    Shape("text", (("k", "text"),), "'customer-' || md5({n}::text)"),
    Shape("composite", (("a", "int"), ("b", "int")), "{n} / 10, {n} % 10"),
    Shape("integer, no index", (("k", "int"),), "{n}", indexed=False),
    Shape("uuid, no index", (("k", "uuid"),), UUID_OF, indexed=False),
)


def build(connection: Connection, shape: Shape, rows: int) -> None:
    """Create parent and child; every tenth number is no parent, so that there are gaps."""
    own = ", ".join(f"{name} {kind}" for name, kind in shape.columns)
    names = ", ".join(name for name, _ in shape.columns)
    parents = rows // 5
    # a child's number is scattered over the parents; the numbers that end in 1 are left out
    scattered = f"(i::bigint * 7919) % {parents}"
    number = f"{scattered} + ({scattered} + 8) / 9"
    parent_rows = f"SELECT {number} AS n FROM generate_series(0, {parents - 1}) AS i"
    child_rows = f"SELECT {number} AS n FROM generate_series(0, {rows - 1}) AS i"
    values = shape.values.format(n="n")
    statements = [
        f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE",
        f"CREATE SCHEMA {SCHEMA}",
        f"CREATE TABLE {SCHEMA}.parent ({own}, note text, PRIMARY KEY ({names}))",
        f"CREATE TABLE {SCHEMA}.child (id bigserial, {own}, note text)",
        f"INSERT INTO {SCHEMA}.parent SELECT {values}, 'a note of some length' FROM ({parent_rows}) AS numbers",
        f"INSERT INTO {SCHEMA}.child ({names}, note) SELECT {values}, 'note of usual length' FROM ({child_rows}) AS m",
        f"ALTER TABLE {SCHEMA}.child {constraint(shape)}",
        f"VACUUM ANALYZE {SCHEMA}.parent, {SCHEMA}.child",
    ]
    if shape.indexed:
        statements.insert(-1, f"CREATE INDEX ON {SCHEMA}.child ({names})")
    for statement in statements:
        connection.execute(statement.encode())


def constraint(shape: Shape) -> str:
    """Return the clause that adds the key, unproved."""
    names = ", ".join(name for name, _ in shape.columns)
    return f"ADD CONSTRAINT reference FOREIGN KEY ({names}) REFERENCES {SCHEMA}.parent NOT VALID"


def spoil(connection: Connection, shape: Shape, rows: int) -> None:
    """Add rows that refer to nobody: numbers that are no parents, spread over the whole range."""
    names = ", ".join(name for name, _ in shape.columns)
    step = max(rows // 5 // ORPHANS, 10) // 10 * 10
    connection.execute("SET session_replication_role = replica")
    connection.execute(
        f"INSERT INTO {SCHEMA}.child ({names}, note) SELECT {shape.values.format(n='n')}, 'an orphan' "
        f"FROM (SELECT g * {step} + 1 AS n FROM generate_series(1, {ORPHANS}) AS g) AS numbers".encode()
    )
    connection.execute("RESET session_replication_role")
    connection.execute(f"VACUUM ANALYZE {SCHEMA}.child".encode())


def naive(connection: Connection, shape: Shape) -> int:
    """Ask as the guides do."""
    joined = " AND ".join(f"p.{name} = c.{name}" for name, _ in shape.columns)
    first = shape.columns[0][0]
    row = connection.execute(
        f"SELECT count(*) FROM {SCHEMA}.child c LEFT JOIN {SCHEMA}.parent p ON {joined} "
        f"WHERE p.{first} IS NULL AND c.{first} IS NOT NULL".encode()
    ).fetchone()
    assert row is not None
    return int(str(row[0]))


def validate(connection: Connection) -> None:
    """Let the server prove the key: as if it had just been added."""
    connection.execute(f"ALTER TABLE {SCHEMA}.child VALIDATE CONSTRAINT reference".encode())


def forget(connection: Connection, shape: Shape) -> None:
    """Make the key unproved again."""
    connection.execute(f"ALTER TABLE {SCHEMA}.child DROP CONSTRAINT reference, {constraint(shape)}".encode())


def timed(work: Callable[[], object]) -> float:
    """Return for how many seconds it ran."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(dsn: str, shape: Shape, rows: int, rounds: int) -> str:
    """Return the table's line for one shape."""
    source = PostgresSource()
    with psycopg.connect(dsn, autocommit=True) as connection:
        build(connection, shape, rows)
        key = next(key for key in read_keys(source, dsn) if key.child_schema == SCHEMA)
        how = proof(key)
        ask = SqlAsk(dsn=dsn, sql=how.count, local=how.local, statement_timeout=600, name="bench")
        other = proof(key, next((form for form in forms_of(key) if form != how.form), how.form))
        other_ask = SqlAsk(dsn=dsn, sql=other.count, local=other.local, statement_timeout=600, name="bench")
        times: dict[str, list[float]] = {"validate": [], "naive": [], "ours": [], "other": []}
        for _ in range(rounds):
            times["validate"].append(timed(lambda: validate(connection)))
            forget(connection, shape)
            times["naive"].append(timed(lambda: naive(connection, shape)))
            times["ours"].append(timed(lambda: source.observe(ask)))
            times["other"].append(timed(lambda: source.observe(other_ask)))
        counts = naive(connection, shape), source.observe(ask).rows[0][0]
        assert counts == (0, 0), counts
        spoil(connection, shape, rows)
        dirty = min(timed(lambda: source.observe(ask)) for _ in range(rounds))
        counts = naive(connection, shape), source.observe(ask).rows[0][0]
        assert counts == (ORPHANS, ORPHANS), counts
    source.close()
    best = {name: min(each) for name, each in times.items()}
    base = best["validate"]
    return (
        f"| {shape.name} | {how.form} | {base:.3f} s | {best['naive'] / base:.2f} | {best['ours'] / base:.3f} "
        f"| {dirty / base:.3f} | {other.form} {best['other'] / base:.3f} |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[500_000], help="rows of the child; default 500000")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--only", help="only shapes whose name begins so")
    parser.add_argument("--dsn", help="another server than an embedded PostgreSQL 18")
    args = parser.parse_args()
    with ExitStack() as stack:
        dsn = args.dsn or stack.enter_context(EmbeddedPostgres(SERVER)).dsn
        for rows in args.rows:
            print(f"\n{rows} child rows, {rows // 5} parents, {args.rounds} rounds\n")
            print("| key | form | VALIDATE | LEFT JOIN … IS NULL | proof | proof, 137 orphans | the other form |")
            print("|---|---|---|---|---|---|---|")
            for shape in SHAPES:
                if not args.only or shape.name.startswith(args.only):
                    print(measure(dsn, shape, rows, args.rounds), flush=True)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE".encode())


if __name__ == "__main__":
    main()
