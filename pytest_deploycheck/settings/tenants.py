"""The section ``[[tenant_isolation]]``; beside the other items."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Any, ClassVar, Final

from pydantic import Field

from pytest_deploycheck.settings.fields import Dsn, Name, SeverityWord, Switch, TableName, Tenant
from pytest_deploycheck.settings.items import Item
from pytest_deploycheck.status import Confirms, Impact, Severity

CLAIMS: Final = "request.jwt.claims"


class TenantIsolation(Item):
    """Tables under row-level security: no tenant may see or write a row of another one."""

    kind = "tenant_isolation"
    writing: ClassVar[str] = "writes"
    indirect: ClassVar[frozenset[str]] = frozenset({"role", "lints"})

    severity: SeverityWord = Field(default=Severity.CRITICAL, description="How bad a failure is.")
    impact: Impact = Field(default=Impact.SECURITY, description="What suffers from a failure.")
    confirms: Confirms | None = Field(
        default=Confirms.CROSS_TENANT, description="What a foreign row seen or written proves; it means ROLLBACK_NOW."
    )
    table: TableName | None = Field(default=None, description="The table, or schema.table.")
    tables: tuple[TableName, ...] = Field(
        default=(), description="Several tables; without table and tables: all with the column that the role may read."
    )
    tenant_column: Name = Field(description="The column that holds the tenant.")
    role: Name = Field(description="The application's role, which is under row-level security.")
    setting: Name | None = Field(default=None, description='The setting that names the tenant: "app.tenant_id".')
    claims: dict[Name, Any] = Field(
        default_factory=dict,
        description=f'Claims as JSON in the setting (default {CLAIMS}); "{{tenant}}" in them stands for the tenant.',
    )
    tenants: tuple[Tenant, ...] = Field(min_length=2, description="At least two tenants that have rows.")
    writes: Switch = Field(
        default=False, description="Also try foreign writes, rolled back; needs --deploy-allow-writes."
    )
    direct_dsn: Dsn | None = Field(
        default=None, description="The database past its pooler, for what only a fresh session shows."
    )

    @property
    def setting_name(self) -> str:
        """The setting that names the tenant."""
        return self.setting or CLAIMS
