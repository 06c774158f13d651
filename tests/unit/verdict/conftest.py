"""Results to decide about."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_deploycheck.model import CheckResult
from pytest_deploycheck.status import Impact, Severity, Status


def make(status: str = "PASS", severity: str = "critical", impact: str = "ops", **more: Any) -> CheckResult:
    """Return a result named after what it is."""
    name = more.pop("name", f"{impact}-{severity}-{status}")
    found = Status(status)
    if found in {Status.WARN, Status.FAIL}:
        more.setdefault("finding", Severity(severity))
    own = Severity.CRITICAL if severity == "rollback" else Severity(severity)
    return CheckResult(id=name, nodeid=name, title=name, severity=own, impact=Impact(impact), status=found, **more)


@pytest.fixture
def result() -> Any:
    """Makes results."""
    return make
