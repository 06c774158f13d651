"""Whether findings get worse between two runs."""

from __future__ import annotations

import pytest

from pytest_deploycheck.model import CheckResult
from pytest_deploycheck.status import Impact, Severity, Status
from pytest_deploycheck.verdict import Trend, trend_between


def findings(**levels: str) -> tuple[CheckResult, ...]:
    """Return failed checks by id and level, and one that passed."""
    failed = [
        CheckResult(
            id=name, nodeid=name, title=name, severity=Severity.HIGH, impact=Impact.OPS, status=Status.FAIL,
            finding=Severity(level),
        )
        for name, level in levels.items()
    ]  # fmt: skip
    fine = CheckResult(
        id="fine", nodeid="fine", title="fine", severity=Severity.HIGH, impact=Impact.OPS, status=Status.PASS
    )
    return (*failed, fine)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (None, findings(a="high"), Trend.UNKNOWN),
        (findings(), findings(a="critical"), Trend.STABLE),
        (findings(a="high"), findings(a="high"), Trend.STABLE),
        (findings(a="high"), findings(a="critical"), Trend.WORSENING),
        (findings(a="high"), findings(a="high", b="high"), Trend.WORSENING),
        (findings(a="high", b="high"), findings(a="high"), Trend.IMPROVING),
        (findings(a="critical", b="high"), findings(a="high", b="critical"), Trend.STABLE),
        (findings(a="high"), findings(b="high"), Trend.STABLE),
    ],
    ids=["no-earlier-run", "first-seen", "same", "worse-level", "more", "fewer", "mixed", "other"],
)
def test_trend(before: tuple[CheckResult, ...] | None, now: tuple[CheckResult, ...], expected: Trend) -> None:
    """Only what was bad before and is worse now is getting worse."""
    assert expected == trend_between(before, now)
