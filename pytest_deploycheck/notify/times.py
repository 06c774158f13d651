"""Local hours and windows on the calendar, safe across changes of daylight saving time; pure, above the rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.notify.rules import Hours, Maintenance

_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_WEEK: Final = 7
_SEARCHED_DAYS: Final = 70


def at_local(day: date, clock: time, zone: str) -> datetime:
    """Return a local time in UTC; one that the clocks skip is the moment of the change, one shown twice the first."""
    place = ZoneInfo(zone)
    local = datetime.combine(day, clock, place)
    moment = local.astimezone(UTC)
    if moment.astimezone(place).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    before = local.utcoffset()
    moment = local.replace(fold=1).astimezone(UTC)
    while moment.astimezone(place).utcoffset() == before:
        moment += _MINUTE
    return moment


def spans(hours: Hours, first: date, days: int, nth: int = 0) -> Iterator[tuple[datetime, datetime]]:
    """Yield the spans that begin on the ``days`` days from ``first`` on, in UTC; ``nth`` as in Maintenance."""
    for offset in range(days):
        day = first + offset * _DAY
        if day.weekday() not in hours.days or (nth and (day.day - 1) // _WEEK + 1 != nth):
            continue
        last = day if hours.end > hours.start else day + _DAY
        start, end = at_local(day, hours.start, hours.zone), at_local(last, hours.end, hours.zone)
        if start < end:
            yield start, end


def is_open(hours: Hours, now: datetime) -> bool:
    """Tell whether ``now`` lies inside the hours."""
    today = now.astimezone(ZoneInfo(hours.zone)).date()
    return any(start <= now < end for start, end in spans(hours, today - _DAY, 2))


def current(window: Maintenance, now: datetime) -> tuple[datetime, datetime] | None:
    """Return the span of the window that ``now`` lies in, None when there is none."""
    return next((span for span in _near(window, now, -1, 2) if span[0] <= now < span[1]), None)


def upcoming(window: Maintenance, now: datetime) -> tuple[datetime, datetime] | None:
    """Return the next span of the window that begins after ``now``, None when there is none."""
    return next((span for span in _near(window, now, 0, _SEARCHED_DAYS) if span[0] > now), None)


def meets(one: Maintenance, other: Maintenance, now: datetime) -> datetime | None:
    """Return when two windows next overlap within ten weeks, None when they do not."""
    others = list(_near(other, now, -1, _SEARCHED_DAYS))
    return next(
        (
            max(start, begin)
            for start, end in _near(one, now, -1, _SEARCHED_DAYS)
            for begin, finish in others
            if start < finish and begin < end and min(end, finish) > now
        ),
        None,
    )


def _near(window: Maintenance, now: datetime, first: int, days: int) -> Iterator[tuple[datetime, datetime]]:
    if window.begin is not None and window.finish is not None:
        yield window.begin, window.finish
    elif window.hours is not None:
        today = now.astimezone(ZoneInfo(window.hours.zone)).date()
        yield from spans(window.hours, today + first * _DAY, days, window.nth)
