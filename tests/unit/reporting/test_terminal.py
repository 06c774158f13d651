"""The terminal shows the decision first, fits its width, and lets no text from outside control it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.model import RunRecord, Verdict
from pytest_deploycheck.reporting.terminal import (
    Line,
    Planned,
    failure_block,
    plan_lines,
    result_line,
    status_markup,
    verdict_block,
)
from pytest_deploycheck.status import Decision, Impact, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.model import CheckResult

HOSTILE = "\x1b[2J\x07 \u202e bad\r\nline"
MARKUP = {"red", "green", "yellow", "purple", "bold", "invert"}


def text_of(lines: list[Line]) -> str:
    """Return the lines as they would stand on the screen."""
    return "\n".join(text for text, _ in lines)


def test_the_decision_is_the_first_word(record: RunRecord) -> None:
    """Below the bar stands the decision, then the rule that made it."""
    lines = [text.strip() for text, _ in verdict_block(record) if text.strip(" ═")]
    assert lines[0] == "ROLLBACK  shop 4.2.1 (2026-01-31-a) in production · first-hour, run 3"
    assert lines[1].split() == ["because", "a", "critical", "flow", "is", "broken"]


def test_the_block_answers_what_a_reader_asks(record: RunRecord) -> None:
    """Evidence, counts, next step, duration, reports, problems and exit code are all there."""
    text = text_of(verdict_block(record, 120, reports=["reports/report.html"], problems=["cannot write x"]))
    wanted = [
        "FAIL  flows.works[checkout]  step pay answered 500, not 200",
        "no result  logs.clean[app]",
        "1 failed, 1 never reported",
        "1. Roll back to 4.2.0.",
        "12.3 s, 45 requests, 4 workers",
        "reports/report.html",
        "cannot write x",
        "exit code    20",
    ]
    assert [] == [words for words in wanted if words not in text]


def test_much_evidence_is_counted(
    make_record: Callable[..., RunRecord], make_check: Callable[..., CheckResult]
) -> None:
    """Five checks are named, the others counted."""
    checks = tuple(make_check(f"c{number}", status=Status.FAIL) for number in range(12))
    verdict = Verdict(
        decision=Decision.WATCH, exit_code=12, rule="r", summary="", evidence=tuple(check.id for check in checks)
    )
    text = text_of(verdict_block(make_record(checks=checks, verdict=verdict)))
    assert "+7 more" in text
    assert "c4" in text
    assert "c5" not in text


@pytest.mark.parametrize("width", [1, 40, 60, 80, 200])
def test_nothing_is_wider_than_the_terminal(width: int, record: RunRecord) -> None:
    """Every line fits; below 40 columns the terminal has to wrap."""
    check = replace(record.checks[1], reason="word " * 100, action="do " * 100, detail="x" * 500)
    lines = verdict_block(record, width) + failure_block(check, width)
    lines += [(result_line(check, width), {})]
    lines += plan_lines(
        [Planned(id="a" * 200, severity=Severity.LOW, impact=Impact.OPS, title="t" * 200)],
        width,
        phase="daily",
        left_out=["w " * 99],
    )
    assert [] == [text for text, _ in lines if len(text) > max(width, 40)]


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
    assert text_of(failure_block(check)).count("step pay") == 1


def test_text_from_outside_cannot_control_the_terminal(record: RunRecord) -> None:
    """Escape sequences, bells, carriage returns and text direction marks are shown, not sent."""
    check = replace(
        record.checks[1], id=HOSTILE, title=HOSTILE, reason=HOSTILE, action=HOSTILE, runbook=HOSTILE, detail=HOSTILE
    )
    verdict = replace(record.verdict, rule=HOSTILE, evidence=(HOSTILE,))
    hostile = replace(record, service=HOSTILE, phase=HOSTILE, checks=(check,), verdict=verdict)
    lines = verdict_block(hostile, reports=[HOSTILE], problems=[HOSTILE]) + failure_block(check)
    lines += [(result_line(check), {})]
    lines += plan_lines(
        [Planned(id=HOSTILE, severity=Severity.LOW, impact=Impact.OPS, title=HOSTILE)],
        phase=HOSTILE,
        left_out=[HOSTILE],
    )
    assert set() == {character for character in "\x1b\x07\u202e\r\n" if any(character in text for text, _ in lines)}


def test_ascii_terminals_get_ascii(record: RunRecord) -> None:
    """Without unicode not a single character is beyond ASCII, whatever comes from outside."""
    check = replace(record.checks[1], title="Überprüfung ✓", reason="größer")
    lines = verdict_block(record, unicode=False) + failure_block(check, unicode=False)
    lines += plan_lines(
        [Planned(id="é", severity=Severity.LOW, impact=Impact.OPS)], phase="daily", left_out=["…"], unicode=False
    )
    lines += [(result_line(check, unicode=False), {})]
    assert [] == [text for text, _ in lines if not text.isascii()]


def test_only_colours_that_pytest_knows(record: RunRecord) -> None:
    """The markup is understood by pytest's terminal writer."""
    used = {name for _, markup in verdict_block(record) + failure_block(record.checks[1]) for name in markup}
    used |= {name for status in Status for name in status_markup(status)}
    assert set() == used - MARKUP


def test_result_lines_align(record: RunRecord) -> None:
    """The reason starts in the same column whatever the status."""
    ends = {result_line(check, 120).index(" ms  ") for check in record.checks}
    assert len(ends) == 1


def test_the_plan_names_what_is_left_out() -> None:
    """A plan says why a check is due, and which ones are not planned."""
    planned = [Planned(id="a", severity=Severity.HIGH, impact=Impact.OPS, title="A", why="every run", due="15m")]
    text = text_of(plan_lines(planned, phase="first-hour", left_out=["b: writes are not allowed"]))
    assert text.startswith("1 check is due in first-hour")
    assert "high      a  ops           every run, due 15m, A" in text
    assert "1 not planned\n  b: writes are not allowed" in text


def test_an_empty_plan_is_said_aloud() -> None:
    """Nothing due is a sentence, not an empty screen."""
    assert text_of(plan_lines([], phase="daily")) == "0 checks are due in daily"
