"""What the rows of a database add up to: a count and a hash for each table, kept beside a backup to compare with.

The hash is the sum of the rows' hashes, so that the order does not matter. Columns whose hash hangs on a number that a
restore deals out anew (enums, for one) are hashed as text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asks import SqlAsk
from pytest_deploycheck.errors import BadAnswerError
from pytest_deploycheck.pgpack.checking import FOREIGN
from pytest_deploycheck.pgpack.names import dotted, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.sources.postgres import PostgresSource

SCHEMA_VERSION: Final = 1
SECONDS: Final = 60.0
_MOST: Final = 100_000
_PLAIN: Final = (
    "int2 int4 int8 float4 float8 numeric text varchar bpchar bool uuid date timestamp timestamptz time timetz "
    "interval bytea jsonb inet cidr macaddr name char"
)
# "rows" also where a table has no column, whose record has no hash
_TABLES: Final = f"""
SELECT n.nspname::text AS schema, c.relname::text AS name, (
  SELECT count(*) > 0 AND bool_and(t.typnamespace = 'pg_catalog'::regnamespace AND coalesce(e.typname, t.typname)
      = ANY (string_to_array('{_PLAIN}', ' ')))
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS plain
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND {FOREIGN}
  AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2"""  # noqa: S608  # texts of this module only
_LOCAL: Final = (("row_security", "off"), ("timezone", "UTC"), ("search_path", "pg_catalog, pg_temp"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """Rows and hash by table name, of a server of some major version."""

    major: int
    tables: Mapping[str, tuple[int, str]]

    def as_json(self) -> str:
        """Return the text that is kept beside the backup."""
        tables = {name: {"rows": rows, "hash": hash_} for name, (rows, hash_) in self.tables.items()}
        return json.dumps({"schema_version": SCHEMA_VERSION, "major": self.major, "tables": tables}, indent=1) + "\n"

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(rows for rows, _ in self.tables.values())


def fingerprint(source: PostgresSource, dsn: str, *, seconds: float = SECONDS) -> Fingerprint:
    """Return the fingerprint of one moment, taken within ``seconds``.

    Raises:
        SourceError: it could not be read, or not in time.
        MissingAccessError: a table may not be read.
    """

    def ask(sql: str, rows: int = 1) -> SqlAsk:
        return SqlAsk(dsn=dsn, sql=sql, name="fingerprint", local=_LOCAL, statement_timeout=seconds, max_rows=rows)

    with source.snapshot(dsn, seconds=seconds) as snapshot:
        major = snapshot.observe(ask("SELECT current_setting('server_version_num')::int / 10000 AS major")).rows[0][0]
        found: dict[str, tuple[int, str]] = {}
        for schema, name, plain in snapshot.observe(ask(_TABLES, _MOST)).rows:
            # text that is hashed as text is the same under every locale
            hash_ = "hash_record_extended(t, 0)" if plain else "hashtextextended(t::text, 0)"
            of = dotted((schema, name))
            row = snapshot.observe(
                ask(f"SELECT count(*) AS rows, coalesce(sum({hash_}::numeric), 0)::text AS hash FROM ONLY {of} AS t")  # noqa: S608
            ).rows[0]
            found[shown(schema, name)] = (row[0], str(row[1]))
    return Fingerprint(major=major, tables=found)


def parse_fingerprint(text: str | bytes) -> Fingerprint:
    """Return the fingerprint that a text holds.

    Raises:
        BadAnswerError: it holds none.
    """
    try:
        value: Any = json.loads(text)
        tables = {str(name): (int(each["rows"]), str(each["hash"])) for name, each in value["tables"].items()}
        return Fingerprint(major=int(value["major"]), tables=tables)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BadAnswerError(
            "the fingerprint cannot be read", "Write it anew: deploycheck backup fingerprint"
        ) from None


def differences(kept: Fingerprint, found: Fingerprint) -> tuple[str, ...]:
    """Return what differs, one sentence a table; hashes are compared within one major version only."""
    wrong = []
    for name, (rows, hash_) in kept.tables.items():
        if name not in found.tables:
            wrong.append(f"{name} is missing")
        elif found.tables[name][0] != rows:
            wrong.append(f"{name} has {found.tables[name][0]} rows instead of {rows}")
        elif kept.major == found.major and found.tables[name][1] != hash_:
            wrong.append(f"{name} has other contents in its {rows} rows")
    wrong += [f"{name} is new" for name in found.tables if name not in kept.tables]
    return tuple(wrong)
