"""What the declared logs say since the deployment."""

import pytest

from pytest_deploycheck import CheckFailedError, Log, Logs, Thresholds


@pytest.mark.each("log")
def test_patterns(log: Log, logs: Logs) -> None:
    """Every required line is there, no forbidden one is."""
    answer = logs(log)
    found = dict(answer.matches)
    missing = [f"nothing matches {pattern!r}" for pattern in log.require if not found[pattern]]
    shown = {pattern: lines[-1] for pattern, lines in answer.examples if lines}
    bad = [f"{found[p]} lines match {p!r}, such as: {shown.get(p, '')[:200]}" for p in log.forbid if found[p]]
    if missing or bad:
        raise CheckFailedError("; ".join(missing + bad))


@pytest.mark.each("log", having="max_errors")
def test_errors(log: Log, logs: Logs, thresholds: Thresholds) -> None:
    """The log has few enough lines of level error or worse."""
    answer = logs(log)
    thresholds.judge(logs.error_count(log, answer), log.max_errors)
