"""What a schedule is made of: names and times, checked so that no value can become syntax of the file it goes into."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from pytest_deploycheck.errors import SettingsError, SettingsProblem
from pytest_deploycheck.phases import parse_duration, resolve_phase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_TIME: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_WEEKLY: Final = re.compile(rf"({'|'.join(DAYS)})@(.+)", re.IGNORECASE)
_MONTHLY: Final = re.compile(r"([1-9]|1\d|2[0-8])@(.+)", re.ASCII)
_PATH: Final = re.compile(r"/[A-Za-z0-9._/-]*")
_IMAGE: Final = re.compile(r"[a-z0-9][A-Za-z0-9._/:@-]{0,254}")
_ACTION: Final = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+@[A-Za-z0-9_./-]+|\./[A-Za-z0-9._/-]*")
_REQUIREMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\[\],=<>!~+-]{0,100}")
_ZONE: Final = re.compile(r"[A-Za-z0-9_+/-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A schedule in the words of cron. ``tick`` to ``monthly`` are cron expressions, ``calendars`` those of systemd."""

    service: str
    phase: str
    zone: str
    tick: str
    daily: str
    weekly: str
    monthly: str
    calendars: Mapping[str, str]
    directory: str
    python: str
    image: str
    action: str
    requirement: str


def plan_of(texts: Mapping[str, str]) -> Plan:
    """Return the plan that the texts of the command line ask for, by the name of their option.

    Raises:
        SettingsError: a text is not what its option takes; every problem at once.
    """
    found: dict[str, str] = {}
    problems = []
    for option, (check, hint) in _CHECKS.items():
        try:
            found[option] = check(texts[option].strip())
        except (ValueError, OverflowError):
            problem = SettingsProblem("command line", option, "cannot be used", repr(texts[option][:80]), hint)
            problems.append(problem)
    if problems:
        raise SettingsError(tuple(problems))
    daily = _clock(found["--daily"])
    day, _, at = found["--weekly"].partition("@")
    weekly, weekday = _clock(at), DAYS.index(day.lower())
    date, _, at = found["--monthly"].partition("@")
    monthly, minutes = _clock(at), int(parse_duration(found["--every"]) // 60)
    return Plan(
        service=found["--service"],
        phase=found["--phase"],
        zone=found["--zone"],
        tick=_every(minutes),
        daily=f"{daily[1]} {daily[0]} * * *",
        weekly=f"{weekly[1]} {weekly[0]} * * {weekday}",
        monthly=f"{monthly[1]} {monthly[0]} {date} * *",
        calendars={
            "auto": _calendar(minutes, found["--zone"]),
            "daily": f"*-*-* {_hands(daily)} {found['--zone']}",
            "weekly": f"{day[:3].capitalize()} *-*-* {_hands(weekly)} {found['--zone']}",
            "monthly": f"*-*-{int(date):02d} {_hands(monthly)} {found['--zone']}",
        },
        directory=found["--directory"],
        python=found["--python"],
        image=found["--image"],
        action=found["--action"],
        requirement=found["--requirement"],
    )


def _every(minutes: int) -> str:
    return (
        f"*/{minutes} * * * *"
        if minutes < _HOUR
        else "0 * * * *"
        if minutes == _HOUR
        else f"0 */{minutes // _HOUR} * * *"
    )


def _calendar(minutes: int, zone: str) -> str:
    if minutes < _HOUR:
        return f"*-*-* *:00/{minutes}:00 {zone}"
    return f"*-*-* 00/{minutes // _HOUR}:00:00 {zone}"


def _clock(text: str) -> tuple[int, int]:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return int(match[1]), int(match[2])


def _hands(clock: tuple[int, int]) -> str:
    return f"{clock[0]:02d}:{clock[1]:02d}:00"


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(text)
        return text

    return check


def _timed(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        match = pattern.fullmatch(text)
        if match is None:
            raise ValueError(text)
        _clock(match[2])
        return text

    return check


def _interval(text: str) -> str:
    """Return an interval that cron can say: it has to divide the hour, or the day in whole hours."""
    minutes = parse_duration(text) / 60
    fits = (
        minutes >= 1
        and minutes == int(minutes)
        and (_HOUR % minutes == 0 or (minutes % _HOUR == 0 and _DAY % minutes == 0))
    )
    if not fits or minutes > _DAY / 2:
        raise ValueError(text)
    return text


def _zone(text: str) -> str:
    if not _ZONE.fullmatch(text):
        raise ValueError(text)
    try:
        ZoneInfo(text)
    except (OSError, KeyError) as error:
        raise ValueError(text) from error
    return text


def _daily(text: str) -> str:
    _clock(text)
    return text


_HOUR: Final = 60
_DAY: Final = 24 * _HOUR
_CHECKS: Final[Mapping[str, tuple[Callable[[str], str], str]]] = {
    "--service": (_matching(_SLUG), "Write a name of lower-case letters, digits and dashes, at most 40."),
    "--phase": (lambda text: resolve_phase(text).name, "Write a phase such as first-hour."),
    "--zone": (_zone, "Write a time zone such as UTC or Europe/Berlin."),
    "--every": (_interval, "Write an interval that divides the hour or the day: 5m, 15m, 1h, 2h."),
    "--daily": (_daily, "Write a time such as 06:00."),
    "--weekly": (_timed(_WEEKLY), "Write a day and a time such as monday@09:00."),
    "--monthly": (_timed(_MONTHLY), "Write a day from 1 to 28 and a time such as 1@10:00."),
    "--directory": (_matching(_PATH), "Write an absolute path of letters, digits, dots and dashes."),
    "--python": (_matching(_PATH), "Write an absolute path of letters, digits, dots and dashes."),
    "--image": (_matching(_IMAGE), "Write the name of an image."),
    "--action": (_matching(_ACTION), "Write OWNER/REPOSITORY@TAG, or ./ for an action in the repository."),
    "--requirement": (_matching(_REQUIREMENT), "Write a requirement of pip's, such as pytest-deploycheck==0.1.0."),
}
