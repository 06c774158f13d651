"""What the settings cannot say: the audit log holds deletions, so that there is something to analyse."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.severity("low")
@pytest.mark.impact("data")
@pytest.mark.phase("weekly", "monthly")
@pytest.mark.needs("database")
@pytest.mark.action("Analyse a longer period; look whether deletions are still written to audit_logs.")
def test_the_audit_log_holds_deletions(db: Any, thresholds: Any) -> None:
    """The analysed period has deletions: without any the analyses have no data, and that is no success."""
    found = db.scalar("SELECT count(*) FROM audit_logs WHERE action = 'USER_DELETION'")
    thresholds.check("audited_deletions", found, levels={"low": "< 1"})
