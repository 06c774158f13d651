"""Each check while pytest runs it: its exceptions become statuses, its report carries the result as JSON text.

The result travels on the report (``report.deploycheck``), because a report reaches the controller of pytest-xdist also
when the worker dies afterwards. A finding that is only a warning does not fail the pytest test, except under strict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_deploycheck import wire
from pytest_deploycheck.plugin.outcome import Outcome, classify
from pytest_deploycheck.plugin.redacting import redact_result
from pytest_deploycheck.plugin.spec import SPEC
from pytest_deploycheck.plugin.state import CHECK, RUN, CheckState
from pytest_deploycheck.status import OnFail, Status, status_of_finding

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pytest_deploycheck.model import CheckResult
    from pytest_deploycheck.plugin.state import DeployRun

SECTION: Final = "deploycheck"
RESULT: Final = "deploycheck"
REQUESTS: Final = "deploycheck_requests"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Open the check's state before any fixture runs; an item that somebody added later has none, and is lost."""
    if SPEC in item.stash:
        item.stash[CHECK] = CheckState(item.stash[SPEC])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge what ended this phase of the test, and put the result on the report."""
    report = yield
    if SPEC not in item.stash:
        return report
    run, state = item.config.stash[RUN], item.stash.setdefault(CHECK, CheckState(item.stash[SPEC]))
    state.duration += report.duration
    if call.excinfo is not None and not isinstance(call.excinfo.value, KeyboardInterrupt | pytest.exit.Exception):
        _take_in(state, report, call.excinfo.value, run)
    elif hasattr(report, "wasxfail"):
        state.note(Outcome(Status.WARN, f"expected to fail: {report.wasxfail}", state.spec.severity))
    elif report.failed and state.outcome.status is Status.PASS:
        state.note(Outcome(status_of_finding(state.spec.severity), report.longreprtext, state.spec.severity))
    if report.when == "setup" and report.passed:
        _clean(report, run)
        return report
    result = state.told
    if result is None or state.has_news:
        result, vars(report)[RESULT] = _recorded(state, run)  # xdist carries attributes along
        state.tell(result)
    vars(report)[REQUESTS] = run.observatory.requests if report.when == "teardown" else 0
    _soften(report, result, run)
    _clean(report, run)
    if report.when == "teardown":
        _add_properties(item, report, result)
    return report


def _recorded(state: CheckState, run: DeployRun) -> tuple[CheckResult, str]:
    """Return the redacted result and its text; values that nobody can write down are an error of the check."""
    try:
        result = redact_result(run.folded(state.result(), state.spec.limits), run.redactor.text)
        return result, wire.encode_result(result)
    except Exception as error:  # noqa: BLE001  # a check may hand over any object; the run must go on
        state.readings.clear()
        state.note(Outcome(Status.ERROR, f"what it measured cannot be recorded: {type(error).__name__}"))
        result = redact_result(run.folded(state.result(), state.spec.limits), run.redactor.text)
        return result, wire.encode_result(result)


def _take_in(state: CheckState, report: pytest.TestReport, error: BaseException, run: DeployRun) -> None:
    xfailed = getattr(report, "wasxfail", None)
    if xfailed is not None:
        outcome = Outcome(Status.WARN, f"expected to fail: {xfailed}", state.spec.severity)
    else:
        outcome = classify(error, state.spec)
    if report.when == "teardown":
        outcome = Outcome(outcome.status, f"while cleaning up: {outcome.reason}", outcome.finding, outcome.explained)
    first_line, _, rest = outcome.reason.partition("\n")
    state.note(Outcome(outcome.status, first_line, outcome.finding, outcome.explained))
    detail = outcome.reason if outcome.explained else _traceback(report)
    if outcome.status > Status.PASS and (rest or not outcome.explained):
        state.detail = run.redactor.text(detail)
    if outcome.explained and report.outcome == "failed":
        report.longrepr = detail


def _traceback(report: pytest.TestReport) -> str:
    return report.longreprtext


def _soften(report: pytest.TestReport, result: CheckResult, run: DeployRun) -> None:
    """Let a test pass whose finding does not count as a failure: a warning (unless strict) or an ignored check."""
    counts_not = result.dry_run or result.on_fail is OnFail.IGNORE
    warned = result.status is Status.WARN and not run.options.strict
    limited = result.observed is not None and result.status > Status.WARN and not counts_not
    if report.outcome == "passed" and report.when == "call" and limited:
        # earlier runs decide: a green test beside a red verdict would be a contradiction
        report.outcome, report.longrepr = "failed", result.reason
    if report.outcome == "failed" and (warned or counts_not):
        report.outcome = "passed"
        report.sections.append((f"{SECTION}: {result.status}", result.detail or result.reason))
        report.longrepr = None


def _clean(report: pytest.TestReport, run: DeployRun) -> None:
    redact = run.redactor.text
    if report.outcome == "skipped":
        if isinstance(report.longrepr, tuple):
            path, line, reason = report.longrepr
            report.longrepr = (path, line, redact(reason))
    elif report.longrepr is not None:
        report.longrepr = redact(report.longreprtext)
    if report.sections:
        report.sections = [(redact(name), redact(text)) for name, text in report.sections]
    if report.user_properties:
        report.user_properties = [
            (redact(str(name)), _clean_value(value, redact)) for name, value in report.user_properties
        ]
    if hasattr(report, "wasxfail"):
        report.wasxfail = redact(report.wasxfail)


def _clean_value(value: object, redact: Callable[[str], str]) -> object:
    """Return the value of a property; whatever is no plain number becomes text, as JUnit would write it."""
    return value if isinstance(value, int | float) else redact(str(value))


def _add_properties(item: pytest.Item, report: pytest.TestReport, result: CheckResult) -> None:
    """Add what JUnit shows of the check; it is made of the result, which has been redacted."""
    properties: list[tuple[str, Any]] = [
        ("deploycheck.id", result.id),
        ("deploycheck.status", result.status.value),
        ("deploycheck.severity", result.severity.value),
        ("deploycheck.impact", result.impact.value),
    ]
    if result.finding is not None:
        properties.append(("deploycheck.finding", result.finding.value))
    if result.reason:
        properties.append(("deploycheck.reason", result.reason))
    properties.extend(
        (f"deploycheck.measurement.{r.measurement.metric}", f"{r.measurement.value} {r.measurement.unit}".strip())
        for r in result.readings
    )
    item.user_properties.extend(properties)
    report.user_properties = [*report.user_properties, *properties]
