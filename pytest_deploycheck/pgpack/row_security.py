"""Holes in row-level security that the catalogue shows; beside the ``health_*`` modules, used by tenant checks, too.

Without a role it is about anybody who is granted something; with one, about what that role reaches. Something counts
only when it is reached by somebody whom the policies are meant to bind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.pgpack.checking import FOREIGN, Asker, Check, Limits, listed
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_deploycheck.pgpack.findings import Finding

_READING: Final = "'SELECT', 'INSERT', 'UPDATE', 'DELETE'"
# names under which rows say whose they are, where nobody declared the column
_TENANTS: Final = (
    "^(tenant|org|organi[sz]ation|account|company|workspace|customer|client|team|owner|user)(_?(id|uuid|key|code))?$"
)
# a view or function that asks who is asking filters by itself
_FILTERS: Final = r"current_setting|current_user|session_user|\mauth\."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """About whom and what: the application's ``role`` and the column that holds the tenant; None when not known."""

    role: str | None = None
    column: str | None = None

    def reaches(self, relation: str) -> str:
        """Return the condition that somebody bound by policies reaches a relation (an alias of pg_class)."""
        if self.role is not None:
            name = literal(self.role)
            return (
                f"(has_schema_privilege({name}, {relation}.relnamespace, 'USAGE') AND "
                f"has_any_column_privilege({name}, {relation}.oid, 'SELECT, INSERT, UPDATE')"
                f" OR has_table_privilege({name}, {relation}.oid, 'DELETE'))"
            )
        return (
            f"EXISTS (SELECT FROM (SELECT {relation}.relacl AS acl UNION ALL SELECT a.attacl FROM pg_attribute a "  # noqa: S608  # our texts
            f"WHERE a.attrelid = {relation}.oid AND a.attacl IS NOT NULL) AS l, aclexplode(l.acl) AS g "
            f"LEFT JOIN pg_roles r ON r.oid = g.grantee WHERE g.grantee <> {relation}.relowner "
            f"AND g.privilege_type IN ({_READING}) AND NOT coalesce(r.rolsuper OR r.rolbypassrls, false))"
        )

    def executes(self) -> str:
        """Return the condition that somebody bound by policies may execute the function ``p``."""
        if self.role is not None:
            return f"has_function_privilege({literal(self.role)}, p.oid, 'EXECUTE')"
        return (
            "EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS g LEFT JOIN pg_roles r "
            "ON r.oid = g.grantee WHERE g.grantee <> p.proowner AND NOT coalesce(r.rolsuper OR r.rolbypassrls, false))"
        )

    def binds(self) -> str:
        """Return the condition that the policy ``pol`` is for somebody whom it is meant to bind."""
        if self.role is None:
            return "0 = ANY (pol.polroles)"
        name = literal(self.role)
        return (
            f"(0 = ANY (pol.polroles) OR EXISTS (SELECT FROM unnest(pol.polroles) AS u "
            f"WHERE u <> 0 AND pg_has_role({name}, u, 'USAGE')))"
        )

    def tenant(self) -> str:
        """Return the condition that the relation ``c`` has a column that holds the tenant."""
        where = f"~* {literal(_TENANTS)}" if self.column is None else f"= {literal(self.column)}"
        return (
            "EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
            f"AND a.attname {where})"
        )

    def known(self) -> str:
        """Return the condition that ``c`` has a tenant's column; undeclared, one that policies elsewhere look at."""
        if self.column is not None:
            return self.tenant()
        return (
            "EXISTS (SELECT FROM pg_attribute a JOIN pg_attribute o ON o.attname = a.attname "
            "AND o.atttypid = a.atttypid JOIN pg_depend d ON d.refobjid = o.attrelid AND d.refobjsubid = o.attnum "
            "AND d.refclassid = 'pg_class'::regclass AND d.classid = 'pg_policy'::regclass "
            "JOIN pg_policy pol ON pol.oid = d.objid AND pol.polrelid = o.attrelid "
            f"WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attname ~* {literal(_TENANTS)})"
        )


def literal(text: str) -> str:
    """Return the text as a string of SQL."""
    return "'" + text.replace("'", "''") + "'"


def checks(scope: Scope = Scope()) -> tuple[Check, ...]:
    """Return the lints for a scope."""
    return tuple(
        Check(name=name, about=about, stake=severity, look=_looker(scope, lint))
        for name, about, severity, lint in _LINTS
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lint:
    """What is listed, which of it is bad, and in which words; ``severity`` may depend on the row."""

    everything: Callable[[Scope], str]
    where: str
    severity: Callable[[dict[str, Any]], Severity]
    message: str
    hint: str
    fine: str


def _looker(scope: Scope, lint: _Lint) -> Callable[[Check, Asker, Limits], Iterable[Finding]]:
    def look(check: Check, ask: Asker, _limits: Limits) -> Iterable[Finding]:
        found = listed(ask, check.name, lint.everything(scope), lint.where)

        def describe(row: dict[str, Any]) -> tuple[Severity | None, str, None, str]:
            words = {**row, "passer": row.get("passer") or ""}
            return lint.severity(row), lint.message.format(**words), None, lint.hint.format(**words)

        return check.told(found, describe, lint.fine)

    return look


def _tables(scope: Scope) -> str:
    """Return every table that somebody reaches, with what its row-level security is like."""
    return f"""
SELECT n.nspname || '.' || c.relname AS object, format('%I.%I', n.nspname, c.relname) AS name,
  c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced, quote_ident(pg_get_userbyid(c.relowner)) AS owner,
  EXISTS (SELECT FROM pg_policy pol WHERE pol.polrelid = c.oid) AS policies, {scope.known()} AS tenant,
  (SELECT min(format('%I.%I', pn.nspname, p.relname)) FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
    JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = c.oid AND p.relrowsecurity) AS parent
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND {FOREIGN} AND {scope.reaches("c")}"""  # noqa: S608


def _policies(scope: Scope) -> str:
    """Return every permissive policy, whether it lets everything through, and what restricts it."""
    return f"""
SELECT n.nspname || '.' || c.relname || '.' || pol.polname AS object, format('%I.%I', n.nspname, c.relname) AS name,
  format('%I', pol.polname) AS policy, {scope.tenant()} AS tenant, c.relrowsecurity AS enabled,
  pol.polcmd = 'r' AS reads,
  pg_get_expr(pol.polqual, pol.polrelid) IN ('true', '(1 = 1)')
    OR pg_get_expr(pol.polwithcheck, pol.polrelid) IN ('true', '(1 = 1)') AS open,
  EXISTS (SELECT FROM pg_policy o WHERE o.polrelid = pol.polrelid AND NOT o.polpermissive
    AND o.polcmd IN ('*', pol.polcmd) AND (0 = ANY (o.polroles) OR o.polroles @> pol.polroles)) AS restricted
FROM pg_policy pol JOIN pg_class c ON c.oid = pol.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE pol.polpermissive AND {FOREIGN} AND {scope.binds()} AND {scope.reaches("c")}"""  # noqa: S608


def _passes(owner: str) -> str:
    """Return the condition that an owner (an alias of pg_roles) is past the policies of ``t``."""
    return (
        f"({owner}.rolsuper OR {owner}.rolbypassrls"
        f" OR (pg_has_role({owner}.oid, t.relowner, 'USAGE') AND NOT t.relforcerowsecurity))"
    )


def _views(kind: str) -> Callable[[Scope], str]:
    """Return the question for views of a kind, with a table under row-level security that they show unfiltered."""

    def everything(scope: Scope) -> str:
        return f"""
WITH RECURSIVE under(root, oid) AS (
  SELECT c.oid, c.oid FROM pg_class c WHERE c.relkind = '{kind}' UNION
  SELECT under.root, d.refobjid FROM under JOIN pg_rewrite w ON w.ev_class = under.oid
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
    AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> under.oid)
SELECT n.nspname || '.' || c.relname AS object, format('%I.%I', n.nspname, c.relname) AS name,
  coalesce(c.reloptions::text ~* 'security_invoker=(on|true|yes|1)', false) AS invoker,
  pg_get_viewdef(c.oid) ~* {literal(_FILTERS)} AS filters, quote_ident(o.rolname) AS owner,
  (SELECT min(format('%I.%I', tn.nspname, t.relname)) FROM under JOIN pg_class t ON t.oid = under.oid
    JOIN pg_namespace tn ON tn.oid = t.relnamespace
    WHERE under.root = c.oid AND t.relrowsecurity AND {_passes("o")}) AS passed
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles o ON o.oid = c.relowner
WHERE c.relkind = '{kind}' AND {FOREIGN} AND {scope.reaches("c")}"""  # noqa: S608

    return everything


def _functions(scope: Scope) -> str:
    """Return the SECURITY DEFINER functions that others may execute, with a guarded table that they name."""
    return rf"""
SELECT n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS object,
  p.oid::regprocedure::text AS name, quote_ident(o.rolname) AS owner,
  p.prosrc ~* {literal(_FILTERS)} AS filters,
  (SELECT min(format('%I.%I', tn.nspname, t.relname)) FROM pg_class t JOIN pg_namespace tn ON tn.oid = t.relnamespace
    WHERE t.relrowsecurity AND t.relkind IN ('r', 'p') AND {_passes("o")}
      AND (CASE WHEN t.relname ~ '\W' THEN position(t.relname IN p.prosrc) > 0
          ELSE p.prosrc ~* ('\m' || t.relname || '\M') END OR EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
          AND d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid))) AS passed
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_roles o ON o.oid = p.proowner
WHERE p.prosecdef AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) AND {FOREIGN}
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  AND {scope.executes()}"""  # noqa: S608


def _always(severity: Severity) -> Callable[[dict[str, Any]], Severity]:
    return lambda _row: severity


_TABLES_ABOUT: Final = "tables that others reach"
_LINTS: Final[tuple[tuple[str, str, Severity, _Lint], ...]] = (
    (
        "rls-off",
        _TABLES_ABOUT,
        Severity.HIGH,
        _Lint(
            everything=_tables,
            where="NOT enabled AND parent IS NULL AND (policies OR tenant)",
            severity=lambda row: Severity.HIGH if row["policies"] else Severity.MEDIUM,
            message="has a tenant's column or policies, and row-level security is off: everybody sees every row",
            hint="Run: ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, with a policy",
            fine="row-level security is on wherever rows belong to a tenant",
        ),
    ),
    (
        "rls-partition",
        _TABLES_ABOUT,
        Severity.HIGH,
        _Lint(
            everything=_tables,
            where="NOT enabled AND parent IS NOT NULL",
            severity=_always(Severity.HIGH),
            message="can be reached past the policies of its parent {parent}",
            hint="Run: ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, with a policy, or REVOKE ALL ON {name}",
            fine="no partition is a way round its parent's policies",
        ),
    ),
    (
        "rls-not-forced",
        _TABLES_ABOUT,
        Severity.LOW,
        _Lint(
            everything=_tables,
            where="enabled AND NOT forced",
            severity=_always(Severity.LOW),
            message="its policies do not bind its owner {owner}",
            hint="Run: ALTER TABLE {name} FORCE ROW LEVEL SECURITY, unless only migrations log in as {owner}",
            fine="every table under row-level security binds its owner, too",
        ),
    ),
    (
        "rls-no-policy",
        _TABLES_ABOUT,
        Severity.LOW,
        _Lint(
            everything=_tables,
            where="enabled AND NOT policies",
            severity=_always(Severity.LOW),
            message="is under row-level security without a policy: nobody but its owner sees a row",
            hint="Create a policy, or revoke what is granted on {name}",
            fine="every table under row-level security has a policy",
        ),
    ),
    (
        "rls-open-policy",
        "permissive policies",
        Severity.HIGH,
        _Lint(
            everything=_policies,
            where="enabled AND open AND NOT restricted AND (tenant OR NOT reads)",
            severity=lambda row: Severity.HIGH if row["tenant"] else Severity.MEDIUM,
            message="lets everything through (true), and permissive policies add up: the others do not count beside it",
            hint="Replace it: DROP POLICY {policy} ON {name}, or make it AS RESTRICTIVE, or name the role it is for",
            fine="no permissive policy lets everything through",
        ),
    ),
    (
        "rls-view",
        "views that others reach",
        Severity.HIGH,
        _Lint(
            everything=_views("v"),
            where="passed IS NOT NULL AND NOT invoker AND NOT filters",
            severity=_always(Severity.HIGH),
            message="reads {passed} as its owner {owner}, who is past the policies",
            hint="Run: ALTER VIEW {name} SET (security_invoker = true) (15 and later), or revoke what is granted on it",
            fine="no view shows rows past the policies of its tables",
        ),
    ),
    (
        "rls-matview",
        "materialized views that others reach",
        Severity.HIGH,
        _Lint(
            everything=_views("m"),
            where="passed IS NOT NULL",
            severity=_always(Severity.HIGH),
            message="holds rows of {passed}, and no policy can guard a materialized view",
            hint="Revoke what is granted on {name}, and let a view that filters stand before it",
            fine="no materialized view holds rows of guarded tables",
        ),
    ),
    (
        "rls-definer",
        "SECURITY DEFINER functions that others may execute",
        Severity.MEDIUM,
        _Lint(
            everything=_functions,
            where="passed IS NOT NULL AND NOT filters",
            severity=_always(Severity.MEDIUM),
            message="runs as {owner}, who is past the policies of {passed}, which it names",
            hint="Let it filter by tenant, make it SECURITY INVOKER, or REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC",
            fine="no such function goes past the policies of a table that it names",
        ),
    ),
)

CHECKS: Final = checks()
