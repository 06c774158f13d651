"""Local hours on the calendar, also when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.notify.rules import ALL_DAYS, Hours, Maintenance
from pytest_deploycheck.notify.times import at_local, current, is_open, meets, upcoming

BERLIN = "Europe/Berlin"
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
FIRST_SUNDAY = Maintenance(id="m", hours=Hours(zone="UTC", start=time(2), end=time(4), days=frozenset({6})), nth=1)


def utc(text: str) -> datetime:
    """Return a time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "clock", "wanted"),
    [
        (SPRING, time(1, 59), "2026-03-29T00:59"),
        (SPRING, time(2, 30), "2026-03-29T01:00"),
        (SPRING, time(3), "2026-03-29T01:00"),
        (AUTUMN, time(2, 30), "2026-10-25T00:30"),
        (AUTUMN, time(3), "2026-10-25T02:00"),
    ],
)
def test_a_local_time(day: date, clock: time, wanted: str) -> None:
    """A skipped time is the moment of the change, one that comes twice the first."""
    assert utc(wanted) == at_local(day, clock, BERLIN)


@given(
    st.dates(date(2000, 1, 1), date(2040, 1, 1)),
    st.times(),
    st.sampled_from([BERLIN, "UTC", "Australia/Lord_Howe", "America/New_York", "Africa/Casablanca"]),
)
def test_local_times_never_go_back(day: date, clock: time, zone: str) -> None:
    """A later local time of the day is never earlier in UTC."""
    clock = clock.replace(second=0, microsecond=0, tzinfo=None)
    assert at_local(day, time(0), zone) <= at_local(day, clock, zone) <= at_local(day, time(23, 59), zone)


@pytest.mark.parametrize(
    ("at", "wanted"),
    [
        ("2026-03-02T07:59", False),
        ("2026-03-02T08:00", True),
        ("2026-03-02T15:59", True),
        ("2026-03-02T16:00", False),
        ("2026-03-30T07:00", True),
        ("2026-03-07T10:00", False),
    ],
)
def test_business_hours(at: str, wanted: bool) -> None:  # noqa: FBT001  # a table
    """Nine to five in Berlin, Monday to Friday, in winter and in summer."""
    assert wanted is is_open(Hours(zone=BERLIN), utc(at))


def test_hours_past_midnight() -> None:
    """Hours that end before they begin end on the next day."""
    night = Hours(zone="UTC", start=time(22), end=time(6), days=frozenset({0}))
    found = [is_open(night, utc(at)) for at in ("2026-03-02T22:00", "2026-03-03T05:59", "2026-03-03T06:00")]
    assert [True, True, False] == found


def test_the_first_sunday() -> None:
    """Only the first such day of the month counts, and the next one is found."""
    inside, second = utc("2026-03-01T03:00"), utc("2026-03-08T03:00")
    assert (True, False) == (current(FIRST_SUNDAY, inside) is not None, current(FIRST_SUNDAY, second) is not None)
    assert (utc("2026-04-05T02:00"), utc("2026-04-05T04:00")) == upcoming(FIRST_SUNDAY, inside)


def test_windows_that_overlap() -> None:
    """A backup at 02:00 every day meets the monthly window; one at 05:00 does not."""
    daily = [
        Maintenance(id="b", hours=Hours(zone="UTC", start=time(hour), end=time(hour + 1), days=ALL_DAYS))
        for hour in (2, 5)
    ]
    now = utc("2026-03-02T00:00")
    assert [utc("2026-04-05T02:00"), None] == [meets(FIRST_SUNDAY, each, now) for each in daily]


def test_a_single_window() -> None:
    """A window of its own begins and ends once."""
    begin = utc("2026-03-02T00:00")
    window = Maintenance(id="m", begin=begin, finish=begin + timedelta(hours=1))
    assert (begin, begin + timedelta(hours=1)) == current(window, begin)
    assert None is current(window, begin + timedelta(hours=1))
