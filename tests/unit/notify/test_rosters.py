"""Who is on call at any time, and where nobody is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.notify.rosters import Hole, holes, on_call
from pytest_deploycheck.notify.rules import Roster, Shift

START = datetime(2026, 3, 2, 8, tzinfo=UTC)  # Monday 09:00 in Berlin
WEEKLY = Roster(id="r", zone="Europe/Berlin", people=("ana", "ben", "cleo"), start=START)


def shift(start: float, end: float, *who: str) -> Shift:
    """Return a shift between two days after the start."""
    return Shift(start=START + timedelta(days=start), end=START + timedelta(days=end), who=who or ("ana",))


@pytest.mark.parametrize(
    ("at", "who"),
    [
        ("2026-03-02T08:00", ("ana", "ben")),
        ("2026-03-09T07:59", ("ana", "ben")),
        ("2026-03-09T08:00", ("ben", "cleo")),
        ("2026-03-16T08:00", ("cleo", "ana")),
        ("2026-03-30T06:59", ("ana", "ben")),  # summer time since the day before: the handover stays at 09:00
        ("2026-03-30T07:00", ("ben", "cleo")),
        ("2026-11-02T07:59", ("ben", "cleo")),
        ("2026-11-02T08:00", ("cleo", "ana")),
    ],
)
def test_turns(at: str, who: tuple[str, ...]) -> None:
    """Everybody has a week in turn; the next one is secondary."""
    duty = on_call(WEEKLY, datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert who == (duty.who if duty else ())


@given(st.datetimes(datetime(2026, 3, 3), datetime(2036, 1, 1), timezones=st.just(UTC)), st.integers(1, 30))  # noqa: DTZ001  # the zone is given beside
def test_a_rotation_has_no_holes(now: datetime, days: int) -> None:
    """At any time somebody is on call, and the turn covers that time."""
    duty = on_call(Roster(id="r", zone="Europe/Berlin", people=("ana", "ben"), start=START, every=days), now)
    assert duty is not None
    assert duty.start <= now < (duty.end or now)


def test_before_the_rotation() -> None:
    """Before the first turn nobody is on call."""
    assert None is on_call(WEEKLY, START - timedelta(seconds=1))


def test_a_shift_comes_first() -> None:
    """A shift of its own takes the place of the turn."""
    roster = Roster(id="r", zone="UTC", people=("ana",), start=START, shifts=(shift(1, 2, "ben"),))
    found = [on_call(roster, START + timedelta(days=day)) for day in (0.5, 1.5, 2.5)]
    assert [("ana",), ("ben",), ("ana",)] == [duty.who if duty else () for duty in found]


@pytest.mark.parametrize(
    ("shifts", "wanted"),
    [
        ((shift(0, 1), shift(1, 2)), ()),
        ((shift(0, 1), shift(2, 3)), (Hole(START + timedelta(days=1), START + timedelta(days=2)),)),
        ((shift(0, 2), shift(1, 3)), (Hole(START + timedelta(days=1), START + timedelta(days=2), overlap=True),)),
        (
            (shift(0, 4), shift(1, 2), shift(4, 5)),
            (Hole(START + timedelta(days=1), START + timedelta(days=2), overlap=True),),
        ),
    ],
)
def test_holes(shifts: tuple[Shift, ...], wanted: tuple[Hole, ...]) -> None:
    """Gaps and overlaps between shifts are found."""
    assert wanted == holes(Roster(id="r", zone="UTC", shifts=shifts))


def test_a_rotation_fills_gaps() -> None:
    """A gap between shifts is none where the rotation stands behind it."""
    assert () == holes(Roster(id="r", zone="UTC", people=("ana",), start=START, shifts=(shift(0, 1), shift(2, 3))))
