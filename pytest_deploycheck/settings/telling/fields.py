"""The types of single settings about alerts: addresses, times of day, zones, days."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, SecretStr, WithJsonSchema

from pytest_deploycheck.settings.addresses import check_url
from pytest_deploycheck.settings.values import mask, problem

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NTH: Final = ("first", "second", "third", "fourth", "fifth")
_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_MEMBER: Final = re.compile(r"[UW][A-Z0-9]{2,20}")
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
_ROOM: Final = re.compile(r"(?:[a-z0-9_-]|\{date\}|\{time\}|\{id\}){1,80}")


def _matching(pattern: re.Pattern[str], message: str, hint: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise problem(message, hint)
        return value

    return AfterValidator(check)


def _check_secret_url(value: SecretStr) -> SecretStr:
    check_url(value.get_secret_value())
    return value


def read_clock(value: Any) -> Any:
    """Return the time of day of a text such as ``09:00``."""
    if isinstance(value, time):
        return value
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise problem("no time of day", 'Write "09:00", or "23:30".')
    return time(int(match[1]), int(match[2]))


def read_moment(value: Any) -> Any:
    """Return the time of an ISO 8601 text with a zone, in UTC."""
    if isinstance(value, datetime):
        return value
    try:
        found = datetime.fromisoformat(value)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        pass
    raise problem("no time with a zone", 'Write "2026-03-01T09:00:00Z".')


def _check_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        raise problem(
            "unknown time zone", 'Write "UTC" or a name such as "Europe/Berlin".', known=sorted(available_timezones())
        ) from None
    return value


def days_of(every: str) -> tuple[int, frozenset[int]]:
    """Return which weeks (0 for all, else the first to fifth such day of the month) and which days a text means.

    Raises:
        PydanticCustomError: it means none.
    """
    words = every.lower().split()
    nth = _NTH.index(words[0]) + 1 if words and words[0] in _NTH else 0
    named = words[1:] if nth else words
    if named == ["day"] and not nth:
        return 0, frozenset(range(7))
    if named == ["weekday"] and not nth:
        return 0, frozenset(range(5))
    if len(named) == 1 and named[0] in _LONG_DAYS:
        return nth, frozenset({_LONG_DAYS.index(named[0])})
    raise problem("no day", 'Write "day", "weekday", "sunday", "first sunday" or "second tuesday".')


def _check_days(value: str) -> str:
    days_of(value)
    return value


_CLOCK_SCHEMA: Final = {"type": "string", "pattern": f"^{_CLOCK.pattern}$"}
_AS_MINUTE: Final = PlainSerializer(lambda value: f"{value:%H:%M}", return_type=str, when_used="json")

SecretUrl = Annotated[
    SecretStr, AfterValidator(_check_secret_url), PlainSerializer(mask, return_type=str, when_used="json")
]
MailAddress = Annotated[str, _matching(_ADDRESS, "no mail address", 'Write "name@host".')]
SlackMember = Annotated[str, _matching(_MEMBER, "no Slack member id", 'It looks like "U012AB3CD"; see the profile.')]
Repository = Annotated[str, _matching(_REPOSITORY, "no repository", 'Write "owner/name".')]
RoomName = Annotated[str, _matching(_ROOM, "no channel name", "Use a-z, 0-9, - and _, {date}, {time} and {id}.")]
Clock = Annotated[time, BeforeValidator(read_clock), _AS_MINUTE, WithJsonSchema(_CLOCK_SCHEMA)]
Moment = Annotated[datetime, BeforeValidator(read_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Zone = Annotated[str, AfterValidator(_check_zone)]
Every = Annotated[str, AfterValidator(_check_days)]
