"""The questions that the tenant checks ask of a database, as ``(sql, params)``; pure text, beside the other queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.sources.postgres_queries import column_name, quoted, table_of

if TYPE_CHECKING:
    from pytest_deploycheck.sources.postgres_queries import Query

_MOST_COUNTED: Final = 1000


def tenant_tables(tenant_column: str, role: str) -> Query:
    """Return columns ``name`` and ``kind`` of every relation with the column that the role may read.

    Raises:
        ValueError: a name is no identifier.
    """
    column = column_name(tenant_column)
    text = (
        "SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relkind::text AS kind"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = %(column)s"
        " CROSS JOIN pg_roles r WHERE r.rolname = %(role)s"
        " AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'"
        " AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
        " AND has_schema_privilege(r.oid, n.oid, 'USAGE') AND has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT')"
        " ORDER BY 1"
    )
    return text, (("column", column), ("role", role))


def tenant_view(table: str, tenant_column: str, tenant: str) -> Query:
    """Return columns ``foreign_rows`` (at most 1000 counted) and ``own_rows``: what is visible; ask as the tenant.

    Raises:
        ValueError: a name is no identifier.
    """
    column, of = quoted((column_name(tenant_column),)), quoted(table_of(table))
    # compared as the column's own type, so that its index serves
    text = (
        f"SELECT (SELECT count(*) FROM (SELECT FROM {of} WHERE {column} IS DISTINCT FROM %(tenant)s"  # noqa: S608
        f" LIMIT {_MOST_COUNTED}) AS f) AS foreign_rows,"
        f" (SELECT count(*) FROM {of} WHERE {column} = %(tenant)s) AS own_rows"
    )
    return text, (("tenant", tenant),)


def tenant_total(table: str, tenant_column: str, tenant: str) -> Query:
    """Return columns ``value`` (how many rows the tenant really has) and ``others`` (whether somebody else has any).

    Ask as the privileged role, with ALL_ROWS.

    Raises:
        ValueError: a name is no identifier.
    """
    column, of = quoted((column_name(tenant_column),)), quoted(table_of(table))
    text = (
        f"SELECT (SELECT count(*) FROM {of} WHERE {column} = %(tenant)s) AS value,"  # noqa: S608
        f" EXISTS (SELECT FROM {of} WHERE {column} IS DISTINCT FROM %(tenant)s) AS others"
    )
    return text, (("tenant", tenant),)


def visible_rows(table: str) -> Query:
    """Return column ``value``: how many rows are visible, at most 1000 counted; without a tenant it must be 0.

    Raises:
        ValueError: the name is no identifier.
    """
    of = quoted(table_of(table))
    return f"SELECT count(*) AS value FROM (SELECT FROM {of} LIMIT {_MOST_COUNTED}) AS f", ()  # noqa: S608


def knows_setting(setting: str) -> Query:
    """Return column ``value``: whether the session has heard of the setting, which is empty then instead of NULL."""
    return "SELECT current_setting(%(setting)s, true) IS NOT NULL AS value", (("setting", setting),)


def relation_kind(table: str) -> Query:
    """Return the relation's ``relkind``.

    Raises:
        ValueError: the name is no identifier.
    """
    text = "SELECT relkind::text FROM pg_class WHERE oid = CAST(%(table)s AS regclass)"
    return text, (("table", quoted(table_of(table)).replace("%%", "%")),)


def role_powers(table: str, role: str) -> Query:
    """Return ``superuser, bypassrls, owner_unforced, row_security`` as booleans, and ``becomes``.

    No row when the role is unknown. Any of the first three lets the role past every policy; ``row_security`` False
    means that there is none; ``becomes`` is a role with such powers that SET ROLE reaches, or None.

    Raises:
        ValueError: the name is no identifier.
    """
    text = (
        "SELECT r.rolsuper AS superuser, r.rolbypassrls AS bypassrls,"
        " pg_has_role(r.oid, c.relowner, 'USAGE') AND NOT c.relforcerowsecurity AND c.relkind IN ('r', 'p')"
        " AS owner_unforced, c.relrowsecurity AS row_security,"
        " (SELECT min(g.rolname::text) FROM pg_roles g WHERE (g.rolsuper OR g.rolbypassrls) AND g.oid <> r.oid"
        " AND NOT r.rolsuper AND pg_has_role(r.oid, g.oid, 'MEMBER')) AS becomes"
        " FROM pg_roles r, pg_class c WHERE r.rolname = %(role)s AND c.oid = CAST(%(table)s AS regclass)"
    )
    return text, (("role", role), ("table", quoted(table_of(table)).replace("%%", "%")))
