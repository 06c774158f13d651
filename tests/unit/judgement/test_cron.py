"""Schedules as cron writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.judgement.cron import parse_cron


@pytest.mark.parametrize(
    ("text", "moment", "expected"),
    [
        ("*/5 * * * *", "2026-11-21T10:00", "2026-11-21T10:05"),
        ("*/5 * * * *", "2026-11-21T10:57", "2026-11-21T11:00"),
        ("30 2 * * *", "2026-11-21T02:30", "2026-11-22T02:30"),
        ("0 9 * * mon-fri", "2026-11-21T12:00", "2026-11-23T09:00"),
        ("0 9 * * 1-5", "2026-11-20T08:00", "2026-11-20T09:00"),
        ("0 0 * * 7", "2026-11-21T12:00", "2026-11-22T00:00"),
        ("0 0 1,15 * *", "2026-11-15T00:00", "2026-12-01T00:00"),
        ("0 0 13 * fri", "2026-11-21T00:00", "2026-11-27T00:00"),
        ("0 0 29 feb *", "2026-11-21T00:00", "2028-02-29T00:00"),
        ("0 8-18/5 * * *", "2026-11-21T09:00", "2026-11-21T13:00"),
        ("@weekly", "2026-11-21T12:00", "2026-11-22T00:00"),
        ("@HOURLY", "2026-12-31T23:00", "2027-01-01T00:00"),
        ("7/20 * * * *", "2026-11-21T10:07", "2026-11-21T10:27"),
    ],
)
def test_the_next_time(text: str, moment: str, expected: str) -> None:
    """The next time lies strictly after the moment."""
    found = parse_cron(text).after(datetime.fromisoformat(moment).replace(tzinfo=UTC))
    assert datetime.fromisoformat(expected).replace(tzinfo=UTC) == found


def test_a_time_zone() -> None:
    """By the clocks of a place, in summer and in winter."""
    daily, place = parse_cron("30 6 * * *"), ZoneInfo("Europe/Berlin")
    assert datetime(2026, 7, 2, 4, 30, tzinfo=UTC) == daily.after(datetime(2026, 7, 1, 12, tzinfo=UTC), place)
    assert datetime(2026, 12, 2, 5, 30, tzinfo=UTC) == daily.after(datetime(2026, 12, 1, 12, tzinfo=UTC), place)


@pytest.mark.parametrize(
    "text",
    [
        *("", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8"),
        *("*/0 * * * *", "a * * * *", "* * * mon *", "1,,2 * * * *", "-1 * * * *", "0 0 30 2 *", "@never"),
        *("5-1 * * * *", "\u0663 * * * *"),
    ],
)
def test_what_is_no_schedule(text: str) -> None:
    """Everything else is refused in one sentence, days that never come too."""
    with pytest.raises(ValueError, match=r"fields; a schedule|is no |never comes"):
        parse_cron(text)


FIELD = st.integers(0, 59)


@given(FIELD, st.integers(0, 23), st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001  # made aware
def test_a_daily_time_comes_within_a_day(minute: int, hour: int, moment: datetime) -> None:
    """A daily schedule comes within 24 hours, at that time."""
    aware = moment.replace(tzinfo=UTC)
    found = parse_cron(f"{minute} {hour} * * *").after(aware)
    assert found is not None
    assert 0 < (found - aware).total_seconds() <= 86400
    assert (hour, minute) == (found.hour, found.minute)
