"""Which deployment a run is about: its id, version and time, from the command line and the environment. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.model import Deployment
from pytest_deploycheck.phases import parse_duration


def deployment_of(
    now: datetime,
    *,
    identity: str | None = None,
    version: str | None = None,
    previous: str | None = None,
    commit: str | None = None,
    deployed_at: str | None = None,
    environment: str = "production",
) -> Deployment:
    """Return the deployment that was named, or a new unnamed one that began now.

    Raises:
        SettingsError: ``deployed_at`` is neither a time with a zone nor an age.
    """
    at = now if deployed_at is None else read_time(deployed_at, now)
    return Deployment(
        id=identity or _default_id(at, version, environment, known=deployed_at is not None),
        version=version,
        previous=previous,
        commit=commit,
        deployed_at=at,
        environment=environment,
        # an age names another moment with every run
        explicit=identity is not None or (deployed_at is not None and _age(deployed_at.strip(), now) is None),
        deployed_at_known=deployed_at is not None,
    )


def _default_id(at: datetime, version: str | None, environment: str, *, known: bool) -> str:
    name = version or ("deployment" if known else "unnamed")
    return f"{environment}-{name}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def read_time(text: str, now: datetime) -> datetime:
    """Return the time that a text names: ISO 8601 with a zone, seconds since 1970, or an age such as ``5m``.

    Raises:
        SettingsError: it is none of these, or it has no time zone.
    """
    for read in (_age, _epoch, _iso):
        found = read(text.strip(), now)
        if found is not None:
            return found
    raise SettingsError.of(
        "command line",
        "--deployed-at",
        "not a time with a time zone, nor an age",
        value=repr(text),
        hint="Write 2026-03-01T12:00:00Z, or 5m for five minutes ago.",
    )


def _age(text: str, now: datetime) -> datetime | None:
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
