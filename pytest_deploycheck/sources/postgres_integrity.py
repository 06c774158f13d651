"""The questions behind ``[[integrity]]``: what is left over, unaudited, doubled, unlinked, computed wrongly. Pure text.

Every question answers one row: ``value`` (what is wrong), ``n`` (among how many), ``examples`` (text, NULL when none).
Names are as in SQL; conditions and expressions are the settings' own SQL, which the source lets read only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.sources.postgres_queries import column_of, table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN: Final = 5


def leftovers(parent: str, children: Sequence[str]) -> str:
    """Return how many rows of all children have no parent any more; ``n`` is the number of children.

    Raises:
        ValueError: a name is none.
    """
    parts = []
    for child in children:
        column, whole = f"c.{_last(child)}", f"{_table(child)} AS c"
        parts.append(
            f"SELECT {_text(child)} AS place, (SELECT count(*) FROM {whole} WHERE {column} IS NOT NULL AND "  # noqa: S608  # quoted names, here and below
            f"NOT EXISTS (SELECT FROM {_table(parent)} AS p WHERE p.{_last(parent)} = {column})) AS left_over"
        )
    return (
        "SELECT sum(left_over) AS value, count(*) AS n, "  # noqa: S608
        "string_agg(place || ' ' || left_over, ', ') FILTER (WHERE left_over > 0) AS examples "
        f"FROM ({' UNION ALL '.join(parts)}) AS each_child"
    )


def residue(deleted: str, children: Sequence[str], *, where: str | None, sample: int) -> str:
    """Return how many of a random sample of deleted keys still have rows somewhere; ``n`` is the sample's size.

    Raises:
        ValueError: a name is none.
    """
    places = " UNION ALL ".join(
        f"SELECT key, {_text(child)} AS place FROM sampled "  # noqa: S608
        f"WHERE EXISTS (SELECT FROM {_table(child)} AS c WHERE c.{_last(child)} = key)"
        for child in children
    )
    return (
        f"WITH gone AS (SELECT DISTINCT d.{_last(deleted)} AS key FROM {_table(deleted)} AS d "  # noqa: S608
        f"WHERE d.{_last(deleted)} IS NOT NULL{_and(where)}), "
        f"sampled AS MATERIALIZED (SELECT key FROM gone ORDER BY random() LIMIT {int(sample)}), residue AS ({places}) "
        "SELECT (SELECT count(DISTINCT key) FROM residue) AS value, (SELECT count(*) FROM sampled) AS n, "
        "(SELECT string_agg(DISTINCT place, ', ') FROM residue) AS examples"
    )


def unaudited(changes: str, log: str, *, where: str | None, log_where: str | None) -> str:
    """Return how many changes have no row in the log; ``n`` is the number of changes.

    Raises:
        ValueError: a name is none.
    """
    key = f"c.{_last(changes)}"
    missing = f"NOT EXISTS (SELECT FROM {_table(log)} AS l WHERE l.{_last(log)} = {key}{_and(log_where)})"
    return _counted(changes, missing, f"{key}::text", where, alias="c")


def gaps(column: str, *, where: str | None) -> str:
    """Return how many numbers are missing between the smallest and the largest; ``n`` is the number of rows.

    Raises:
        ValueError: a name is none.
    """
    inner = (
        f"SELECT t.{_last(column)} AS at, lead(t.{_last(column)}) OVER (ORDER BY t.{_last(column)}) AS next "  # noqa: S608
        f"FROM {_table(column)} AS t WHERE t.{_last(column)} IS NOT NULL{_and(where)}"
    )
    return _between(inner, "next - at > 1", "sum(next - at - 1)", "(at + 1) || '..' || (next - 1)")


def silences(column: str, *, longest: float, where: str | None) -> str:
    """Return how often more than ``longest`` seconds passed between two rows, or since the last; ``n`` counts rows.

    Raises:
        ValueError: a name is none.
    """
    inner = (
        f"SELECT t.{_last(column)} AS at, coalesce(lead(t.{_last(column)}) OVER (ORDER BY t.{_last(column)}), now()) "  # noqa: S608
        f"AS next FROM {_table(column)} AS t WHERE t.{_last(column)} IS NOT NULL{_and(where)}"
    )
    return _between(inner, f"next - at > interval '{float(longest)} s'", "count(*)", "at || ' to ' || next")


def duplicates(table: str, columns: Sequence[str], *, where: str | None) -> str:
    """Return how many rows there are too many for these columns to be unique; ``n`` counts rows without a NULL there.

    Raises:
        ValueError: a name is none.
    """
    names = [f"t.{_quoted(name)}" for name in columns]
    shown = " || ', ' || ".join(f"{name}::text" for name in names)
    present = " AND ".join(f"{name} IS NOT NULL" for name in names)
    return (
        f"WITH grouped AS (SELECT min({shown}) AS key, count(*) AS rows FROM {_quoted_table(table)} AS t "  # noqa: S608
        f"WHERE {present}{_and(where)} GROUP BY {', '.join(names)}), "
        f"doubled AS (SELECT key FROM grouped WHERE rows > 1 ORDER BY key LIMIT {_SHOWN}) "
        "SELECT coalesce(sum(rows - 1), 0) AS value, coalesce(sum(rows), 0) AS n, "
        "(SELECT string_agg(key, '; ') FROM doubled) AS examples FROM grouped"
    )


def unlinked(child: str, parent: str, *, where: str | None) -> str:
    """Return how many rows refer to nothing, NULL included; ``n`` is the number of rows.

    Raises:
        ValueError: a name is none.
    """
    key = f"c.{_last(child)}"
    alone = f"({key} IS NULL OR NOT EXISTS (SELECT FROM {_table(parent)} AS p WHERE p.{_last(parent)} = {key}))"
    return _counted(child, alone, f"coalesce({key}::text, 'NULL')", where, alias="c")


def miscomputed(column: str, expression: str, *, tolerance: float | None, where: str | None) -> str:
    """Return how many rows hold something else than the expression gives; ``n`` is the number of rows.

    Raises:
        ValueError: a name is none.
    """
    held = f"t.{_last(column)}"
    wrong = f"{held} IS DISTINCT FROM ({expression})"
    if tolerance is not None:
        wrong = f"(({held} IS NULL) <> (({expression}) IS NULL) OR abs({held} - ({expression})) > {float(tolerance)!r})"
    shown = f"coalesce({held}::text, 'NULL') || ' instead of ' || coalesce(({expression})::text, 'NULL')"
    return _counted(column, wrong, shown, where, alias="t")


def _counted(of: str, wrong: str, shown: str, where: str | None, *, alias: str) -> str:
    """Return the count of the wrong rows of a table, with the first few shown."""
    rows = f"FROM {_table(of)} AS {alias} WHERE true{_and(where)}"
    return (
        f"SELECT count(*) FILTER (WHERE {wrong}) AS value, count(*) AS n, (SELECT string_agg(shown, '; ') FROM "  # noqa: S608
        f"(SELECT {shown} AS shown {rows} AND {wrong} LIMIT {_SHOWN}) AS first) AS examples {rows}"
    )


def _between(inner: str, wide: str, value: str, shown: str) -> str:
    return (
        f"WITH pair AS MATERIALIZED ({inner}) SELECT coalesce({value} FILTER (WHERE {wide}), 0) AS value, "  # noqa: S608
        f"count(*) AS n, (SELECT string_agg(shown, '; ') FROM (SELECT {shown} AS shown FROM pair WHERE {wide} "
        f"ORDER BY at LIMIT {_SHOWN}) AS first) AS examples FROM pair"
    )


def _and(condition: str | None) -> str:
    # on a line of its own: a comment at its end must not swallow the rest
    return f" AND (\n{condition}\n)" if condition else ""


def _table(column: str) -> str:
    return ".".join(map(_name, column_of(column)[:-1]))


def _last(column: str) -> str:
    return _name(column_of(column)[-1])


def _quoted_table(table: str) -> str:
    return ".".join(map(_name, table_of(table)))


def _quoted(name: str) -> str:
    return _name(table_of(name)[-1])


def _name(name: str) -> str:
    # percent signs are doubled, as the source wants them
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"
