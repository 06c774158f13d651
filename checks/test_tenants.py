"""Does every tenant see its own rows and nobody else's?"""

import pytest

from pytest_deploycheck import Database, TenantIsolation, Thresholds


@pytest.mark.each("tenant_isolation")
@pytest.mark.action("Stop the service for tenants now; then look at the table's policies and at who owns it.")
def test_isolation(tenant_isolation: TenantIsolation, db: Database, thresholds: Thresholds) -> None:
    """Behaving as each tenant, and as none, shows no foreign row."""
    thresholds.judge_levels(db.require_isolation(tenant_isolation), critical="> 0")
