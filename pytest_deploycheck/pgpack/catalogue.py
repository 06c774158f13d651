"""Which foreign keys a database has, as its catalogue tells; above the findings, below the proof.

Everything that differs between versions (``conenforced``, ``conperiod``) is looked up in the row as JSON, so that one
text serves PostgreSQL 13 to 18. Sizes come from the statistics; only a table without any is measured, and not while
somebody holds it exclusively.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import BadAnswerError
from pytest_deploycheck.pgpack.names import dotted, quoted
from pytest_deploycheck.sources.postgres_queries import column_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.asks import SqlAnswer

MOST_KEYS: Final = 200_000
_PLAIN_TRIGGERS: Final = 4

# the keys that the server knows
_DECLARED: Final = """
WITH RECURSIVE key AS MATERIALIZED (
  SELECT con.*, to_jsonb(con) AS more FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid
  WHERE con.contype = 'f' AND con.conparentid = 0 AND c.relpersistence <> 't'),"""
# those that only the settings know, in the shape of the server's; one that cannot be compared is left out
_SOFT: Final = """
WITH RECURSIVE wanted AS MATERIALIZED (
  SELECT place, w ->> 'name' AS name, to_regclass(w ->> 'child') AS child, w ->> 'child_column' AS child_column,
    to_regclass(w ->> 'parent') AS parent, w ->> 'parent_column' AS parent_column
  FROM jsonb_array_elements(%(wanted)s::jsonb) WITH ORDINALITY AS wanted(w, place)),
typed AS MATERIALIZED (
  SELECT wanted.*, ca.attnum AS child_number, pa.attnum AS parent_number,
    CASE WHEN ct.typtype = 'e' THEN 3500 WHEN ct.typtype = 'd' THEN ct.typbasetype ELSE ct.oid END AS child_type,
    CASE WHEN pt.typtype = 'e' THEN 3500 WHEN pt.typtype = 'd' THEN pt.typbasetype ELSE pt.oid END AS parent_type
  FROM wanted JOIN pg_attribute ca ON ca.attrelid = wanted.child AND ca.attname = child_column AND ca.attnum > 0
  JOIN pg_attribute pa ON pa.attrelid = wanted.parent AND pa.attname = parent_column AND pa.attnum > 0
  JOIN pg_type ct ON ct.oid = ca.atttypid JOIN pg_type pt ON pt.oid = pa.atttypid),
key AS MATERIALIZED (
  SELECT (4294000000 + place)::int8::oid AS oid, name AS conname, child::oid AS conrelid, parent::oid AS confrelid,
    ARRAY[child_number] AS conkey, ARRAY[parent_number] AS confkey, ARRAY[same.operator] AS conpfeqop,
    (SELECT i.indexrelid FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
      WHERE i.indrelid = parent AND i.indkey[0] = parent_number AND ic.relam = 403 AND i.indisvalid
        AND i.indpred IS NULL
      ORDER BY i.indisunique DESC, i.indnkeyatts, i.indexrelid LIMIT 1) AS conindid,
    's' AS confmatchtype, true AS convalidated, '{"soft": true}'::jsonb AS more
  FROM typed CROSS JOIN LATERAL (SELECT min(am.amopopr::int8)::oid AS operator FROM pg_amop am
    WHERE am.amopmethod = 403 AND am.amopstrategy = 3
      AND am.amoplefttype = CASE parent_type WHEN 1043 THEN 25 ELSE parent_type END
      AND am.amoprighttype = CASE child_type WHEN 1043 THEN 25 ELSE child_type END) AS same
  WHERE same.operator IS NOT NULL),"""
_SHAPE: Final = """
family(root, oid) AS (
  SELECT oid, oid FROM key UNION ALL
  SELECT family.root, c.oid FROM family JOIN pg_constraint c ON c.conparentid = family.oid),
triggers AS (
  SELECT family.root, count(*) AS total, count(*) FILTER (WHERE t.tgenabled IN ('D', 'R')) AS off,
    min(t.tgrelid::regclass::text) FILTER (WHERE t.tgenabled IN ('D', 'R')) AS off_at
  FROM family JOIN pg_trigger t ON t.tgconstraint = family.oid AND t.tgisinternal GROUP BY family.root),
tree(root, oid) AS (
  SELECT oid, oid FROM (SELECT conrelid FROM key UNION SELECT confrelid FROM key) AS named(oid) UNION ALL
  SELECT tree.root, i.inhrelid FROM tree JOIN pg_class c ON c.oid = tree.oid AND c.relkind = 'p'
    JOIN pg_inherits i ON i.inhparent = tree.oid),
here AS MATERIALIZED (
  SELECT CASE coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') WHEN 'b' THEN true
    WHEN 'c' THEN d.datcollate IN ('C', 'POSIX') ELSE false END AS stable
  FROM pg_database d WHERE d.datname = current_database()),
locked AS MATERIALIZED (SELECT relation FROM pg_locks WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock'),
size AS MATERIALIZED (
  SELECT tree.root AS oid, sum(greatest(c.reltuples, 0)) AS rows,
    sum(c.relallvisible)::float8 / greatest(sum(c.relpages), 1) AS visible,
    sum(CASE WHEN c.relpages > 0 THEN c.relpages * 8192.0
      WHEN c.relkind = 'p' OR c.oid IN (SELECT relation FROM locked WHERE relation IS NOT NULL) THEN 0
      ELSE pg_relation_size(c.oid) END) AS bytes
  FROM tree JOIN pg_class c ON c.oid = tree.oid GROUP BY tree.root)
SELECT key.oid::int8 AS oid, key.conname::text AS name, cn.nspname::text AS child_schema,
  c.relname::text AS child_table,
  pn.nspname::text AS parent_schema, p.relname::text AS parent_table,
  c.relkind = 'p' OR (c.relhassubclass AND key.more ? 'soft') AS child_parted,
  p.relkind = 'p' OR (p.relhassubclass AND key.more ? 'soft') AS parent_parted, key.more ? 'soft' AS soft,
  key.confmatchtype = 'f' AS match_full, key.convalidated AS validated,
  coalesce((key.more ->> 'conenforced')::bool, true) AS enforced,
  coalesce((key.more ->> 'conperiod')::bool, false) AS period,
  cs.bytes::int8 AS child_bytes, ps.bytes::int8 AS parent_bytes,
  cs.rows::int8 AS child_rows, ps.rows::int8 AS parent_rows,
  least(cs.visible, ps.visible)::float8 AS visible,
  coalesce(triggers.total, 0) AS triggers, coalesce(triggers.off, 0) AS triggers_off, triggers.off_at,
  (SELECT json_agg(json_build_object('child', ca.attname, 'parent', pa.attname, 'operator_schema', opn.nspname,
      'operator', op.oprname, 'number', ca.attnum, 'parent_number', pa.attnum, 'type', ca.atttypid::int8,
      'parent_type', pa.atttypid::int8,
      'parent_cast', CASE WHEN pa.atttypid <> op.oprleft AND lt.typtype <> 'p'
        THEN json_build_array(ln.nspname, lt.typname) END,
      'child_cast', CASE WHEN ca.atttypid <> op.oprright AND rt.typtype <> 'p'
        THEN json_build_array(rn.nspname, rt.typname) END,
      'collation', CASE WHEN ca.attcollation <> pa.attcollation THEN
        (SELECT json_build_array(n.nspname, co.collname) FROM pg_collation co
          JOIN pg_namespace n ON n.oid = co.collnamespace
         WHERE co.oid = pa.attcollation) END,
      'stable', ca.attcollation = 0 OR (SELECT CASE WHEN co.collprovider = 'd' THEN here.stable
          ELSE co.collprovider = 'b' OR (co.collprovider = 'c' AND co.collcollate IN ('C', 'POSIX')) END
        FROM pg_collation co, here WHERE co.oid = ca.attcollation),
      'families', (SELECT json_agg(am.amopfamily::int8) FROM pg_amop am
        WHERE am.amopopr = op.oid AND am.amopmethod = 403 AND am.amopstrategy = 3)) ORDER BY k.place)
    FROM unnest(key.conkey, key.confkey, key.conpfeqop) WITH ORDINALITY AS k(child, parent, operator, place)
    JOIN pg_attribute ca ON ca.attrelid = key.conrelid AND ca.attnum = k.child
    JOIN pg_attribute pa ON pa.attrelid = key.confrelid AND pa.attnum = k.parent
    JOIN pg_operator op ON op.oid = k.operator JOIN pg_namespace opn ON opn.oid = op.oprnamespace
    JOIN pg_type lt ON lt.oid = op.oprleft JOIN pg_namespace ln ON ln.oid = lt.typnamespace
    JOIN pg_type rt ON rt.oid = op.oprright JOIN pg_namespace rn ON rn.oid = rt.typnamespace) AS columns,
  (SELECT json_agg(json_build_object('columns', i.indkey::int2[], 'families', f.families, 'width', i.indnkeyatts,
      'plain', f.plain, 'parent', i.indexrelid = key.conindid, 'child', i.indrelid = key.conrelid))
    FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
    CROSS JOIN LATERAL (SELECT json_agg(oc.opcfamily::int8 ORDER BY o.place) AS families,
        bool_and(oc.opcdefault AND o.option = 0) AS plain
      FROM unnest(i.indclass::oid[], i.indoption::int2[]) WITH ORDINALITY AS o(class, option, place)
      JOIN pg_opclass oc ON oc.oid = o.class) f
    WHERE (i.indrelid = key.conrelid OR i.indexrelid = key.conindid) AND ic.relam = 403
      AND i.indisvalid AND i.indisready AND i.indislive AND NOT i.indcheckxmin
      AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) IN (
        SELECT format('(%I IS NOT NULL)', a.attname) FROM pg_attribute a
        WHERE a.attrelid = key.conrelid AND a.attnum = ANY (key.conkey)))) AS indexes
FROM key JOIN pg_class c ON c.oid = key.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_class p ON p.oid = key.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
JOIN size cs ON cs.oid = c.oid JOIN size ps ON ps.oid = p.oid LEFT JOIN triggers ON triggers.root = key.oid
ORDER BY greatest(cs.bytes, ps.bytes) DESC, cn.nspname, c.relname, key.conname
"""
KEYS: Final = _DECLARED + _SHAPE
#: Needs the parameter ``wanted``, see :class:`Reference`.
REFERENCES: Final = _SOFT + _SHAPE


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference that no constraint declares: ``table.column`` or ``schema.table.column``, names as in SQL."""

    child: str
    parent: str

    @property
    def child_table(self) -> str:
        """The referring table's own name."""
        return column_of(self.child)[-2]

    @property
    def wanted(self) -> dict[str, str]:
        """What the catalogue is asked for.

        Raises:
            ValueError: one of the two is no such name.
        """
        child, parent = column_of(self.child), column_of(self.parent)
        tables = {"child": _regclass(child[:-1]), "parent": _regclass(parent[:-1])}
        name = f"{child[-1]} → {'.'.join(parent)}"
        return {"name": name, "child_column": child[-1], "parent_column": parent[-1], **tables}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyColumn:
    """One column of a key, on both sides, and the operator that compares them; names are raw.

    ``stable`` means that its order depends on no library that an upgrade may change.
    """

    child: str
    parent: str
    operator_schema: str
    operator: str
    number: int
    parent_number: int
    type: int
    parent_type: int
    parent_cast: tuple[str, ...]
    child_cast: tuple[str, ...]
    collation: tuple[str, ...]
    stable: bool
    families: frozenset[int]

    def equal(self, child: str, parent: str) -> str:
        """Return the key's own comparison, for these aliases; casts and collation as the server's trigger has them."""
        left = f"{parent}.{quoted(self.parent)}{_cast(self.parent_cast)}"
        right = f"{child}.{quoted(self.child)}{_cast(self.child_cast)}"
        operator = f"OPERATOR({quoted(self.operator_schema)}.{self.operator.replace('%', '%%')})"
        collate = f" COLLATE {dotted(self.collation)}" if self.collation else ""
        return f"{left} {operator} {right}{collate}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyIndex:
    """A usable btree: its columns by number, their operator families, if all is ascending and default, and whose."""

    columns: tuple[int, ...]
    families: tuple[int, ...]
    width: int
    plain: bool
    parent: bool
    child: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A foreign key as declared; sizes in bytes and rows are estimates.

    ``soft`` is one that only the settings declare. ``visible`` is the share of pages whose rows an index alone can
    tell, of the worse side.
    """

    oid: int
    name: str
    child_schema: str
    child_table: str
    parent_schema: str
    parent_table: str
    child_parted: bool
    parent_parted: bool
    match_full: bool
    validated: bool
    enforced: bool
    period: bool
    child_bytes: int
    parent_bytes: int
    child_rows: int
    parent_rows: int
    visible: float
    triggers: int
    triggers_off: int
    off_at: str | None
    columns: tuple[KeyColumn, ...]
    indexes: tuple[KeyIndex, ...]
    soft: bool = False

    @property
    def label(self) -> str:
        """``schema.table.constraint``, for people."""
        return f"{self.child_schema}.{self.child_table}.{self.name}"

    @property
    def columns_of_both(self) -> frozenset[tuple[str, ...]]:
        """The columns of both sides, each as ``(schema, table, column)`` and as ``(table, column)``."""
        both = [(self.child_schema, self.child_table, column.child) for column in self.columns]
        both += [(self.parent_schema, self.parent_table, column.parent) for column in self.columns]
        return frozenset([*both, *(column[1:] for column in both)])

    @property
    def child(self) -> str:
        """The referencing table in a FROM clause; inheritance children have no such key, so are left out."""
        return _from(self.child_schema, self.child_table, parted=self.child_parted)

    @property
    def parent(self) -> str:
        """The referenced table in a FROM clause."""
        return _from(self.parent_schema, self.parent_table, parted=self.parent_parted)

    @property
    def bytes(self) -> int:
        """What has to be read at most."""
        return self.child_bytes + self.parent_bytes

    @property
    def triggers_missing(self) -> bool:
        """Whether the server has nothing (or not everything) that would keep the key."""
        wanted = 1 if self.child_parted or self.parent_parted else _PLAIN_TRIGGERS
        return self.enforced and not self.soft and self.triggers < wanted


def foreign_keys(answer: SqlAnswer) -> Iterator[ForeignKey]:
    """Yield the keys of an answer to :data:`KEYS`, largest first.

    Raises:
        BadAnswerError: it is the answer to another question, or the list is cut short.
    """
    if answer.truncated:
        raise BadAnswerError(f"postgres {answer.target} has more than {MOST_KEYS} foreign keys")
    for row in answer.rows:
        entry = dict(zip(answer.columns, row, strict=True))
        columns = tuple(_column(each) for each in json.loads(entry.pop("columns")))
        indexes = tuple(_index(each) for each in json.loads(entry.pop("indexes") or "[]"))
        yield ForeignKey(columns=columns, indexes=indexes, **entry)


def _column(entry: dict[str, Any]) -> KeyColumn:
    names: dict[str, Any] = {name: tuple(entry.pop(name) or ()) for name in ("parent_cast", "child_cast", "collation")}
    return KeyColumn(families=frozenset(entry.pop("families") or ()), **names, **entry)


def _index(entry: dict[str, Any]) -> KeyIndex:
    return KeyIndex(columns=tuple(entry.pop("columns")), families=tuple(entry.pop("families")), **entry)


def _from(schema: str, table: str, *, parted: bool) -> str:
    return f"{'' if parted else 'ONLY '}{dotted((schema, table))}"


def _regclass(parts: tuple[str, ...]) -> str:
    return dotted(parts).replace("%%", "%")


def _cast(type_: tuple[str, ...]) -> str:
    return f"::{dotted(type_)}" if type_ else ""
