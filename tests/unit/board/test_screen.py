"""The screen fits whatever terminal there is, says everything in words, and keeps its columns."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pytest_deploycheck.board.building import board_of
from pytest_deploycheck.board.screen import Screen
from pytest_deploycheck.board.view import Alert, Going, Pace
from pytest_deploycheck.judgement.ladder import parse_ladder
from pytest_deploycheck.model import Measurement
from tests.unit.board.conftest import MINUTE, NOON, check, measured, seen

NOW = NOON + 12 * MINUTE
LADDER = parse_ladder({"medium": "> 1%", "critical": "> 5%"})
PACE = Pace(going=Going.WAITING, begun=NOON, ends=NOON + 60 * MINUTE, due=NOW + timedelta(seconds=42), interval=60)
TOLD = Alert(at=NOON, kind="opened", severity="critical", title="Errors 🔥 表", channel="slack")
BOARD = board_of(
    seen(
        measured(
            Measurement(metric="e", value=7.2, unit="%", n=300, source="openmetrics"), LADDER, action="Roll back."
        ),
        check("availability.service_answers", title="The service [bold]answers[/bold] 表示 🔥"),
        check("logs.errors[app]", "ERROR", reason="no such file"),
        pace=PACE,
        alerts=(TOLD,),
    ),
    NOW,
)


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("height", [None, 8, 15, 24, 60])
@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_fits(width: int, height: int | None, unicode: bool) -> None:  # noqa: FBT001  # a case
    """No line is wider than the terminal, no screen higher, and without Unicode every character is ASCII."""
    lines = Screen(width, height, unicode=unicode).lines(BOARD, NOW)
    assert [] == [line.plain for line in lines if line.cell_len > width]
    assert height is None or len(lines) <= height
    assert unicode or all(line.plain.isascii() for line in lines)


@pytest.mark.parametrize("width", [80, 200])
def test_says_everything_in_words(width: int) -> None:
    """Verdict, progress, next look, level, value, reason, alert, source: nothing is said by colour alone."""
    text = "\n".join(line.plain for line in Screen(width, watching=True).lines(BOARD, NOW))
    for expected in (
        " WATCH  shop 4.2.1 (r42) in production",
        "12:00 of 1:00:00 (20 %)",
        "next look in 0:42",
        "critical",
        "7.2 %",
        "n=300",
        "Roll back.",
        "error",
        "[bold]answers[/bold]",
        "CRITICAL opened: Errors",
        "openmetrics ok",
        "Business  no check measures the business",
        "Ctrl-C stops the watch",
    ):
        assert expected in text


@pytest.mark.parametrize("width", [80, 200])
def test_layout_stays_when_numbers_change(width: int) -> None:
    """Other values of other lengths, another second: every line begins and ends where it did."""
    other = board_of(
        seen(
            measured(Measurement(metric="e", value=1234.5678, unit="%", n=3, source="openmetrics"), LADDER),
            check("availability.service_answers", title="The service [bold]answers[/bold] 表示 🔥"),
            check("logs.errors[app]", "ERROR", reason="no such file"),
            pace=replace(PACE, due=NOW + timedelta(seconds=3600)),
            alerts=(TOLD,),
        ),
        NOW,
    )
    before, after = (Screen(width).lines(board, NOW) for board in (BOARD, other))
    assert len(before) == len(after)
    numbers = ("critical", "ok  ", "error")
    found = [
        [(at, line.plain.index(word)) for at, line in enumerate(lines) for word in numbers if word in line.plain[:12]]
        for lines in (before, after)
    ]
    assert found[0] == found[1]


def test_a_silent_watch_is_said_to_be() -> None:
    """A look that is long overdue means that nobody watches any more."""
    board = board_of(seen(check(), pace=replace(PACE, due=NOW - 5 * MINUTE)), NOW)
    text = "\n".join(line.plain for line in Screen(80).lines(board, NOW))
    assert "the watch is silent: its look is 5:00 overdue" in text
