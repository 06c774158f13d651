"""Each finding holds what repeats it, and one cause is told once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.reporting.findings import failure_block, findings_lines, grouped
from pytest_deploycheck.status import Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.model import CheckResult, RunRecord
    from pytest_deploycheck.reporting.lines import Line


def text_of(lines: list[Line]) -> str:
    """Return the lines as they would stand on the screen."""
    return "\n".join(text for text, _ in lines)


def test_a_failure_holds_everything_to_repeat_it(record: RunRecord) -> None:
    """Value, condition, target, query, samples, action, runbook and the full text stand in the block."""
    text = text_of(failure_block(record.checks[1], 100))
    wanted = [
        "FAIL  flows.works[checkout] · critical · flow",
        "value        latency = 500 (p95 of 20 samples)",
        "condition    critical: != 200",
        "target       http://127.0.0.1:8000/health",
        "query        GET /health",
        "samples      20 samples in 5s",
        "action       Ask the payments team.",
        "runbook      https://wiki.example.org/checkout",
        "    E   answered 500",
    ]
    assert [] == [words for words in wanted if words not in text]


def test_a_long_detail_and_many_readings_are_cut(record: RunRecord) -> None:
    """A page-long text and a hundred readings do not bury the others."""
    check = record.checks[1]
    check = replace(check, readings=check.readings * 100, detail="\n".join(f"line {number}" for number in range(100)))
    text = text_of(failure_block(check, 100))
    assert "+95 more measurements in the report" in text
    assert "… 60 more lines in the report" in text
    assert "line 40" not in text


def test_a_detail_that_only_repeats_the_reason_is_left_out(record: RunRecord) -> None:
    """The same sentence is not printed twice."""
    check = replace(record.checks[1], detail="step pay answered 500, not 200\n")
    assert text_of(failure_block(check, 120)).count("step pay") == 1


def refused(make_check: Callable[..., CheckResult], number: int, status: Status = Status.ERROR) -> CheckResult:
    """Return a check whose own path refused the connection."""
    reason = f"http://shop.example:80/p{number} refused the connection, 3 attempts. Is it running?"
    return make_check(f"metrics.metric[m{number}]", status=status, reason=reason, readings=())


@pytest.mark.parametrize("status", [Status.ERROR, Status.INCONCLUSIVE])
def test_one_unreachable_service_is_one_block(status: Status, make_check: Callable[..., CheckResult]) -> None:
    """The reason stands there once without the paths, every id and their number beside it."""
    checks = [refused(make_check, number, status) for number in range(25)]
    checks[7] = replace(checks[7], severity=Severity.CRITICAL)
    text = text_of(findings_lines(checks))
    assert text.count("refused the connection") == 1
    assert "http://shop.example:80/… refused" in text
    assert text.startswith(f"{status}  25 checks · 1 critical, 24 high")
    assert [] == [check.id for check in checks if check.id not in text]
    assert len(text.splitlines()) < 20


def test_tries_make_no_other_cause(make_check: Callable[..., CheckResult]) -> None:
    """How often it was tried in vain is no difference."""
    reasons = [
        "shop was not asked again: no answer 5 times in a row",
        "shop was not asked again: no answer 8 times in a row",
    ]
    checks = [make_check(reason[-15:], status=Status.ERROR, reason=reason, readings=()) for reason in reasons]
    assert len(grouped(checks)) == 1


def test_other_hosts_and_statuses_stay_apart(make_check: Callable[..., CheckResult]) -> None:
    """Two hosts are two causes, and an error is no failure."""
    first, second = refused(make_check, 1), refused(make_check, 2)
    other = replace(second, id="other", reason=second.reason.replace("shop", "pay"))
    assert len(grouped([first, other, replace(second, status=Status.INCONCLUSIVE)])) == 3


def test_failures_share_a_block_only_when_all_is_the_same(make_check: Callable[..., CheckResult]) -> None:
    """Another path, value, query or traceback keeps a failure on its own."""
    same = [
        replace(refused(make_check, 1, Status.FAIL), id=name, title=f"About {name}", action="Look.") for name in "ab"
    ]
    text = text_of(findings_lines([*same, refused(make_check, 2, Status.FAIL)]))
    assert text.count("refused the connection") == 2
    assert "FAIL  2 checks · high" in text
    assert "a  About a" in text
    assert text.count("Look.") == 1
    rows = [make_check(name, status=Status.FAIL, reason="202 > 0", measured={"query": name}) for name in "cd"]
    traces = [make_check(name, status=Status.FAIL, reason="the assertion failed", detail=name) for name in "ef"]
    assert len(grouped([*rows, *traces])) == 4


def test_advice_that_ends_the_reason_is_not_repeated(make_check: Callable[..., CheckResult]) -> None:
    """The remedy of an error stands in its reason already."""
    check = replace(refused(make_check, 1), action="Is it running?")
    assert text_of(failure_block(check, 120)).count("Is it running?") == 1


@pytest.mark.parametrize("width", [1, 40, 80])
def test_groups_fit_and_cannot_control_the_terminal(width: int, make_check: Callable[..., CheckResult]) -> None:
    """Hostile and long texts of a group stay text, within the width; plain ASCII where it has to be."""
    hostile = "\x1b[2J\u202e bad\r\n" + "x" * 90
    checks = [
        make_check(f"{hostile}{number}", status=status, reason=hostile, title=hostile, action=hostile, runbook=hostile)
        for number in range(3)
        for status in (Status.FAIL, Status.ERROR)
    ]
    for unicode in (True, False):
        lines = findings_lines(checks, width, unicode=unicode)
        assert [] == [text for text, _ in lines if len(text) > max(width, 40) or {"\x1b", "\u202e", "\r"} & set(text)]
    assert [] == [text for text, _ in lines if not text.isascii()]


def test_what_has_no_say_comes_last(make_check: Callable[..., CheckResult]) -> None:
    """A dry run that failed stands below a warning that counts."""
    checks = [make_check("a", status=Status.FAIL, dry_run=True), make_check("b", status=Status.WARN)]
    assert ["b", "a"] == [group[0].id for group in grouped(checks)]
