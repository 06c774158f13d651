"""The board says what the verdict said: levels, gaps, empty panels, sources, what was bad lately."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.board import wording
from pytest_deploycheck.board.building import arrow_of, board_of
from pytest_deploycheck.board.panels import EMPTY, Own
from pytest_deploycheck.board.view import Arrow, Board, Row
from pytest_deploycheck.history import STATUS
from pytest_deploycheck.judgement.ladder import parse_ladder
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.status import Decision, Impact, Status
from tests.unit.board.conftest import MINUTE, NOON, check, measured, point, record, row, seen, statuses

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = NOON + 20 * MINUTE
ERRORS = ("metrics.metric[errors]", "errors")


def rows(board: Board) -> dict[str, Row]:
    """Return all rows by check."""
    return {each.check: each for panel in board.panels for each in panel.rows}


def errors(value: float | None, n: int | None = 23) -> Measurement:
    """Return an error rate in percent."""
    return Measurement(metric="errors", value=value, unit="%", n=n, source="openmetrics")


def test_the_sample_of_the_guide_is_critical() -> None:
    """1 error of 23 requests is 4.3 %, the limit is 1 %: the guide's own dashboard showed that as OK (X-01)."""
    found = measured(errors(100 / 23), parse_ladder({"critical": "> 1%"}))
    board = board_of(seen(found), NOW)
    shown = rows(board)[found.id]
    assert ("critical", "4.348 %", 23) == (shown.level, shown.value, shown.n)
    assert Status.FAIL is shown.status
    assert Decision.WATCH is board.decision


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, 1.001, 4.9, 5.0, 5.1, 10.1, None])
def test_levels_are_the_verdicts(value: float | None) -> None:
    """Whatever was measured, the row says the level that the judge gave to the verdict, and nothing else."""
    ladder = parse_ladder({"medium": "> 1%", "critical": "> 5%", "rollback": "> 10%"})
    found = measured(errors(value), ladder)
    expected = {Status.PASS: "ok", Status.INCONCLUSIVE: "unknown"}.get(found.status, str(found.finding))
    assert expected == rows(board_of(seen(found), NOW))[found.id].level


def test_a_missing_look_is_a_gap() -> None:
    """A look that was lost, one without data, and one at which nobody looked are gaps, never zeros."""
    runs = (row(6, 7), row(5, 5), row(4, 4), row(3, 3, None), row(2, 2), row(1, 1))
    found = (
        point(1, 1, 0.0),
        point(2, 2, 3.0),
        point(3, 3, 9.0),
        point(4, 4, None),
        point(5, 5, 4.0),
        point(6, 7, 5.0),
    )
    what = seen(measured(errors(5.0), None), runs=runs, series={ERRORS: found})
    board = board_of(what, NOW)
    assert (0.0, 3.0, None, None, 4.0, None, 5.0) == rows(board)["metrics.metric[errors]"].history
    assert "5 PASS, 1 lost, 1 missed" == wording.looks_text(board)


def test_a_check_without_numbers_shows_what_it_came_to() -> None:
    """Its history is that of its statuses, on a scale that does not stretch."""
    listed = statuses("availability.service_answers", "PASS", "FAIL", "PASS")
    runs = (row(3, 3), row(2, 2, "ROLLBACK"), row(1, 1))
    found = rows(board_of(seen(check("availability.service_answers"), runs=runs, series=listed), NOW))
    shown = found["availability.service_answers"]
    assert ((0.0, 4.0, 0.0), (0.0, 4.0), "") == (shown.history, shown.scale, shown.value)


def test_the_worst_measurement_stands_for_a_check() -> None:
    """One check of several numbers shows the one that made its status."""
    good = measured(errors(0.1), parse_ladder({"critical": "> 1%"}))
    bad = measured(errors(7.0), parse_ladder({"critical": "> 1%"}))
    both = check("flows.flow[pay]", "FAIL", readings=(*good.readings, *bad.readings), finding=bad.finding)
    shown = rows(board_of(seen(both), NOW))["flows.flow[pay]"]
    assert ("7 %", "critical", 1) == (shown.value, shown.level, shown.more)


def test_every_panel_says_that_it_is_empty() -> None:
    """Before the first look there are all panels of the guides, each with a reason, and no verdict."""
    board = board_of(seen(runs=()), NOW)
    assert list(EMPTY.items()) == [(panel.title, panel.empty) for panel in board.panels]
    assert [()] * len(EMPTY) == [panel.rows for panel in board.panels]
    assert ("NO VERDICT YET", "no look has ended yet") == (wording.decision_word(board), wording.summary_text(board))
    assert ((), ()) == (board.troubles, board.alerts)


@pytest.mark.parametrize(
    ("name", "impact", "panel"),
    [
        ("availability.service_answers", Impact.AVAILABILITY, "System health"),
        ("dependencies.dependency[redis]", Impact.OPS, "System health"),
        ("endpoints.latency[projects]", Impact.PERFORMANCE, "Performance"),
        ("metrics.metric[replicas]", Impact.OPS, "Infrastructure"),
        ("database.connections", Impact.PERFORMANCE, "Infrastructure"),
        ("tenants.isolation[customers]", Impact.SECURITY, "Data and security"),
        ("metrics.metric[payments]", Impact.BUSINESS, "Business"),
        ("logs.errors[app]", Impact.OPS, "Recent errors"),
        ("metrics.metric[deletions-failed]", Impact.BUSINESS, "Deletions"),
        ("deploy_checks/test_mine.py::test_it", Impact.DATA, "Data and security"),
    ],
)
def test_the_panel_of_a_check(name: str, impact: Impact, panel: str) -> None:
    """The settings' own panels come first, then what the check is, then what would suffer."""
    own = (Own("Deletions", ("metrics.metric[deletions-*]",)),)
    board = board_of(seen(check(name, impact=impact), own=own), NOW)
    assert [panel] == [each.title for each in board.panels if each.rows]


def test_what_was_bad_within_the_hour() -> None:
    """It says when last, how often, and whether it still is; what had nothing to measure is no error."""
    series = statuses("a", "PASS", "FAIL", "ERROR", "PASS") | statuses("b", "INCONCLUSIVE") | statuses("c", "WARN")
    old = {("d", STATUS): (point(1, -90, 4.0, "d"), point(2, 0, 0.0, "d"))}
    names = [check("a"), check("b", "INCONCLUSIVE"), check("c", "WARN"), check("d")]
    board = board_of(seen(*names, series=series | old), NOW)
    assert [("title of c", True), ("title of a", False)] == [(each.label, each.lasts) for each in board.troubles]
    assert "title of a: FAIL in 2 of 4 looks, good again" == wording.trouble_text(board.troubles[1])


def test_the_health_of_sources() -> None:
    """A source that left some checks without an answer is degraded; one that answered none is in error."""
    good = measured(errors(0.1), None)
    lost = check("metrics.metric[other]", "ERROR")
    gone = check("database.accepts_connections", "ERROR")
    board = board_of(seen(good, lost, gone), NOW)
    assert {"openmetrics": "degraded", "database": "error"} == {each.name: each.state for each in board.sources}


def _rising() -> Iterator[float]:
    yield from (1.0, 2.0, 2.5, 3.0, 4.0, 5.0, 5.5, 6.0)


def test_arrows_need_more_than_chance() -> None:
    """Eight values one above the other are a rise; few, equal or mixed ones are none."""
    rising = list(_rising())
    assert Arrow.UP is arrow_of(rising)
    assert Arrow.DOWN is arrow_of(rising[::-1])
    assert Arrow.STEADY is arrow_of([1.0] * 8)
    assert Arrow.STEADY is arrow_of([1.0, 3.0, 2.0, 1.5, 2.5, 2.0, 1.0])
    assert Arrow.UNKNOWN is arrow_of([1.0, None, 2.0, None, 3.0, 4.0, 5.0])


def test_equal_titles_are_told_apart() -> None:
    """Two checks with one title are called by their ids."""
    board = board_of(seen(check("a.x[1]", title="Same"), check("a.y[1]", title="Same"), check("b.z", title="Own")), NOW)
    assert {"x[1]", "y[1]", "Own"} == {each.label for each in rows(board).values()}


def test_nothing_from_outside_moves_the_cursor() -> None:
    """Escape sequences in titles, reasons and notes are shown, not obeyed."""
    evil = check("a.b", "FAIL", title="\x1b[2Jtitle", reason="\x1b]0;x\x07reason", action="\x1b[Ado")
    board = board_of(seen(evil, service="sh\x1bop", notes=("\x1b[31mnote",)), NOW)
    shown = rows(board)["a.b"]
    texts = [shown.label, shown.reason, shown.action, board.service, *board.notes, board.summary]
    assert [] == [text for text in texts if "\x1b" in text or "\x07" in text]


def test_an_old_record_is_still_shown() -> None:
    """The newest whole record decides what is shown, also while a later run is under way."""
    what = seen(check("a.b"), runs=(row(2, 19.9, None), row(1, 1)), record=record(check("a.b")))
    board = board_of(what, NOW)
    assert [Decision.PASS] == [look.decision for look in board.looks]
    assert NOON + MINUTE + timedelta(seconds=9) == board.looked
