"""What the declared logs say since the deployment."""

import pytest

from pytest_deploycheck import CheckFailedError, Log, Logs, NoDataError, Thresholds


@pytest.mark.each("log", having="patterns")
def test_patterns(log: Log, logs: Logs) -> None:
    """Every required line is there, no forbidden one is."""
    answer = logs(log)
    found = dict(answer.matches)
    missing = [f"nothing matches {pattern!r}" for pattern in log.require if not found[pattern]]
    shown = {pattern: lines[-1] for pattern, lines in answer.examples if lines}
    bad = [f"{found[p]} lines match {p!r}, such as: {shown.get(p, '')[:200]}" for p in log.forbid if found[p]]
    if missing and not answer.dated:
        raise NoDataError(logs.why_empty(answer), "Give the log timezone or a path whose lines bear a time")
    if missing or bad:
        raise CheckFailedError("; ".join(missing + bad))
    if log.forbid and (not answer.lines or answer.truncated):
        raise NoDataError(logs.why_empty(answer), "Check that the service logs there")


@pytest.mark.each("log", having="max_errors")
def test_errors(log: Log, logs: Logs, thresholds: Thresholds) -> None:
    """The log has few enough lines of level error or worse."""
    answer = logs(log)
    logs.show_errors(answer)
    thresholds.judge(logs.error_count(log, answer), log.max_errors)


@pytest.mark.each("log", having="new_errors")
def test_new_errors(log: Log, logs: Logs, thresholds: Thresholds) -> None:
    """The log has few enough kinds of errors that were not there before the deployment."""
    answer = logs(log)
    logs.show_errors(answer)
    thresholds.judge(logs.new_error_count(log, answer), log.new_errors)
