"""Behaving as tenants finds what leaks, keeps quiet about what holds, and never calls nothing a proof."""

# ruff: noqa: S608  # the statements are ours

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

import pytest

from pytest_deploycheck.asks import SqlAsk, TenantTrialAsk
from pytest_deploycheck.errors import CheckFailedError, InconclusiveError, NoDataError, QueryError
from pytest_deploycheck.plugin.judging import FindingError
from pytest_deploycheck.plugin.questions import Database
from pytest_deploycheck.plugin.tenancy import Tenants
from pytest_deploycheck.settings.sections import Database as DatabaseSettings
from pytest_deploycheck.settings.tenants import TenantIsolation
from pytest_deploycheck.sources.registry import build_sources
from pytest_deploycheck.status import Impact, Severity
from tests.fix_pack import execute, scalar
from tests.fix_pgbouncer import pgbouncer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.demo.postgres import EmbeddedPostgres

APP: Final = "tenancy_app"
SETTING: Final = "app.tenant"
TABLE: Final = (
    "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant text NOT NULL, x int DEFAULT 1); "
    "INSERT INTO t (tenant) SELECT CASE WHEN g % 3 = 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 9) g; "
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON t TO {APP}; "
)
ON: Final = "ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY; "
OWN: Final = "tenant = current_setting('app.tenant', true)"
GUARDED: Final = TABLE + ON + f"CREATE POLICY own ON t USING ({OWN}); "


class Look(Protocol):
    """Plants statements and gives the tenants of an entry; ``allow`` is --deploy-allow-writes."""

    def __call__(self, statements: str, *, allow: bool = False, **entry: Any) -> tuple[Tenants, TenantIsolation]:
        """Do it."""


@pytest.fixture(scope="module", autouse=True)
def role(pack_server: EmbeddedPostgres) -> Iterator[None]:
    """Give the application's role."""
    execute(pack_server.dsn, f"CREATE ROLE {APP}", "CREATE ROLE tenancy_root BYPASSRLS")
    yield
    execute(pack_server.dsn, f"DROP ROLE {APP}, tenancy_root")


@pytest.fixture
def look(database: str) -> Iterator[Look]:
    """Give what plants and looks."""
    sources = build_sources()

    def build(statements: str, *, allow: bool = False, **entry: Any) -> tuple[Tenants, TenantIsolation]:
        execute(database, statements)
        run: Any = SimpleNamespace(
            settings=SimpleNamespace(database=DatabaseSettings.model_validate({"dsn": database})),
            observatory=SimpleNamespace(observe_now=lambda ask: sources[type(ask)].observe(ask)),
            options=SimpleNamespace(allow_writes=allow),
        )
        state: Any = SimpleNamespace(spec=SimpleNamespace(id="tenants", impact=Impact.SECURITY))
        given = {"id": "t", "table": "t", "tenant_column": "tenant", "role": APP, "tenants": ["a", "b"]}
        setting = {} if "claims" in entry else {"setting": SETTING}
        chosen = {key: value for key, value in (given | setting | entry).items() if value is not None}
        return Tenants(run, state, Database(run, state)), TenantIsolation.model_validate(chosen)

    yield build
    for ask_type in (SqlAsk, TenantTrialAsk):
        sources[ask_type].close()


LEAKS: Final = {
    "no row-level security": (TABLE, 9),
    "an open policy": (TABLE + ON + "CREATE POLICY p ON t USING (true)", 9),
    "two policies that add up": (GUARDED + "CREATE POLICY more ON t FOR SELECT USING (id < 3)", 2),
    "an administrator's back door": (
        TABLE + ON + f"CREATE POLICY p ON t USING ({OWN} OR current_setting('app.tenant', true) = 'a')",
        6,
    ),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_counted(look: Look, name: str) -> None:
    """Every foreign row that a tenant sees counts."""
    statements, foreign = LEAKS[name]
    tenants, entry = look(statements)
    assert foreign == tenants.foreign_rows(entry).value


HOLDS: Final = {
    "the usual policy": GUARDED,
    "restricted": TABLE + ON + f"CREATE POLICY a ON t USING (true); CREATE POLICY b ON t AS RESTRICTIVE USING ({OWN})",
    "a policy that raises without a tenant": TABLE
    + ON
    + "CREATE POLICY p ON t USING (tenant = current_setting('app.tenant'))",
}


@pytest.mark.parametrize("name", HOLDS)
def test_what_holds_is_quiet(look: Look, name: str) -> None:
    """No foreign row as a tenant, none as nobody; how much was looked at is told."""
    tenants, entry = look(HOLDS[name])
    seen, unset = tenants.foreign_rows(entry), tenants.unset_rows(entry)
    assert (0, 2, 0) == (seen.value, seen.n, unset.value)
    assert "foreign writes not tried" in (seen.note or "")


def test_columns_of_other_types(look: Look) -> None:
    """A number or UUID is compared as what it is; an empty setting that cannot be cast shows nothing."""
    number = TABLE.replace("tenant text", "tenant int").replace("'a'", "1").replace("'b'", "2")
    policy = "CREATE POLICY own ON t USING (tenant = current_setting('app.tenant', true)::int)"
    tenants, entry = look(number + ON + policy, tenants=[1, 2])
    assert (0, 0) == (tenants.foreign_rows(entry).value, tenants.unset_rows(entry).value)


def test_a_tenant_that_the_column_cannot_hold(look: Look) -> None:
    """Settings that name no possible tenant are an error, no proof."""
    tenants, entry = look(TABLE.replace("tenant text", "tenant int").replace("'a'", "1").replace("'b'", "2") + ON)
    with pytest.raises(QueryError, match="invalid input syntax"):
        tenants.foreign_rows(entry)


HOLES: Final = {
    "NULL means everything": f"{OWN} OR current_setting('app.tenant', true) IS NULL",
    "empty means everything": f"{OWN} OR current_setting('app.tenant', true) = ''",
}


@pytest.mark.parametrize("name", HOLES)
def test_a_hole_without_a_tenant(look: Look, name: str) -> None:
    """Both states of an unset tenant are tried: empty after a transaction that set it, NULL in a fresh session."""
    tenants, entry = look(TABLE + ON + f"CREATE POLICY own ON t USING ({HOLES[name]})")
    assert (0, 9) == (tenants.foreign_rows(entry).value, tenants.unset_rows(entry).value)


def test_a_session_that_knows_the_setting(look: Look, database: str) -> None:
    """Where every new session has the setting, the state NULL cannot be tried, and that is said."""
    tenants, entry = look(GUARDED)
    name = database.rpartition("/")[2]
    execute(database, f"ALTER DATABASE {name} SET app.tenant = ''")
    with pytest.raises(InconclusiveError, match="direct_dsn"):
        tenants.unset_rows(entry)


VACUOUS: Final[dict[str, tuple[str, dict[str, Any], str]]] = {
    "no rows at all": (GUARDED, {"tenants": ["a", "ghost"]}, "'ghost' sees 0 of its own 0 rows"),
    "own rows hidden": (TABLE + ON + f"CREATE POLICY p ON t USING ({OWN} AND id > 3)", {}, "sees 2 of its own 3 rows"),
    "nobody else": (GUARDED + "DELETE FROM t WHERE tenant = 'b'", {}, "nobody but 'a' has rows"),
    "the wrong setting": (GUARDED, {"setting": "app.other"}, "sees 0 of its own 3 rows"),
}


@pytest.mark.parametrize("name", VACUOUS)
def test_nothing_proved_is_no_pass(look: Look, name: str) -> None:
    """Without rows to see and rows to hide there is no proof."""
    statements, entry_keys, said = VACUOUS[name]
    tenants, entry = look(statements, **entry_keys)
    with pytest.raises(NoDataError, match=said):
        tenants.foreign_rows(entry)


def test_every_table_with_the_column(look: Look) -> None:
    """Without names all relations that the role may read are looked at, views and leaves too; empty ones are named."""
    more = (
        "CREATE TABLE empty (tenant text); CREATE TABLE hidden (tenant text); CREATE TABLE other (x int); "
        f"CREATE VIEW v AS SELECT * FROM t; GRANT SELECT ON empty, other, v TO {APP}"
    )
    tenants, entry = look(GUARDED + more, table=None)
    assert ("public.empty", "public.t", "public.v") == tenants.tables(entry)
    seen = tenants.foreign_rows(entry)
    assert (9, 6) == (seen.value, seen.n)
    assert "not proved: tenant 'a' sees 0 of its own 0 rows in public.empty" in (seen.note or "")


def test_claims(look: Look) -> None:
    """The tenant may stand in claims, as JSON; claims without it count as unset, too."""
    claim = "current_setting('request.jwt.claims', true)::json ->> 'org'"
    policy = f"CREATE POLICY own ON t USING (tenant = ({claim}) OR ({claim} IS NULL AND "
    hole = policy + "current_setting('request.jwt.claims', true) <> ''))"
    tenants, entry = look(TABLE + ON + hole, claims={"org": "{tenant}", "aud": ["x"]})
    assert (0, 9) == (tenants.foreign_rows(entry).value, tenants.unset_rows(entry).value)


UNBOUND: Final = {
    "superuser": (GUARDED, "postgres", CheckFailedError, "is a superuser"),
    "bypass": (GUARDED, "tenancy_root", CheckFailedError, "has BYPASSRLS"),
    "owner": (
        GUARDED + f"ALTER TABLE t OWNER TO {APP}; ALTER TABLE t NO FORCE ROW LEVEL SECURITY",
        APP,
        CheckFailedError,
        "owns t without FORCE",
    ),
    "member": (GUARDED + f"GRANT tenancy_root TO {APP}", APP, FindingError, "may become tenancy_root"),
}


@pytest.mark.parametrize("name", UNBOUND)
def test_a_role_above_the_policies(look: Look, database: str, name: str) -> None:
    """A role that policies do not bind fails before anything else counts."""
    statements, role_name, error, said = UNBOUND[name]
    tenants, entry = look(statements, role=role_name)
    try:
        with pytest.raises(error, match=said):
            tenants.require_bound(entry)
    finally:
        execute(database, f"REVOKE tenancy_root FROM {APP}", "ALTER TABLE t OWNER TO postgres")


def test_a_role_that_is_bound(look: Look) -> None:
    """An owner is bound when row-level security is forced."""
    tenants, entry = look(GUARDED + f"ALTER TABLE t OWNER TO {APP}")
    tenants.require_bound(entry)


WRITES: Final = {
    "nothing": (GUARDED, []),
    "insert": (
        TABLE
        + ON
        + f"CREATE POLICY r ON t FOR SELECT USING ({OWN}); CREATE POLICY w ON t FOR INSERT WITH CHECK (true)",
        ["insert a row of theirs"],
    ),
    "give away": (
        TABLE
        + ON
        + "CREATE POLICY r ON t FOR SELECT USING (true); "
        + f"CREATE POLICY w ON t FOR UPDATE USING ({OWN}) WITH CHECK (true)",
        ["give them an own row"],
    ),
    "change and delete": (
        TABLE
        + ON
        + "CREATE POLICY r ON t FOR SELECT USING (true); CREATE POLICY u ON t FOR UPDATE USING (true); "
        + "CREATE POLICY d ON t FOR DELETE USING (true)",
        ["give them an own row", "change a row of theirs", "delete a row of theirs"],
    ),
    "everything": (
        TABLE,
        ["insert a row of theirs", "give them an own row", "change a row of theirs", "delete a row of theirs"],
    ),
    "a trigger refuses": (
        TABLE
        + "CREATE FUNCTION own() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not yours'; END $$; "
        + "CREATE TRIGGER own BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION own()",
        [],
    ),
    "no right to write": (GUARDED + f"REVOKE INSERT, UPDATE, DELETE ON t FROM {APP}", []),
}


@pytest.mark.parametrize("name", WRITES)
def test_foreign_writes(look: Look, database: str, name: str) -> None:
    """Each write that is possible is named; afterwards every row and the sequence are as before."""
    statements, possible = WRITES[name]
    tenants, entry = look(statements, allow=True, writes=True)
    state = "SELECT (SELECT string_agg(t::text, ',' ORDER BY id) FROM t) || pg_sequence_last_value('t_id_seq')"
    before = scalar(database, state)
    found = tenants.foreign_writes(entry)
    named = [part.split(": ")[1] for part in (found.note or "").split("; ") if part.startswith("t: ")]
    assert (len(possible), possible, before) == (found.value, named, scalar(database, state))
    assert 0 == scalar(database, "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")


@pytest.mark.parametrize(("allow", "writes"), [(False, True), (True, False)])
def test_writes_need_both_words(look: Look, *, allow: bool, writes: bool) -> None:
    """Neither the option nor the entry alone opens a writing transaction."""
    tenants, entry = look(GUARDED, allow=allow, writes=writes)
    with pytest.raises(InconclusiveError, match="not tried"):
        tenants.foreign_writes(entry)


def test_partitions_are_written_to(look: Look) -> None:
    """A row copied into a partitioned table finds its partition, so that the policy is what answers."""
    parted = (
        "CREATE TABLE t (id int, tenant text) PARTITION BY LIST (tenant); CREATE TABLE ta PARTITION OF t "
        "FOR VALUES IN ('a'); CREATE TABLE tb PARTITION OF t FOR VALUES IN ('b'); INSERT INTO t VALUES (1, 'a'), "
        f"(2, 'b'); GRANT SELECT, INSERT, UPDATE, DELETE ON t TO {APP}; "
    )
    tenants, entry = look(parted + ON + f"CREATE POLICY own ON t USING ({OWN})", allow=True, writes=True)
    assert (0, None) == (tenants.foreign_writes(entry).value, tenants.foreign_writes(entry).note)


def test_nothing_to_try_with_is_no_pass(look: Look) -> None:
    """Without an own row to copy the trial says so."""
    tenants, entry = look(GUARDED, allow=True, writes=True, tenants=["ghost", "a"])
    with pytest.raises(NoDataError, match="no own row to copy"):
        tenants.foreign_writes(entry)
    tenants, entry = look("SELECT 1", allow=True, writes=True, tenants=["a", "ghost"])
    with pytest.raises(NoDataError, match="'ghost' has no row"):
        tenants.foreign_writes(entry)


def test_ways_past_the_policies(look: Look) -> None:
    """The lints are those of the application's role, the worst severity decides, each is told with what to do."""
    tenants, entry = look(GUARDED + f"CREATE MATERIALIZED VIEW m AS SELECT * FROM t; GRANT SELECT ON m TO {APP}")
    with pytest.raises(FindingError, match=r"public\.m: holds rows of public\.t") as caught:
        tenants.require_no_holes(entry)
    assert Severity.HIGH is cast("Any", caught.value).severity
    assert "Revoke what is granted" in str(caught.value)


def test_through_a_pooler(look: Look, pack_server: EmbeddedPostgres, database: str) -> None:
    """Behaving as tenants works through PgBouncer in transaction mode; a fresh session is asked for past it."""
    tenants, entry = look(GUARDED, allow=True, writes=True)
    with pgbouncer(pack_server) as port:
        name = database.rpartition("/")[2]
        pooled = f"postgresql://postgres:{pack_server.password}@127.0.0.1:{port}/{name}"
        tenants._run.settings.database = DatabaseSettings.model_validate({"dsn": pooled})
        seen = tenants.foreign_rows(entry)
        assert (0, 0) == (seen.value, tenants.foreign_writes(entry).value)
        assert f":{port}/" in (seen.target or "")
        with pytest.raises(InconclusiveError, match="direct_dsn"):
            tenants.unset_rows(entry)
        direct = TenantIsolation.model_validate(entry.model_dump() | {"direct_dsn": database})
        assert 0 == tenants.unset_rows(direct).value
