"""From the settings to what is asked of Prometheus."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pytest_deploycheck.asks import PromAlertsAsk, PromAsk
from pytest_deploycheck.errors import SettingsError

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.settings.alerts import AlertRule
    from pytest_deploycheck.settings.metrics import PrometheusMetric
    from pytest_deploycheck.settings.schema import Settings
    from pytest_deploycheck.settings.servers import Credentials

DEFAULT_WINDOW: Final = 300.0
SHORTEST_WINDOW: Final = 60.0
_WINDOW: Final = "$window"


def credentials(given: Credentials) -> dict[str, str]:
    """Return the headers of a request that introduces us; own headers over what token or password make."""
    made: dict[str, str] = {}
    if given.bearer is not None:
        made["Authorization"] = f"Bearer {given.bearer.get_secret_value()}"
    elif given.username is not None and given.password is not None:
        pair = f"{given.username}:{given.password.get_secret_value()}".encode()
        made["Authorization"] = "Basic " + base64.b64encode(pair).decode()
    return made | dict(given.headers)


def prometheus_ask(settings: Settings, metric: PrometheusMetric, deployment: Deployment, now: datetime) -> PromAsk:
    """Return the query of a declared metric at ``now``; a window that is not declared begins at the deployment.

    Raises:
        SettingsError: no server is declared.
    """
    return PromAsk(
        query=metric.query,
        end=now,
        window=_window(metric, deployment, now),
        stat=metric.stat,
        step=metric.step,
        by=metric.by,
        reduce=metric.reduce,
        expected=metric.expect,
        samples_query=metric.samples_query,
        fresh=(metric.fresh or metric.query) if metric.max_age is not None else None,
        max_age=metric.max_age,
        accept_partial=metric.partial == "accept",
        unit=metric.unit,
        **_server(settings, metric, metric.timeout),
    )


def alerts_ask(settings: Settings, entry: AlertRule) -> PromAlertsAsk:
    """Return the question about alerting rules, or about active alerts when no rule is named.

    Raises:
        SettingsError: no server is declared.
    """
    return PromAlertsAsk(rules=entry.alert is not None, **_server(settings, entry, entry.timeout))


def _window(metric: PrometheusMetric, deployment: Deployment, now: datetime) -> float | None:
    if metric.window is not None:
        return metric.window
    if metric.stat is None and _WINDOW not in f"{metric.query} {metric.samples_query}":
        return None
    if not deployment.deployed_at_known:
        return DEFAULT_WINDOW
    return max((now - deployment.deployed_at).total_seconds(), SHORTEST_WINDOW)


def _server(settings: Settings, entry: Any, timeout: float | None) -> dict[str, Any]:
    """Return address, headers and limits; what [prometheus] knows about us is not told to another server."""
    shared = settings.prometheus
    url = entry.url or (shared.url if shared is not None else None)
    if url is None:
        raise SettingsError.of(
            settings.path.name,
            "prometheus.url",
            f"{entry.id} asks Prometheus, and none is declared",
            hint='Add [prometheus] with url = "${PROMETHEUS_URL}".',
        )
    headers = credentials(entry)
    limits: dict[str, Any] = {}
    if shared is not None:
        same = urlsplit(shared.url)[:2] == urlsplit(url)[:2]
        headers = (credentials(shared) if same else {}) | headers
        limits = {"max_bytes": shared.max_body, "verify_tls": shared.verify_tls if same else True}
    return {
        "url": url,
        "headers": tuple(headers.items()),
        "timeout": timeout or (shared.timeout if shared is not None else settings.service.timeout),
        **limits,
    }
