"""Each hole in row-level security is found and named; what only looks like one is not."""

# ruff: noqa: S608  # the statements are ours

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from pytest_deploycheck.asks import SqlAsk
from pytest_deploycheck.pgpack.checking import DEFAULTS
from pytest_deploycheck.pgpack.health import CHECKS
from pytest_deploycheck.pgpack.row_security import Scope, checks
from pytest_deploycheck.status import Status
from tests.fix_pack import execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.asks import SqlAnswer
    from pytest_deploycheck.demo.postgres import EmbeddedPostgres
    from pytest_deploycheck.sources.postgres import PostgresSource

OWN: Final = "USING (tenant_id = current_setting('app.tenant', true))"
ON: Final = "; ALTER TABLE {s}.t ENABLE ROW LEVEL SECURITY; ALTER TABLE {s}.t FORCE ROW LEVEL SECURITY; "
TABLE: Final = "CREATE TABLE {s}.t (id int, tenant_id text); GRANT SELECT, INSERT, DELETE ON {s}.t TO lint_app"
GUARDED: Final = TABLE + ON + "CREATE POLICY own ON {s}.t " + OWN + "; "
LEAF: Final = (
    "CREATE TABLE {s}.t (id int, tenant_id text) PARTITION BY LIST (tenant_id); CREATE TABLE {s}.t1 PARTITION OF {s}.t "
    "FOR VALUES IN ('a'); GRANT SELECT ON {s}.t TO lint_app" + ON + "CREATE POLICY own ON {s}.t " + OWN + "; "
)
DEFINER: Final = "CREATE FUNCTION {s}.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS "

FAULTS: Final = {
    "policies without row-level security": (
        TABLE + "; CREATE POLICY own ON {s}.t " + OWN,
        ("rls-off", "{s}.t", "high"),
    ),
    "a table beside guarded ones": (
        GUARDED + "CREATE TABLE {s}.u (tenant_id text); GRANT SELECT ON {s}.u TO PUBLIC",
        ("rls-off", "{s}.u", "medium"),
    ),
    "a partitioned table beside guarded ones": (
        GUARDED + "CREATE TABLE {s}.u (tenant_id text) PARTITION BY LIST (tenant_id); GRANT SELECT ON {s}.u TO PUBLIC",
        ("rls-off", "{s}.u", "medium"),
    ),
    "a single column is granted": (
        GUARDED + "CREATE TABLE {s}.u (tenant_id text, x int); GRANT SELECT (x) ON {s}.u TO lint_app",
        ("rls-off", "{s}.u", "medium"),
    ),
    "a leaf": (LEAF + "GRANT SELECT ON {s}.t1 TO lint_app", ("rls-partition", "{s}.t1", "high")),
    "an heir": (
        GUARDED + "CREATE TABLE {s}.heir () INHERITS ({s}.t); GRANT SELECT ON {s}.heir TO lint_app",
        ("rls-partition", "{s}.heir", "high"),
    ),
    "not forced": (GUARDED + "ALTER TABLE {s}.t NO FORCE ROW LEVEL SECURITY", ("rls-not-forced", "{s}.t", "low")),
    "no policy": (TABLE + ON, ("rls-no-policy", "{s}.t", "low")),
    "an open policy for reading": (
        GUARDED + "CREATE POLICY everybody ON {s}.t FOR SELECT USING (true)",
        ("rls-open-policy", "{s}.t.everybody", "high"),
    ),
    "an open policy for writing": (
        GUARDED + "CREATE POLICY everybody ON {s}.t FOR INSERT WITH CHECK (true)",
        ("rls-open-policy", "{s}.t.everybody", "high"),
    ),
    "an open policy without a tenant": (
        "CREATE TABLE {s}.t (id int); GRANT SELECT ON {s}.t TO lint_app" + ON + "CREATE POLICY p ON {s}.t USING (1=1)",
        ("rls-open-policy", "{s}.t.p", "medium"),
    ),
    "a view": (
        GUARDED + "CREATE VIEW {s}.v AS SELECT * FROM {s}.t; GRANT SELECT ON {s}.v TO lint_app",
        ("rls-view", "{s}.v", "high"),
    ),
    "a view of a view": (
        GUARDED
        + "CREATE VIEW {s}.v AS SELECT * FROM {s}.t; CREATE VIEW {s}.w AS SELECT * FROM {s}.v; "
        + "GRANT SELECT ON {s}.w TO lint_app",
        ("rls-view", "{s}.w", "high"),
    ),
    "a materialized view": (
        GUARDED + "CREATE MATERIALIZED VIEW {s}.m AS SELECT * FROM {s}.t; GRANT SELECT ON {s}.m TO lint_app",
        ("rls-matview", "{s}.m", "high"),
    ),
    "a definer function": (
        GUARDED + DEFINER + "'SELECT count(*) FROM {s}.t'",
        ("rls-definer", "{s}.f()", "medium"),
    ),
    "a definer function with a parsed body": (
        GUARDED
        + "CREATE FUNCTION {s}.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER "
        + "BEGIN ATOMIC SELECT count(*) FROM {s}.t; END",
        ("rls-definer", "{s}.f()", "medium"),
    ),
    "names that need quotes": (
        (
            'CREATE TABLE {s}."T ""x"".%s {y}" (tenant_id text); GRANT SELECT ON {s}."T ""x"".%s {y}" TO lint_app; '
            'ALTER TABLE {s}."T ""x"".%s {y}" ENABLE ROW LEVEL SECURITY; '
            'ALTER TABLE {s}."T ""x"".%s {y}" FORCE ROW LEVEL SECURITY'
        ),
        ("rls-no-policy", '{s}.T "x".%s {y}', "low"),
    ),
}
TRAPS: Final = {
    "all is well": GUARDED,
    "no tenant and no policy": "CREATE TABLE {s}.t (id int); GRANT SELECT ON {s}.t TO PUBLIC",
    "nobody reaches it": GUARDED + "CREATE TABLE {s}.u (tenant_id text)",
    "a column of another type": GUARDED + "CREATE TABLE {s}.u (tenant_id int); GRANT SELECT ON {s}.u TO lint_app",
    "only a superuser reaches it": GUARDED + "CREATE TABLE {s}.u (tenant_id text); GRANT SELECT ON {s}.u TO lint_root",
    "a leaf that nobody reaches": LEAF,
    "a leaf with policies of its own": LEAF
    + "GRANT SELECT ON {s}.t1 TO lint_app; ALTER TABLE {s}.t1 ENABLE ROW LEVEL SECURITY; "
    + "ALTER TABLE {s}.t1 FORCE ROW LEVEL SECURITY; CREATE POLICY own ON {s}.t1 "
    + OWN,
    "an open policy under a restrictive one": TABLE
    + ON
    + "CREATE POLICY a ON {s}.t USING (true); CREATE POLICY b ON {s}.t AS RESTRICTIVE "
    + OWN,
    "an open policy of the administrators": GUARDED + "CREATE POLICY admin ON {s}.t TO lint_root USING (true)",
    "a table of countries": "CREATE TABLE {s}.t (code text); GRANT SELECT ON {s}.t TO lint_app"
    + ON
    + "CREATE POLICY p ON {s}.t FOR SELECT USING (true)",
    "an invoker's view": GUARDED
    + "CREATE VIEW {s}.v WITH (security_invoker = true) AS SELECT * FROM {s}.t; GRANT SELECT ON {s}.v TO lint_app",
    "a view that filters": GUARDED
    + "CREATE VIEW {s}.v AS SELECT * FROM {s}.t WHERE tenant_id = current_setting('app.tenant', true); "
    + "GRANT SELECT ON {s}.v TO lint_app",
    "a view whose owner is bound": GUARDED
    + "GRANT SELECT ON {s}.t TO lint_low; GRANT USAGE, CREATE ON SCHEMA {s} TO lint_low; "
    + "CREATE VIEW {s}.v AS SELECT * FROM {s}.t; ALTER VIEW {s}.v OWNER TO lint_low; GRANT SELECT ON {s}.v TO lint_app",
    "a view of what is not guarded": GUARDED
    + "CREATE TABLE {s}.u (x int); CREATE VIEW {s}.v AS SELECT * FROM {s}.u; GRANT SELECT ON {s}.v TO lint_app",
    "a definer function about something else": GUARDED + DEFINER + "'SELECT 1::bigint'",
    "a definer function for nobody": GUARDED
    + DEFINER
    + "'SELECT count(*) FROM {s}.t'; REVOKE EXECUTE ON FUNCTION {s}.f() FROM PUBLIC",
    "a trigger's definer function": GUARDED
    + "CREATE FUNCTION {s}.f() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS "
    + "'BEGIN DELETE FROM {s}.t; RETURN NULL; END'",
    "a definer function that filters": GUARDED
    + DEFINER
    + "'SELECT count(*) FROM {s}.t WHERE tenant_id = current_setting(''app.tenant'', true)'",
}


@pytest.fixture(scope="module", autouse=True)
def roles(pack_server: EmbeddedPostgres) -> Iterator[None]:
    """Give an application, an ordinary owner and a superuser."""
    execute(pack_server.dsn, "CREATE ROLE lint_app", "CREATE ROLE lint_low", "CREATE ROLE lint_root SUPERUSER")
    yield
    execute(pack_server.dsn, "DROP ROLE lint_app, lint_low, lint_root")


def found(source: PostgresSource, dsn: str, scope: Scope = Scope()) -> list[tuple[str, str, str]]:  # noqa: B008
    """Return what the lints object to; a lint that could not be asked is told, too."""

    def ask(name: str, sql: str) -> SqlAnswer:
        return source.observe(SqlAsk(dsn=dsn, sql=sql, name=name, local=(("search_path", "pg_catalog"),)))

    findings = [each for check in checks(scope) for each in check.findings(ask, DEFAULTS)]
    return [(each.check, each.object, str(each.severity)) for each in findings if each.status is not Status.PASS]


def plant(dsn: str, statements: str) -> None:
    """Run the statements in a schema of their own."""
    execute(dsn, "CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO lint_app; " + statements.replace("{s}", "s"))


@pytest.mark.parametrize("name", FAULTS)
def test_a_hole_is_found(source: PostgresSource, database: str, name: str) -> None:
    """Exactly the planted hole, with its severity, for anybody and for the application's role."""
    statements, (check, about, severity) = FAULTS[name]
    plant(database, statements)
    expected = [(check, about.replace("{s}", "s"), severity)]
    declared = Scope(role="lint_app", column="tenant_id")
    assert (expected, expected) == (found(source, database), found(source, database, declared))


@pytest.mark.parametrize("name", TRAPS)
def test_a_look_alike_is_not(source: PostgresSource, database: str, name: str) -> None:
    """Nothing is told about what is well."""
    plant(database, TRAPS[name])
    assert [] == found(source, database)


def test_an_open_policy_of_another_role_is_not_the_applications(source: PostgresSource, database: str) -> None:
    """With a role known, only policies that it is under count; membership counts as being named."""
    plant(database, GUARDED + "CREATE POLICY other ON {s}.t TO lint_low USING (true)")
    scope = Scope(role="lint_app", column="tenant_id")
    assert [] == found(source, database, scope)
    execute(database, "GRANT lint_low TO lint_app")
    try:
        assert [("rls-open-policy", "s.t.other", "high")] == found(source, database, scope)
    finally:
        execute(database, "REVOKE lint_low FROM lint_app")


def test_the_pack_has_the_lints() -> None:
    """``deploycheck db check`` runs them."""
    assert {check.name for check in checks()} <= {check.name for check in CHECKS}
