"""Schedules as cron writes them: when is the next time? Pure; knows no clock and no time zone of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ALIASES: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
# name, least, most, and the words that stand for numbers
_FIELDS: Final[tuple[tuple[str, int, int, dict[str, int]], ...]] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {word: number for number, word in enumerate(_MONTHS, 1)}),
    ("day of the week", 0, 7, {word: number for number, word in enumerate(_DAYS)}),
)
_PART: Final = re.compile(r"(?:\*|(?P<first>\w{1,3})(?:-(?P<last>\w{1,3}))?)(?:/(?P<step>\d{1,4}))?")
# the 29th of February on a given weekday comes back within 40 years
_MOST_DAYS: Final = 41 * 366


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule of five fields. With days of the month and of the week both given, either is enough."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def after(self, moment: datetime, zone: tzinfo = UTC) -> datetime | None:
        """Return the first time after a moment, by the clocks of a zone, in UTC; None when there is none."""
        local = moment.astimezone(zone)
        day = local.date()
        for _ in range(_MOST_DAYS):
            if self._on(day):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        found = datetime.combine(day, time(hour, minute), zone).astimezone(UTC)
                        if found > moment:
                            return found
            day += timedelta(days=1)
        return None

    def _on(self, day: date) -> bool:
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and ((in_month or in_week) if self.either else (in_month and in_week))


def parse_cron(text: str) -> Cron:
    """Return the schedule of a text such as ``*/5 * * * *``, ``30 2 * * mon-fri`` or ``@daily``.

    Raises:
        ValueError: it is none.
    """
    fields = _ALIASES.get(text.strip().lower(), text).lower().split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"{text!r} has {len(fields)} fields; a schedule has five: minute hour day month weekday")
    sets = [_numbers(field, *limits) for field, limits in zip(fields, _FIELDS, strict=True)]
    minutes, hours, days, months, weekdays = sets
    cron = Cron(
        text=text,
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),
        either=not fields[2].startswith("*") and not fields[4].startswith("*"),
    )
    if cron.after(datetime(2000, 1, 1, tzinfo=UTC)) is None:
        raise ValueError(f"{text!r} never comes: no such day")
    return cron


def _numbers(field: str, name: str, least: int, most: int, words: dict[str, int]) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no {name}")
        step = int(match["step"] or 1)
        first = least if match["first"] is None else _number(match["first"], words)
        alone = match["first"] is not None and match["last"] is None and match["step"] is None
        last = _number(match["last"], words) if match["last"] else first if alone else most
        if first is None or last is None or not least <= first <= last <= most or not step:
            raise ValueError(f"{part!r} is no {name} from {least} to {most}")
        found |= set(range(first, last + 1, step))
    return frozenset(found)


def _number(text: str, words: dict[str, int]) -> int | None:
    return words.get(text, int(text) if text.isascii() and text.isdigit() else None)
