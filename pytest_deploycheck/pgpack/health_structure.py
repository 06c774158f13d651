"""Health of what is declared: constraints, triggers, indexes; beside the other ``health_*`` modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.pgpack.checking import FOREIGN, Asker, Check, Limits, listed
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_deploycheck.pgpack.findings import Finding

_CONSTRAINTS: Final = f"""
SELECT n.nspname || '.' || c.relname || '.' || con.conname AS object, con.convalidated AS validated,
  coalesce((to_jsonb(con) ->> 'conenforced')::bool, true) AS enforced,
  format('%I.%I', n.nspname, c.relname) AS relation,
  format('%I', con.conname) AS constraint
FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE con.contype IN ('f', 'c', 'n') AND con.conparentid = 0 AND {FOREIGN}"""  # noqa: S608  # texts of this module only

_KEY_TRIGGERS: Final = f"""
SELECT n.nspname || '.' || c.relname || '.' || con.conname AS object,
  (SELECT count(*) FROM pg_trigger t WHERE t.tgconstraint = con.oid AND t.tgisinternal) AS triggers,
  (SELECT string_agg(DISTINCT t.tgrelid::regclass::text, ', ') FROM pg_trigger t
    WHERE t.tgisinternal AND t.tgconstraint = con.oid AND t.tgenabled IN ('D', 'R')) AS off_at,
  con.conparentid = 0 AND c.relkind = 'r' AND p.relkind = 'r' AS plain
FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = con.confrelid
WHERE con.contype = 'f' AND coalesce((to_jsonb(con) ->> 'conenforced')::bool, true) AND {FOREIGN}"""  # noqa: S608
_PLAIN_TRIGGERS: Final = 4

_REPLICA_ROLES: Final = """
SELECT coalesce('role ' || r.rolname, 'all roles') || ' in ' || coalesce('database ' || d.datname, 'all databases')
    AS object, 'session_replication_role=replica' = ANY (s.setconfig) AS replica
FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
WHERE d.datname IS NULL OR d.datname = current_database()
UNION ALL SELECT 'the whole server', reset_val = 'replica'
  AND source NOT IN ('database', 'user', 'database user', 'client')
FROM pg_settings WHERE name = 'session_replication_role'"""

_INDEXES: Final = f"""
SELECT n.nspname || '.' || ic.relname AS object, ic.relkind = 'I' AS parted,
  i.indisvalid AND i.indisready AND i.indislive AS usable,
  EXISTS (SELECT FROM pg_stat_progress_create_index g WHERE g.index_relid = i.indexrelid) AS building,
  (SELECT count(*) FROM pg_stat_progress_create_index g WHERE g.index_relid IS NULL) AS hidden,
  format('%I.%I', n.nspname, ic.relname) AS name
FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_namespace n ON n.oid = ic.relnamespace
WHERE {FOREIGN}"""  # noqa: S608

_KEYS_WITH_INDEX: Final = f"""
SELECT n.nspname || '.' || c.relname || '.' || con.conname AS object, greatest(c.reltuples, 0)::int8 AS rows,
  EXISTS (SELECT FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_am am ON am.oid = ic.relam
    WHERE i.indrelid = con.conrelid AND i.indisvalid AND am.amname IN ('btree', 'hash', 'gist')
      AND (i.indkey::int2[])[0:cardinality(con.conkey) - 1] @> con.conkey
      AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) IN (
        SELECT format('(%I IS NOT NULL)', a.attname) FROM pg_attribute a
        WHERE a.attrelid = con.conrelid AND a.attnum = ANY (con.conkey)))) AS indexed,
  format('%I.%I', n.nspname, c.relname) AS relation,
  (SELECT string_agg(format('%I', a.attname), ', ' ORDER BY k.place) FROM unnest(con.conkey) WITH ORDINALITY k(n, place)
    JOIN pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.n) AS columns
FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE con.contype = 'f' AND con.conparentid = 0 AND {FOREIGN}"""  # noqa: S608


def _not_valid(check: Check, ask: Asker, _limits: Limits) -> Iterable[Finding]:
    found = listed(ask, check.name, _CONSTRAINTS, "NOT validated AND enforced")

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, None, str]:
        remedy = f"Run: ALTER TABLE {row['relation']} VALIDATE CONSTRAINT {row['constraint']}"
        return Severity.MEDIUM, "was added NOT VALID and never validated: older rows may break it", None, remedy

    return check.told(found, describe, "every enforced constraint is validated")


def _not_enforced(check: Check, ask: Asker, _limits: Limits) -> Iterable[Finding]:
    found = listed(ask, check.name, _CONSTRAINTS, "NOT enforced")

    def describe(_row: dict[str, Any]) -> tuple[Severity | None, str, None, str]:
        return None, "is NOT ENFORCED: the server checks no row for it", None, "Enforce it, or drop it"

    return check.told(found, describe, "every constraint is enforced")


def _triggers(check: Check, ask: Asker, _limits: Limits) -> Iterable[Finding]:
    where = f"off_at IS NOT NULL OR (plain AND triggers < {_PLAIN_TRIGGERS})"
    found = listed(ask, check.name, _KEY_TRIGGERS, where)

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, str, str]:
        if row["off_at"]:
            remedy = f"Run: ALTER TABLE {row['off_at']} ENABLE TRIGGER ALL, then look at the orphans"
            return Severity.CRITICAL, f"its triggers are disabled on {row['off_at']}", "disabled", remedy
        missing = f"{_PLAIN_TRIGGERS - row['triggers']} of its {_PLAIN_TRIGGERS} triggers are missing"
        return Severity.CRITICAL, missing, "missing", "Drop the constraint and add it again"

    return check.told(found, describe, "the triggers of every foreign key fire")


def _replica_role(check: Check, ask: Asker, _limits: Limits) -> Iterable[Finding]:
    found = listed(ask, check.name, _REPLICA_ROLES, "replica")

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, str, str]:
        message = f"session_replication_role = replica is set for {row['object']}: foreign keys are not checked there"
        return (
            Severity.HIGH,
            message,
            "replica",
            "Run: ALTER … RESET session_replication_role, then look at the orphans",
        )

    return check.told(found, describe, "nobody's sessions go round the triggers by default")


def _invalid_index(check: Check, ask: Asker, _limits: Limits) -> Iterable[Finding]:
    found = listed(ask, check.name, _INDEXES, "NOT usable AND NOT building")
    if any(row["hidden"] for row in found.rows):
        return [
            check.unknown(
                "unverified: an index is being built, and this role may not see which",
                hint=f"Run: GRANT pg_monitor TO {found.role}",
            )
        ]

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, str, str]:
        if row["parted"]:
            return Severity.LOW, "does not cover every partition yet", "incomplete", "ALTER INDEX … ATTACH PARTITION …"
        remedy = f"Run: REINDEX INDEX CONCURRENTLY {row['name']}, or drop it"
        return Severity.HIGH, "is invalid: it is kept up to date and never used", "invalid", remedy

    return check.told(found, describe, "every index is valid")


def _key_without_index(check: Check, ask: Asker, limits: Limits) -> Iterable[Finding]:
    found = listed(ask, check.name, _KEYS_WITH_INDEX, f"NOT indexed AND rows >= {limits.large_rows}", "rows DESC")

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, int, str]:
        remedy = f"Run: CREATE INDEX CONCURRENTLY ON {row['relation']} ({row['columns']})"
        message = f"has no index: every delete of a parent reads about {row['rows']} rows"
        return Severity.LOW, message, row["rows"], remedy

    return check.told(found, describe, "every foreign key of a large table has an index")


CHECKS: Final = (
    Check(name="key-triggers", about="foreign keys", stake=Severity.CRITICAL, look=_triggers),
    Check(name="replication-role", about="settings", stake=Severity.HIGH, look=_replica_role),
    Check(name="constraint-not-valid", about="constraints", stake=Severity.MEDIUM, look=_not_valid),
    Check(name="constraint-not-enforced", about="constraints", stake=None, look=_not_enforced),
    Check(name="invalid-index", about="indexes", stake=Severity.HIGH, look=_invalid_index),
    Check(name="key-without-index", about="foreign keys", stake=Severity.LOW, look=_key_without_index),
)
