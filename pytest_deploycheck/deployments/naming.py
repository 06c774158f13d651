"""From what is known of a deployment to the deployment itself; one that nobody named gets a name. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from pytest_deploycheck.deployments.times import FLAG, age_before, read_time
from pytest_deploycheck.model import Deployment


def deployment_of(
    now: datetime,
    *,
    identity: str | None = None,
    version: str | None = None,
    previous: str | None = None,
    commit: str | None = None,
    deployed_at: str | None = None,
    environment: str = "production",
    time_origin: str = FLAG,
) -> Deployment:
    """Return the deployment that was named, or a new unnamed one that began now.

    Raises:
        SettingsError: ``deployed_at`` is neither a time with a zone nor an age.
    """
    at = now if deployed_at is None else read_time(deployed_at, now, origin=time_origin)
    return Deployment(
        id=identity or _default_id(at, version, environment, known=deployed_at is not None),
        version=version,
        previous=previous,
        commit=commit,
        deployed_at=at,
        environment=environment,
        # an age names another moment with every run
        explicit=identity is not None or (deployed_at is not None and age_before(deployed_at.strip(), now) is None),
        deployed_at_known=deployed_at is not None,
    )


def _default_id(at: datetime, version: str | None, environment: str, *, known: bool) -> str:
    name = version or ("deployment" if known else "unnamed")
    return f"{environment}-{name}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
