"""Who is on call, and where a roster leaves a hole or names two at once; pure, above the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from pytest_deploycheck.notify.times import at_local

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.notify.rules import Roster, Shift

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Duty:
    """A span of duty; ``who`` begins with the primary."""

    start: datetime
    end: datetime | None
    who: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hole:
    """A span in which nobody is on call, or (``overlap``) two shifts name somebody."""

    start: datetime
    end: datetime
    overlap: bool = False

    def __str__(self) -> str:
        """Return it as people read it."""
        what = "two shifts" if self.overlap else "nobody"
        return f"{what} from {self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"


def on_call(roster: Roster, now: datetime) -> Duty | None:
    """Return the duty at ``now``, None when nobody has it; a shift comes before the rotation."""
    for shift in roster.shifts:
        if shift.start <= now < shift.end:
            return Duty(shift.start, shift.end, shift.who)
    return _rotation(roster, now)


def _rotation(roster: Roster, now: datetime) -> Duty | None:
    if roster.start is None or not roster.people or now < roster.start:
        return None
    place = ZoneInfo(roster.zone)
    first = roster.start.astimezone(place)
    turn = (now.astimezone(place).date() - first.date()).days // roster.every

    def begin(number: int) -> datetime:
        # by the calendar: a handover at 09:00 stays at 09:00 when the clocks change
        return at_local(first.date() + number * roster.every * _DAY, first.time(), roster.zone)

    turn -= begin(turn) > now
    people = roster.people
    who = tuple(people[(turn + place) % len(people)] for place in range(min(2, len(people))))
    return Duty(begin(turn), begin(turn + 1), who)


def holes(roster: Roster) -> tuple[Hole, ...]:
    """Return the gaps and overlaps between the shifts of a roster; a rotation behind them fills the gaps."""
    shifts = sorted(roster.shifts, key=lambda shift: (shift.start, shift.end))
    return tuple(_overlaps(shifts)) + tuple(_gaps(shifts, roster))


def _overlaps(shifts: list[Shift]) -> Iterator[Hole]:
    for one, other in pairwise(shifts):
        if other.start < one.end:
            yield Hole(other.start, min(one.end, other.end), overlap=True)


def _gaps(shifts: list[Shift], roster: Roster) -> Iterator[Hole]:
    covered: datetime | None = None
    for shift in shifts:
        if covered is not None and shift.start > covered and on_call(roster, covered) is None:
            begins = roster.start if roster.people else None
            end = shift.start if begins is None or begins <= covered else min(begins, shift.start)
            yield Hole(covered, end)
        covered = shift.end if covered is None else max(covered, shift.end)
