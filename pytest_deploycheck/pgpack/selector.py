"""How to prove one foreign key; between the catalogue and the proof, text only.

An orphan can only lie in a gap between two neighbouring parent keys, so with an index on both sides the probe costs
what the parent costs, and most gaps between integers are empty. Between other keys no gap is: where the visibility map
is fresh a walk over both indexes is cheaper. Without an index every child row is looked up in a hash of the parent.
An index on text is trusted in locale C only: after an upgrade of another collation's library it may hide rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.pgpack.names import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.pgpack.catalogue import ForeignKey, KeyColumn, KeyIndex

#: Counts must see every row, whatever the policies say, and names mean what the catalogue means.
EVERY_ROW: Final = (("row_security", "off"), ("search_path", "pg_catalog, pg_temp"))
_BY_INDEX: Final = (
    *EVERY_ROW,
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_sort", "off"),
    ("max_parallel_workers_per_gather", "0"),
)
_BY_MERGE: Final = (
    *EVERY_ROW,
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_nestloop", "off"),
    ("enable_bitmapscan", "off"),
    ("max_parallel_workers_per_gather", "0"),
)
_BY_HASH: Final = (*EVERY_ROW, ("work_mem", "1MB"), ("max_parallel_workers_per_gather", "2"))
_WITHOUT_INDEX: Final = (("enable_indexscan", "off"), ("enable_indexonlyscan", "off"), ("enable_bitmapscan", "off"))
_INTEGERS: Final = frozenset({20, 21, 23})
# types with one plain order: oid, uuid, numeric, date, timestamp, timestamptz, bytea, text
_ORDERED: Final = frozenset({26, 2950, 1700, 1082, 1114, 1184, 17, 25})
_ENOUGH_TO_SAMPLE: Final = 10_000
# stands for what is selected; no name can hold it
_HOLE: Final = "\0"
MOST_SAMPLES: Final = 20
# a probe costs as much as about so many rows of the anti-join (measured, see benchmarks/postgres)
_PROBE_COST: Final = 8
# below this share of all-visible pages a walk over the index has to look into the table too often
_VISIBLE_ENOUGH: Final = 0.9
GAP: Final = "gap"
HASH: Final = "hash"
MERGE: Final = "merge"
PERIOD: Final = "period"


@dataclass(frozen=True, slots=True)
class Proof:
    """The two questions about a key: how many orphans (``value``), and which keys they name (``key``)."""

    form: str
    count: str
    samples: str
    local: tuple[tuple[str, str], ...]


def proof(key: ForeignKey, form: str | None = None) -> Proof:
    """Return how to prove the key; ``form`` overrules the choice."""
    return _FORMS[form or form_of(key)](key)


def form_of(key: ForeignKey) -> str:
    """Return the form that is cheapest: most gaps between integers are empty, those between other keys are not."""
    possible = forms_of(key)
    if GAP not in possible:
        return possible[0]
    if len(key.columns) == 1 and key.columns[0].type in _INTEGERS:
        return GAP
    if key.visible >= _VISIBLE_ENOUGH:
        return MERGE
    return GAP if key.child_rows >= _PROBE_COST * max(key.parent_rows, 1) else HASH


def forms_of(key: ForeignKey) -> tuple[str, ...]:
    """Return the forms that prove the key."""
    if key.period:
        return (PERIOD,)
    return (HASH, GAP, MERGE) if _order(key) else (HASH,)


def _order(key: ForeignKey) -> tuple[KeyColumn, ...]:
    """Return the key's columns in the order of the two indexes that allow the gap probe; nothing when they do not."""
    composite = len(key.columns) > 1
    if key.child_parted or key.parent_parted or (composite and key.match_full):
        return ()
    if not all(_is_ordered(column) for column in key.columns):
        return ()
    for index in (each for each in key.indexes if each.parent):
        by_number = {column.parent_number: column for column in key.columns}
        order = tuple(by_number[number] for number in index.columns[: index.width] if number in by_number)
        if len(order) != len(key.columns) or not _fits(index, order, composite=composite):
            continue
        numbers = tuple(column.number for column in order)
        of_child = (other for other in key.indexes if other.child and other.columns[: len(order)] == numbers)
        if any(_fits(other, order, composite=composite) for other in of_child):
            return order
    return ()


def _is_ordered(column: KeyColumn) -> bool:
    """Return whether both sides have one order, that of the key's own comparison, and no library decides about it."""
    if not column.stable or column.collation or column.child_cast or column.parent_cast:
        return False
    both = {column.type, column.parent_type}
    return both <= _INTEGERS or (len(both) == 1 and both <= _ORDERED)


def _fits(index: KeyIndex, order: tuple[KeyColumn, ...], *, composite: bool) -> bool:
    """Return whether the index sorts these columns as the key's own operators compare them."""
    families = index.families[: len(order)]
    same = len(families) == len(order) and all(f in c.families for f, c in zip(families, order, strict=True))
    return same and (index.plain or not composite)


def _gap(key: ForeignKey) -> Proof:
    """Return the probe: between neighbours, before the first, after the last, and all when there is no parent."""
    order = _order(key)
    size = range(len(order))
    parent_columns = [f"p.{quoted(column.parent)}" for column in order]
    child = _row([f"o.{quoted(column.child)}" for column in order])
    ordered = ", ".join(parent_columns)
    low, high = _row([f"g.k{i}" for i in size]), _row([f"g.n{i}" for i in size])
    whole = " AND ".join(f"o.{quoted(column.child)} IS NOT NULL" for column in order)
    there = " AND ".join(f"{name} IS NOT NULL" for name in parent_columns)
    selected = ", ".join(f"{name} AS k{i}, lead({name}) OVER w AS n{i}" for i, name in enumerate(parent_columns))
    edge = ", ".join(f"{name} AS k{i}" for i, name in enumerate(parent_columns))
    inside = f"SELECT {_HOLE} FROM {key.child} AS o WHERE {whole}"  # noqa: S608  # quoted names, here and below
    gaps = (
        f"SELECT x.* FROM (SELECT {selected} FROM {key.parent} AS p WHERE {there} "  # noqa: S608
        f"WINDOW w AS (ORDER BY {ordered})) AS g "
        f"CROSS JOIN LATERAL ({inside} AND {child} > {low} AND {child} < {high} OFFSET 0) AS x "
        f"WHERE g.n0 IS NOT NULL{_dense(order)}"
    )
    ends = "".join(
        f" UNION ALL SELECT x.* FROM (SELECT {edge} FROM {key.parent} AS p WHERE {there} ORDER BY {by} LIMIT 1) AS g "  # noqa: S608
        f"CROSS JOIN LATERAL ({inside} AND {child} {beyond} {low} OFFSET 0) AS x"
        for by, beyond in ((ordered, "<"), (", ".join(f"{name} DESC" for name in parent_columns), ">"))
    )
    childless = f" UNION ALL {inside} AND NOT EXISTS (SELECT FROM {key.parent} AS p WHERE {there})"
    return _asked(key, GAP, gaps + ends + childless, _BY_INDEX)


def _dense(order: tuple[KeyColumn, ...]) -> str:
    """Return the condition that skips integer neighbours without a number between them."""
    last = len(order) - 1
    if not {order[last].type, order[last].parent_type} <= _INTEGERS:
        return ""
    # the next key is greater, so one less than it cannot overflow
    if not last:
        return " AND g.n0 - 1 > g.k0"
    same = " AND ".join(f"g.n{i} = g.k{i}" for i in range(last))
    return f" AND NOT CASE WHEN {same} THEN g.n{last} - 1 = g.k{last} ELSE false END"


def _hash(key: ForeignKey) -> Proof:
    """Return the anti-join, by the planner's choice, but without indexes whose order may be wrong."""
    trusted = all(column.stable for column in key.columns)
    return _asked(key, HASH, _anti_join(key), _BY_HASH if trusted else (*_BY_HASH, *_WITHOUT_INDEX))


def _merge(key: ForeignKey) -> Proof:
    """Return the anti-join as a walk over both indexes."""
    return _asked(key, MERGE, _anti_join(key), _BY_MERGE)


def _anti_join(key: ForeignKey) -> str:
    """Return the orphans; a partly null key of MATCH FULL has no partner, so it counts."""
    names = [f"o.{quoted(column.child)} IS NOT NULL" for column in key.columns]
    counted = f"({' OR '.join(names)})" if key.match_full else " AND ".join(names)
    partner = " AND ".join(column.equal("o", "p") for column in key.columns)
    return (
        f"SELECT {_HOLE} FROM {key.child} AS o WHERE {counted} "  # noqa: S608
        f"AND NOT EXISTS (SELECT FROM {key.parent} AS p WHERE {partner})"
    )


def _period(key: ForeignKey) -> Proof:
    """Return the comparison of temporal keys: the child's range has to be covered by the parents' together."""
    names = " AND ".join(f"o.{quoted(column.child)} IS NOT NULL" for column in key.columns)
    span = key.columns[-1]
    partner = " AND ".join(column.equal("o", "x") for column in key.columns)
    orphans = (
        f"SELECT {_HOLE} FROM {key.child} AS o WHERE {names} AND NOT EXISTS (SELECT 1 FROM "  # noqa: S608
        f"(SELECT x.{quoted(span.parent)} AS r FROM {key.parent} AS x WHERE {partner}) AS covering "
        f"HAVING o.{quoted(span.child)} OPERATOR(pg_catalog.<@) range_agg(covering.r))"
    )
    return _asked(key, PERIOD, orphans, EVERY_ROW)


def _asked(key: ForeignKey, form: str, orphans: str, local: tuple[tuple[str, str], ...]) -> Proof:
    """Return the two questions around the statement that yields one row for each orphan."""
    columns = [f"coalesce(o.{quoted(column.child)}::text, 'NULL')" for column in key.columns]
    listed = orphans.replace(_HOLE, " || ', ' || ".join(columns) + " AS key")
    return Proof(
        form,
        f"SELECT count(*) AS value FROM ({orphans.replace(_HOLE, '1')}) AS orphan",  # noqa: S608  # quoted names
        f"SELECT DISTINCT key FROM (SELECT key FROM ({listed}) AS orphan LIMIT {_ENOUGH_TO_SAMPLE}) AS enough "  # noqa: S608
        f"ORDER BY key LIMIT {MOST_SAMPLES}",
        local,
    )


def _row(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"ROW({', '.join(names)})"


_FORMS: Final[Mapping[str, Callable[[ForeignKey], Proof]]] = {GAP: _gap, HASH: _hash, MERGE: _merge, PERIOD: _period}
