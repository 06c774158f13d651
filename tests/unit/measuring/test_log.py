"""Counts, rates and shares of log lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pytest_deploycheck.asks import LogAnswer, LogSignature
from pytest_deploycheck.errors import NoDataError
from pytest_deploycheck.measuring import measure, measure_new_errors, signature_table
from pytest_deploycheck.settings.items import Log
from pytest_deploycheck.settings.metrics import LogMetric

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def answer(**more: Any) -> LogAnswer:
    """Return an answer about 200 lines of ten minutes."""
    given: dict[str, Any] = {
        "lines": 200,
        "levels": (("CRITICAL", 1), ("ERROR", 4), ("WARNING", 9)),
        "matches": (("x", 30), ("GET", 100), ("none", 0)),
        "since": NOW - timedelta(minutes=10),
        "at": NOW,
    }
    return LogAnswer(path="a.log", **(given | more))


def metric(**keys: Any) -> LogMetric:
    """Return a metric of the log."""
    return LogMetric(id="m", source="log", log="a", **keys)


@pytest.mark.parametrize(
    ("keys", "value", "unit", "n"),
    [
        ({"pattern": "x"}, 30, "", 200),
        ({"level": "ERROR"}, 5, "", 200),
        ({"level": "WARNING"}, 9, "", 200),
        ({"level": "DEBUG"}, 0, "", 200),
        ({"pattern": "x", "per": "minute"}, 3, "1/min", 200),
        ({"pattern": "x", "per": "lines"}, 15, "%", 200),
        ({"pattern": "x", "per": "lines", "of": "GET"}, 30, "%", 100),
        ({"pattern": "x", "per": "lines", "of": "none"}, None, "%", None),
    ],
)
def test_what_is_counted(keys: dict[str, Any], value: float | None, unit: str, n: int | None) -> None:
    """A count, a rate for each minute, a share of the lines or of some of them."""
    found = measure(metric(**keys), answer())
    assert (value, unit, n) == (found.value, found.unit, found.n)


def test_no_line_is_no_zero() -> None:
    """An empty log is not a log without errors, and one without times is named as such."""
    empty = measure(metric(pattern="x"), answer(lines=0, matches=(("x", 0),)))
    assert (None, "the log has no line in this time") == (empty.value, empty.note)
    undated = measure(metric(pattern="x"), answer(lines=0, dated=False))
    assert "no timestamp" in (undated.note or "")


def test_a_part_of_a_log_is_a_lower_bound() -> None:
    """What was not read can only add."""
    assert measure(metric(pattern="x"), answer(truncated=True)).lower_bound


def test_a_rate_needs_a_time() -> None:
    """Without a beginning nobody knows the minutes."""
    with pytest.raises(NoDataError, match="needs a time"):
        measure(metric(pattern="x", per="minute"), answer(since=None))


def test_new_errors_need_something_before() -> None:
    """A log that begins with the deployment tells nothing about what is new."""
    log = Log(id="a", path="a.log")
    with pytest.raises(NoDataError, match="does not reach back"):
        measure_new_errors(log, answer())
    assert 2 == measure_new_errors(log, answer(reaches_back=True, unknown=2)).value


def test_the_table_of_errors() -> None:
    """Each kind of error with its number, whether it is new, and an example; secrets go before numbers do."""
    kinds = (
        LogSignature(text="a <n>", count=7, example="a 1", known=False),
        LogSignature(text="b", count=9, example="b s3cr3t"),
    )
    lines = signature_table(answer(signatures=kinds, distinct=5), lambda text: text.replace("s3cr3t", "***"))
    assert [
        "      7 x new  a <n>",
        "          such as: a 1",
        "      9 x b ***",
        "          such as: b ***",
        "          and 3 more kinds of errors",
    ] == lines
