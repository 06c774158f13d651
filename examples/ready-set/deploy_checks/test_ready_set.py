"""What the settings cannot say: the audit log holds deletions, so that there is something to analyse."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.severity("low")
@pytest.mark.impact("data")
@pytest.mark.phase("weekly", "monthly")
@pytest.mark.needs("database")
@pytest.mark.action("Look whether audit_logs exists and deletions are still written to it.")
@pytest.mark.rows("RS-108")
def test_the_audit_log_holds_deletions(db: Any, thresholds: Any) -> None:
    """The audit log holds deletions: without any there is no data to analyse, and that is no success."""
    found = db.scalar("SELECT count(*) FROM audit_logs WHERE action = 'USER_DELETION'")
    thresholds.check("audited_deletions", found or None, levels={"low": "< 1"})
