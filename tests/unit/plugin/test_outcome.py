"""What an exception means for a check: ERROR (could not measure) and FAIL (measured, and bad) never mix."""

from __future__ import annotations

import pytest

from pytest_deploycheck import errors
from pytest_deploycheck.plugin.judging import FindingError
from pytest_deploycheck.plugin.outcome import classify
from pytest_deploycheck.plugin.spec import CheckSpec
from pytest_deploycheck.status import Impact, Severity, Status

TIMEOUT = "Timeout (>1.0s) from pytest-timeout."


def _spec(severity: Severity) -> CheckSpec:
    return CheckSpec(id="a", nodeid="a", title="a", severity=severity, impact=Impact.OPS)


@pytest.mark.parametrize(
    ("error", "status", "finding"),
    [
        (AssertionError("x"), Status.FAIL, Severity.CRITICAL),
        (AssertionError(), Status.FAIL, Severity.CRITICAL),
        (errors.CheckFailedError("x"), Status.FAIL, Severity.CRITICAL),
        (errors.ThresholdExceededError("x"), Status.FAIL, Severity.CRITICAL),
        (FindingError("x", Severity.LOW), Status.WARN, Severity.LOW),
        (FindingError("x", Severity.ROLLBACK), Status.FAIL, Severity.ROLLBACK),
        (FindingError("x", None), Status.FAIL, Severity.CRITICAL),
        (pytest.fail.Exception("by hand"), Status.FAIL, Severity.CRITICAL),
        (pytest.fail.Exception(TIMEOUT), Status.ERROR, None),
        (pytest.skip.Exception("later"), Status.INCONCLUSIVE, None),
        (errors.NoAnswerError("x"), Status.ERROR, None),
        (errors.ObserverOfflineError("x"), Status.ERROR, None),
        (errors.NoDataError("x"), Status.INCONCLUSIVE, None),
        (errors.AttestationMissingError("x"), Status.INCONCLUSIVE, None),
        (errors.SettingsError.of("a", "b", "c"), Status.ERROR, None),
        (errors.WireError("x"), Status.ERROR, None),
        (KeyError("x"), Status.ERROR, None),
        (SystemExit(0), Status.ERROR, None),
        (RecursionError(), Status.ERROR, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_meaning(error: BaseException, status: Status, finding: Severity | None) -> None:
    """Each kind of end has its status, and a level only when something bad was measured."""
    outcome = classify(error, _spec(Severity.CRITICAL))
    assert (status, finding) == (outcome.status, outcome.finding)
    assert outcome.reason


@pytest.mark.parametrize(("severity", "status"), [(Severity.LOW, Status.WARN), (Severity.HIGH, Status.FAIL)])
def test_severity_of_the_check_decides(severity: Severity, status: Status) -> None:
    """The same assertion is a warning in a low check and a failure in a high one."""
    assert status is classify(AssertionError("x"), _spec(severity)).status


def test_every_error_of_ours_has_a_meaning() -> None:
    """No error of the tree is taken for a crash of the check, WireError apart (it is nobody's to raise)."""
    found = [errors.DeploycheckError]
    for kind in found:
        found += kind.__subclasses__()
    own = {kind for kind in found if kind.__module__ == errors.__name__}
    for kind in own - {errors.DeploycheckError, errors.WireError}:
        error = kind("text") if kind is not errors.SettingsError else errors.SettingsError.of("a", "b", "c")
        assert "crashed" not in classify(error, _spec(Severity.HIGH)).reason, kind
