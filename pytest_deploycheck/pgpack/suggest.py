"""References that nobody declared: columns ``<table>_id`` that look like keys; beside the proof, never part of it.

A suggestion proves nothing. Whoever takes it declares it, and from then on it is checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asks import SqlAsk
from pytest_deploycheck.pgpack.checking import FOREIGN
from pytest_deploycheck.pgpack.names import shown
from pytest_deploycheck.pgpack.selector import EVERY_ROW

if TYPE_CHECKING:
    from pytest_deploycheck.sources.postgres import PostgresSource

_MOST: Final = 1000

# user_id → user, users; category_id → categories; address_id → addresses; the same schema wins over others
_SOFT: Final = f"""
WITH relation AS (
  SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't' AND {FOREIGN}),
target AS (
  SELECT relation.*, a.attname::text AS key, a.atttypid AS type, a.attnum AS number FROM relation
  JOIN pg_index i ON i.indrelid = relation.oid AND i.indisprimary AND i.indnkeyatts = 1
  JOIN pg_attribute a ON a.attrelid = relation.oid AND a.attnum = i.indkey[0] WHERE a.atttypid IN (20, 21, 23, 2950)),
soft AS (
  SELECT relation.*, a.attname::text AS column_name, a.atttypid AS type, a.attnum AS number,
    left(lower(a.attname), -3) AS stem
  FROM relation JOIN pg_attribute a ON a.attrelid = relation.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE a.attname ~* '._id$' AND a.atttypid IN (20, 21, 23, 2950) AND NOT EXISTS (
    SELECT FROM pg_constraint con WHERE con.conrelid = relation.oid AND con.contype = 'f'
      AND a.attnum = ANY (con.conkey))),
fitting AS (
  SELECT soft.schema, soft.name, soft.column_name, target.schema AS parent_schema, target.name AS parent_name,
    target.key, soft.schema = target.schema AS near FROM soft JOIN target ON soft.type = target.type
    AND lower(target.name) IN (soft.stem, soft.stem || 's', soft.stem || 'es', regexp_replace(soft.stem, 'y$', 'ies'))
    AND NOT (soft.oid = target.oid AND soft.number = target.number))
SELECT schema, name, column_name, parent_schema, parent_name, key FROM fitting f
WHERE near OR NOT EXISTS (SELECT FROM fitting g WHERE g.near
  AND (g.schema, g.name, g.column_name) = (f.schema, f.name, f.column_name))
ORDER BY 1, 2, 3, 4, 5"""  # noqa: S608  # texts of this module only


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A column that looks like a reference, and the primary key that it would refer to; names are raw."""

    child: tuple[str, str, str]
    parent: tuple[str, str, str]

    def as_toml(self) -> str:
        """Return the declaration to put into the settings."""
        child, parent = _literal(_sql(self.child)), _literal(_sql(self.parent))
        name = _literal("orphans-" + "-".join(_slug(part) for part in self.child[1:]))
        return f"[[integrity]]\nid = {name}\norphans = {{ child = {child}, parent = {parent} }}\n"

    def as_json(self) -> dict[str, Any]:
        """Return it for ``--json``, names as in SQL."""
        return {"child": _sql(self.child), "parent": _sql(self.parent)}

    def __str__(self) -> str:
        """Return it for people."""
        return f"{shown(*self.child)} → {shown(*self.parent)}"


def suggest(source: PostgresSource, dsn: str) -> tuple[Suggestion, ...]:
    """Return the references that nobody declared, by name of table.

    Raises:
        SourceError: the catalogue cannot be read.
    """
    ask = SqlAsk(dsn=dsn, sql=_SOFT, name="suggest", local=EVERY_ROW, max_rows=_MOST)
    return tuple(
        Suggestion(child=(row[0], row[1], row[2]), parent=(row[3], row[4], row[5])) for row in source.observe(ask).rows
    )


def _sql(parts: tuple[str, ...]) -> str:
    """Return the dotted name as SQL has it, quoted where it must be."""
    return ".".join(part if _is_plain(part) else '"' + part.replace('"', '""') + '"' for part in parts)


def _is_plain(name: str) -> bool:
    return name.isascii() and name.replace("_", "a").isalnum() and name == name.lower() and not name[0].isdigit()


def _slug(name: str) -> str:
    return "".join(character if character.isascii() and character.isalnum() else "-" for character in name)


def _literal(text: str) -> str:
    """Return the text as a basic string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'
