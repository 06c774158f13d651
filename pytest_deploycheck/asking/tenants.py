"""How a declared tenant is taken on, and which foreign writes are tried; from settings to what sources are asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asking.base import database_of
from pytest_deploycheck.asks import TenantTrialAsk
from pytest_deploycheck.sources.postgres_queries import column_name, table_of

if TYPE_CHECKING:
    from pytest_deploycheck.settings.schema import Settings
    from pytest_deploycheck.settings.tenants import TenantIsolation

PLACE: Final = "{tenant}"


def tenant_value(entry: TenantIsolation, tenant: str) -> str:
    """Return what the setting holds for a tenant: its name, or the claims as JSON."""
    return json.dumps(_filled(entry.claims, tenant)) if entry.claims else tenant


def unset_values(entry: TenantIsolation) -> tuple[str, ...]:
    """Return what the setting holds when no tenant is set: nothing, and claims that name none."""
    return ("", "{}") if entry.claims else ("",)


def trial_ask(settings: Settings, entry: TenantIsolation, table: str, tenant: str, other: str) -> TenantTrialAsk:
    """Return the trial of foreign writes; it goes to the database itself, never to a replica.

    Raises:
        ValueError: a name is no identifier.
    """
    database = database_of(settings)
    return TenantTrialAsk(
        dsn=database.dsn.get_secret_value(),
        table=table_of(table),
        column=column_name(entry.tenant_column),
        role=entry.role,
        setting=entry.setting_name,
        value=tenant_value(entry, tenant),
        tenant=tenant,
        other=other,
        statement_timeout=database.statement_timeout,
        lock_timeout=database.lock_timeout,
        name=entry.id[:40],
    )


def _filled(value: Any, tenant: str) -> Any:
    if isinstance(value, str):
        return value.replace(PLACE, tenant)
    if isinstance(value, dict):
        return {key: _filled(each, tenant) for key, each in value.items()}
    return [_filled(each, tenant) for each in value] if isinstance(value, list) else value
