"""What the declared logs say since the deployment."""

import pytest

from pytest_deploycheck import CheckFailedError


@pytest.mark.each("log")
def test_patterns(log, logs):
    """Every required line is there, no forbidden one is."""
    answer = logs(log)
    found = dict(answer.matches)
    missing = [f"nothing matches {pattern!r}" for pattern in log.require if not found[pattern]]
    bad = [f"{found[pattern]} lines match {pattern!r}" for pattern in log.forbid if found[pattern]]
    if missing or bad:
        raise CheckFailedError("; ".join(missing + bad))


@pytest.mark.each("log", having="max_errors")
def test_errors(log, logs, thresholds):
    """The log has few enough lines of level error or worse."""
    answer = logs(log)
    thresholds.judge(logs.error_count(log, answer), log.max_errors)
