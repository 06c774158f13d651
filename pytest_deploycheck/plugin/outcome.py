"""What an exception means for a check: measured and bad, could not measure, or nothing to judge. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from pytest_deploycheck.errors import (
    CheckFailedError,
    DeploycheckError,
    InconclusiveError,
    SettingsError,
    SourceError,
    ThresholdExceededError,
)
from pytest_deploycheck.status import Severity, Status, status_of_finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.plugin.spec import CheckSpec

TIMEOUT_MARK: Final = "Timeout (>"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A status with its reason; ``finding`` is the level reached, None unless something bad was measured.

    ``explained`` is True when the reason says everything and a traceback would only hide it. ``remedy`` is what to do
    about a measurement that failed.
    """

    status: Status
    reason: str = ""
    finding: Severity | None = None
    explained: bool = True
    remedy: str | None = None


PASSED: Final = Outcome(Status.PASS)


def classify(error: BaseException, spec: CheckSpec) -> Outcome:
    """Return what the exception that ended a check means; the first entry of :data:`_MEANINGS` that fits decides."""
    meaning = next((meaning for kind, meaning in _MEANINGS if isinstance(error, kind)), _crashed)
    return meaning(error, spec)


def _exceeded(error: BaseException, spec: CheckSpec) -> Outcome:
    finding = getattr(error, "severity", None) or spec.severity
    return Outcome(status_of_finding(finding), str(error), finding)


def _asserted(error: BaseException, spec: CheckSpec) -> Outcome:
    reason = str(error) or "the assertion failed"
    return Outcome(status_of_finding(spec.severity), reason, spec.severity, explained=False)


def _failed(error: BaseException, spec: CheckSpec) -> Outcome:
    text = str(error)
    if TIMEOUT_MARK in text and "pytest-timeout" in text:
        return Outcome(Status.ERROR, f"the check did not end in time: {text}")
    return Outcome(status_of_finding(spec.severity), text, spec.severity)


def _inconclusive(error: BaseException, _spec: CheckSpec) -> Outcome:
    return Outcome(Status.INCONCLUSIVE, str(error), remedy=getattr(error, "hint", None))


def _unmeasured(error: BaseException, _spec: CheckSpec) -> Outcome:
    return Outcome(Status.ERROR, str(error), remedy=getattr(error, "hint", None))


def _skipped(error: BaseException, _spec: CheckSpec) -> Outcome:
    return Outcome(Status.INCONCLUSIVE, f"skipped: {error}")


def _misused(error: BaseException, _spec: CheckSpec) -> Outcome:
    return Outcome(Status.ERROR, f"the check is written wrongly: {error}")


def _crashed(error: BaseException, _spec: CheckSpec) -> Outcome:
    return Outcome(Status.ERROR, f"the check itself crashed: {type(error).__name__}: {error}", explained=False)


_MEANINGS: Final[tuple[tuple[type[BaseException], Callable[[BaseException, CheckSpec], Outcome]], ...]] = (
    (ThresholdExceededError, _exceeded),
    (InconclusiveError, _inconclusive),
    (SourceError, _unmeasured),
    (SettingsError, _misused),
    (CheckFailedError, _failed),
    (AssertionError, _asserted),
    (pytest.fail.Exception, _failed),
    (pytest.skip.Exception, _skipped),
    (DeploycheckError, _unmeasured),  # what any other part of ours could not do
)
