"""The queue of a host by itself."""

from __future__ import annotations

import pytest

from pytest_deploycheck.errors import BadAnswerError, CircuitOpenError, InconclusiveError, NoAnswerError, SourceError
from pytest_deploycheck.lanes import Entry, Lane


def lane_with(*asks: str, places: int = 1, breaker_limit: int = 2) -> Lane:
    """Return a lane in which these wait."""
    lane = Lane("host", places, breaker_limit)
    lane.waiting.extend(Entry(ask, lane) for ask in asks)
    return lane


def test_a_lane_is_ready_while_somebody_waits_and_a_place_is_free() -> None:
    """Neither an empty queue nor a full house is ready."""
    lane = lane_with("a", "b")
    seen = [lane.ready]
    for _ in range(2):
        lane.begin()
        seen.append(lane.ready)
        lane.leave(None)
        seen.append(lane.ready)
    assert seen == [True, False, True, False, False]
    assert lane.running == 0


def test_who_is_awaited_goes_first_but_only_once() -> None:
    """An awaited entry moves to the front; one that is gone cannot."""
    lane = lane_with("a", "b", "c")
    last = lane.waiting[2]
    assert lane.hurry(last)
    assert [entry.ask for entry in lane.waiting] == ["c", "a", "b"]
    assert not lane.hurry(last)
    first = lane.begin()
    assert not lane.hurry(first)


def test_the_circuit_opens_once_and_gives_up_the_queue() -> None:
    """At the limit everything that waits ends with an error of its own."""
    lane = lane_with("a", "b", "c", "d", places=9)
    started = [lane.begin() for _ in range(2)]
    waiting = list(lane.waiting)
    assert [lane.leave(NoAnswerError("x")) for _ in started] == [False, True]
    assert all(isinstance(entry.error, CircuitOpenError) and entry.done.is_set() for entry in waiting)
    assert waiting[0].error is not waiting[1].error
    assert not lane.waiting


@pytest.mark.parametrize(
    ("outcome", "misses"),
    [(None, 0), (BadAnswerError("x"), 0), (InconclusiveError("x"), 0), (SourceError("x"), 1), (NoAnswerError("x"), 2)],
)
def test_what_counts_as_a_miss(outcome: SourceError | InconclusiveError | None, misses: int) -> None:
    """Only no answer is a miss; any answer starts over; an error of ours changes nothing."""
    lane = lane_with("a", "b", breaker_limit=9)
    for error in (NoAnswerError("x"), outcome):
        lane.begin()
        lane.leave(error)
    assert lane.misses == misses


def test_an_answer_under_way_closes_the_circuit_again() -> None:
    """A late success shows that the host is back."""
    lane = lane_with("a", "b", "c", places=3)
    for _ in range(3):
        lane.begin()
    assert [lane.leave(error) for error in (NoAnswerError("x"), NoAnswerError("x"), None)] == [False, True, False]
    assert (lane.open, lane.misses) == (False, 0)
