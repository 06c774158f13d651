"""Does every tenant see its own rows and nobody else's?"""

import pytest


@pytest.mark.each("tenant_isolation")
@pytest.mark.action("Stop the service for tenants now; then look at the table's policies and at who owns it.")
def test_isolation(tenant_isolation, db, thresholds):
    """Behaving as each tenant, and as none, shows no foreign row."""
    thresholds.judge_levels(db.require_isolation(tenant_isolation), critical="> 0")
