"""What the declared logs say since the deployment."""

import pytest

from pytest_deploycheck import CheckFailedError, Log, Logs, Thresholds


@pytest.mark.each("log")
def test_patterns(log: Log, logs: Logs) -> None:
    """Every required line is there, no forbidden one is."""
    answer = logs(log)
    found = dict(answer.matches)
    missing = [f"nothing matches {pattern!r}" for pattern in log.require if not found[pattern]]
    bad = [f"{found[pattern]} lines match {pattern!r}" for pattern in log.forbid if found[pattern]]
    if missing or bad:
        raise CheckFailedError("; ".join(missing + bad))


@pytest.mark.each("log", having="max_errors")
def test_errors(log: Log, logs: Logs, thresholds: Thresholds) -> None:
    """The log has few enough lines of level error or worse."""
    answer = logs(log)
    thresholds.judge(logs.error_count(log, answer), log.max_errors)
