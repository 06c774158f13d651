"""When a watch looks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.phases import DAY, HOUR, MINUTE, PRESETS
from pytest_deploycheck.watch.rhythm import AUTO, Rhythm, Slot, end_of


def rhythm(name: str = "first-hour", begin: float = 0.0, end: float = HOUR, interval: float | None = None) -> Rhythm:
    """Return a rhythm of the preset phases."""
    return Rhythm(phases=PRESETS, name=name, begin=begin, end=end, interval=interval)


def test_the_presets_interval() -> None:
    """A watch of the first hour looks at the beginning and every five minutes, the end included."""
    found = list(rhythm().between(-1, 2 * HOUR))
    assert [Slot(5 * MINUTE * number, "first-hour") for number in range(13)] == found


def test_another_interval_and_beginning() -> None:
    """The times lie on whole intervals after the beginning, whatever the tick before took."""
    watch = rhythm(begin=37.0, end=200.0, interval=60.0)
    assert [37.0, 97.0, 157.0] == [slot.at for slot in watch.between(-1, 1e9)]
    assert Slot(157.0, "first-hour") == watch.after(140.2)
    assert watch.after(157.0) is None


def test_auto_goes_through_the_phases() -> None:
    """From before the deployment to the first month, each phase begins with a tick of its own and keeps its pace."""
    watch = rhythm(AUTO, begin=-600.0, end=end_of(AUTO, PRESETS))
    early = list(watch.between(-601.0, 16 * MINUTE))
    assert ["pre-deploy", "pre-deploy"] == [slot.phase for slot in early[:2]]
    assert Slot(0.0, "first-minute") in early
    assert Slot(MINUTE, "first-15-minutes") in early
    assert Slot(15 * MINUTE, "first-hour") in early
    late = list(watch.between(2 * DAY - 1, 5 * DAY))
    assert [Slot(2 * DAY, "first-week"), Slot(3 * DAY, "first-week"), Slot(4 * DAY, "first-week")] == late
    assert 30 * DAY == max(slot.at for slot in watch.between(29 * DAY, 40 * DAY))


@pytest.mark.parametrize(("name", "end"), [("first-hour", HOUR), (AUTO, 30 * DAY), ("uptime", math.inf)])
def test_the_end(name: str, end: float) -> None:
    """A window ends by itself; a routine goes on until it is stopped."""
    assert end == end_of(name, PRESETS)


@given(
    begin=st.floats(-DAY, DAY),
    interval=st.floats(0.5, HOUR),
    age=st.floats(0, 3 * DAY),
    name=st.sampled_from([AUTO, "first-48-hours"]),
)
def test_later_and_never_twice(begin: float, interval: float, age: float, name: str) -> None:
    """The next time is later than the age, at most one interval later, and asking again from there moves on."""
    watch = rhythm(name, begin=begin, end=30 * DAY, interval=interval)
    slot = watch.after(begin + age)
    assert slot is not None
    assert begin + age < slot.at <= begin + age + interval * (1 + 1e-6)
    following = watch.after(slot.at)
    assert following is None or following.at > slot.at
