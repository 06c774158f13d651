"""Does every tenant see its own rows and nobody else's, and could it write any of theirs?"""

import pytest

from pytest_deploycheck import TenantIsolation, Tenants, Thresholds

STOP = "Stop the service for tenants now; then look at the table's policies and at who owns it."


@pytest.mark.each("tenant_isolation")
@pytest.mark.action(STOP)
def test_isolation(tenant_isolation: TenantIsolation, tenants: Tenants, thresholds: Thresholds) -> None:
    """Behaving as each tenant shows its own rows, and no foreign one."""
    thresholds.judge_levels(tenants.foreign_rows(tenant_isolation), critical="> 0")


@pytest.mark.each("tenant_isolation")
@pytest.mark.action(STOP)
def test_no_tenant_sees_nothing(tenant_isolation: TenantIsolation, tenants: Tenants, thresholds: Thresholds) -> None:
    """A session that forgot to say for whom it works sees no row, used before or fresh."""
    thresholds.judge_levels(tenants.unset_rows(tenant_isolation), critical="> 0")


@pytest.mark.each("tenant_isolation", having="writes", asks="writes")
@pytest.mark.action(STOP)
def test_no_foreign_writes(tenant_isolation: TenantIsolation, tenants: Tenants, thresholds: Thresholds) -> None:
    """A tenant can insert, change, delete or give away no row of another; everything tried is rolled back."""
    thresholds.judge_levels(tenants.foreign_writes(tenant_isolation), critical="> 0")


@pytest.mark.each("tenant_isolation", asks="role")
@pytest.mark.severity("critical")
@pytest.mark.action("Give the application a role of its own that owns nothing, or FORCE ROW LEVEL SECURITY.")
def test_policies_bind_the_role(tenant_isolation: TenantIsolation, tenants: Tenants) -> None:
    """The application's role is under row-level security at all."""
    tenants.require_bound(tenant_isolation)


@pytest.mark.each("tenant_isolation", asks="lints")
@pytest.mark.severity("high")
@pytest.mark.action("Close each way that is named: tables, partitions, policies, views, functions.")
def test_no_way_past_the_policies(tenant_isolation: TenantIsolation, tenants: Tenants) -> None:
    """The catalogue shows no way past the policies that the application's role could take."""
    tenants.require_no_holes(tenant_isolation)
