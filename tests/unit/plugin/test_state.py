"""A check that was lost on the way."""

from __future__ import annotations

from pytest_deploycheck.model import CheckResult
from pytest_deploycheck.plugin.state import missing_result
from pytest_deploycheck.status import Impact, Severity, Status


def test_a_lost_check_keeps_nothing_of_a_failure() -> None:
    """What to do about a failure is no advice for a check that was lost with its worker."""
    known = CheckResult(
        id="a",
        nodeid="n",
        title="A",
        severity=Severity.HIGH,
        impact=Impact.OPS,
        status=Status.FAIL,
        finding=Severity.HIGH,
        action="Restart.",
    )
    lost = missing_result("a", "n", "the worker crashed", known)
    assert (Status.ERROR, None, None) == (lost.status, lost.finding, lost.action)
