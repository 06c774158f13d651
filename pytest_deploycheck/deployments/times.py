"""The moment that a text names: a time with a zone, seconds since 1970, or an age. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.phases import parse_duration

FLAG: Final = "--deployed-at"


def read_time(text: str, now: datetime, *, origin: str = FLAG) -> datetime:
    """Return the time that a text names: ISO 8601 with a zone, seconds since 1970, or an age such as ``5m``.

    Raises:
        SettingsError: it is none of these, or it has no time zone; ``origin`` says where the text came from.
    """
    for read in (age_before, _epoch, _iso):
        found = read(text.strip(), now)
        if found is not None:
            return found
    raise SettingsError.of(
        "command line" if origin.startswith("--") else "environment",
        origin,
        "not a time with a time zone, nor an age",
        value=repr(text[:80]),
        hint="Write 2026-03-01T12:00:00Z, or 5m for five minutes ago.",
    )


def age_before(text: str, now: datetime) -> datetime | None:
    """Return the moment an age before ``now``, None when the text is no age."""
    try:
        return now - timedelta(seconds=parse_duration(text))
    except (ValueError, OverflowError):
        return None


def _epoch(text: str, _now: datetime) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(text), UTC) if text.replace(".", "", 1).isdigit() else None
    except (ValueError, OverflowError, OSError):
        return None


def _iso(text: str, _now: datetime) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return None if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
