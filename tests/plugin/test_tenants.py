"""Tenant isolation in a whole run: what a leak means for the verdict, what a lint does not, and what is not tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fix_pack import database, execute, pack_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugin.conftest import Project

__all__ = ["database", "pack_server"]

pytest_plugins = ["pytester"]

SETTINGS = """
[database]
dsn = "{dsn}"
[[tenant_isolation]]
id = "t"
table = "t"
tenant_column = "tenant"
role = "run_app"
setting = "app.tenant"
tenants = ["a", "b"]
writes = true
"""
TABLE = """
CREATE TABLE t (tenant text);
INSERT INTO t VALUES ('a'), ('b');
GRANT SELECT, INSERT, UPDATE, DELETE ON t TO run_app;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
ALTER TABLE t FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON t USING (tenant = current_setting('app.tenant', true))
"""
WORKERS = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])


@pytest.fixture
def guarded(project: Project, database: str) -> Iterator[Project]:  # the fixture
    """A project whose database holds two tenants apart."""
    execute(database, "DROP ROLE IF EXISTS run_app", "CREATE ROLE run_app")
    execute(database, TABLE)
    project.settings(SETTINGS.format(dsn=database))
    yield project
    execute(database, "DROP OWNED BY run_app", "DROP ROLE run_app")


@WORKERS
def test_all_is_well(guarded: Project, workers: tuple[str, ...]) -> None:
    """Everything passes; the foreign writes are left out and said to be, and tried when they are allowed."""
    careful = guarded.run("-k", "tenants", *workers)
    assert ("PASS", 0) == careful.verdict
    assert "writes, and --deploy-allow-writes was not given: 1" in careful.out
    assert "foreign writes not tried" in str(careful.checks["tenants.isolation[t]"]["measurements"])
    bold = guarded.run("-k", "tenants", "--deploy-allow-writes", *workers)
    assert ("PASS", 0) == bold.verdict
    assert "PASS" == bold.checks["tenants.no_foreign_writes[t]"]["status"]


def test_a_leak_confirms_and_a_lint_does_not(guarded: Project, database: str) -> None:  # the fixture
    """A leaking view is a high finding of the catalogue; only a row that was seen means ROLLBACK_NOW."""
    execute(database, "CREATE VIEW v AS SELECT * FROM t; GRANT SELECT ON v TO run_app")
    lint = guarded.run("-k", "tenants")
    assert ("WATCH", 12) == lint.verdict
    assert "security_invoker" in str(lint.checks["tenants.no_way_past_the_policies[t]"])
    guarded.settings(SETTINGS.format(dsn=database).replace('table = "t"', 'tables = ["t", "v"]'))
    leak = guarded.run("-k", "tenants")
    assert ("ROLLBACK_NOW", 21) == leak.verdict
