"""The terminal shows the decision first, fits its width, and lets no text from outside control it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.model import RunRecord, Verdict
from pytest_deploycheck.reporting.findings import failure_block
from pytest_deploycheck.reporting.lines import Line, status_markup
from pytest_deploycheck.reporting.terminal import Planned, plan_lines, result_line, verdict_block
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
        "FAIL  flows.works[checkout]  It answers: step pay answered 500, not 200",
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


def test_the_title_stays_on_one_line(make_record: Callable[..., RunRecord], record: RunRecord) -> None:
    """A long id leaves the banner and is told below it."""
    name = "demo-20261121T092816Z-and-more"
    lines = verdict_block(make_record(deployment=replace(record.deployment, id=name)), 80)
    bars = [number for number, (text, _) in enumerate(lines) if text.startswith("═")]
    assert bars[1] - bars[0] == 2
    assert lines[bars[0] + 1][0].strip() == "ROLLBACK  shop 4.2.1 in production · first-hour, run 3"
    assert f"deployment   {name}" in text_of(lines)
    narrow = text_of(verdict_block(make_record(deployment=replace(record.deployment, id=name)), 50))
    assert "ROLLBACK  shop 4.2.1 in production  " in narrow
    assert f"{name}," in narrow


def test_a_part_says_so_right_below_the_decision(record: RunRecord) -> None:
    """A PASS of a part is never read as a PASS of the whole."""
    part = replace(record, run=replace(record.run, partial="-k pay"))
    lines = [text.strip() for text, _ in verdict_block(part) if text.strip(" ═")]
    assert lines[1].split(maxsplit=1) == ["partial", "only a part was run: -k pay"]


def test_further_failures_are_told_with_the_evidence(record: RunRecord, make_check: Callable[..., CheckResult]) -> None:
    """The evidence is what decided, not all that failed."""
    more = replace(record, checks=(*record.checks, make_check("x", status=Status.FAIL)))
    assert "1 further check failed" in text_of(verdict_block(more))
