"""From a declared metric with source ``sentry`` to the question; beside ``metrics.py``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import SentryAsk
from pytest_deploycheck.errors import SettingsError

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.settings.metrics import SentryMetric
    from pytest_deploycheck.settings.schema import Settings
    from pytest_deploycheck.settings.services import Sentry

ANY: Final = "any"


def sentry_ask(settings: Settings, metric: SentryMetric, deployment: Deployment, now: datetime) -> SentryAsk:
    """Return the question to Sentry; without a window it is about the time since the deployment.

    Raises:
        SettingsError: no Sentry is declared.
    """
    sentry = settings.sentry
    if sentry is None:
        raise SettingsError.of(settings.path.name, "sentry", "a metric asks Sentry, and none is declared")
    since = deployment.deployed_at if deployment.deployed_at_known else None
    wanted = sentry.environment or deployment.environment
    return SentryAsk(
        url=sentry.url,
        organization=sentry.organization,
        projects=sentry.project,
        token=sentry.token.get_secret_value(),
        query=metric.query,
        search=metric.search or "",
        event_levels=metric.event_levels,
        environment="" if wanted == ANY else wanted,
        release=_release(sentry, deployment) if metric.this_release or metric.query == "release" else "",
        dataset=metric.dataset,
        start=now - timedelta(seconds=metric.window) if metric.window else since,
        end=now,
        sample_rate=sentry.sample_rate,
        timeout=metric.timeout or sentry.timeout,
        verify_tls=sentry.verify_tls,
    )


def _release(sentry: Sentry, deployment: Deployment) -> str | None:
    """Return the deployed release as the SDK calls it; None when that is not known."""
    name = sentry.release
    for placeholder, value in (("{version}", deployment.version), ("{commit}", deployment.commit)):
        if placeholder in name:
            if value is None:
                return None
            name = name.replace(placeholder, value)
    return name
