"""From a declared metric to what is asked of its source; one function a source, found by its name."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asking.base import http_ask, service_headers, service_url, sql_ask
from pytest_deploycheck.asking.logs import log_ask
from pytest_deploycheck.asking.programs import command_ask, redis_metric_ask, textfile_ask
from pytest_deploycheck.asking.prometheus import credentials, prometheus_ask
from pytest_deploycheck.asking.sentry import sentry_ask
from pytest_deploycheck.asking.tickets import tickets_ask
from pytest_deploycheck.asks import Ask, HostAsk, HttpAsk, LogAsk, OpenMetricsAsk, SqlAsk
from pytest_deploycheck.reporting.layout import safe_component

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.settings.metrics import HostMetric, HttpMetric, LogMetric, OpenMetricsMetric, SqlMetric
    from pytest_deploycheck.settings.schema import Settings

DEFAULT_WINDOW: Final = 10.0
DEFAULT_METRICS_PATH: Final = "/metrics"
LONGEST_WAIT: Final = 30.0
SCRAPES_NAME: Final = "scrapes.json"
_PARAMETER: Final = re.compile(r"(?:%\(|(?<![:\w]):)(deployed_at|window_start|window_end)\b")


def scrape_store(settings: Settings, deployment: Deployment) -> Path:
    """Return the file that holds what earlier runs of the deployment scraped."""
    return settings.root / settings.reports.dir / safe_component(deployment.id) / SCRAPES_NAME


def open_metrics_ask(settings: Settings, metric: OpenMetricsMetric, deployment: Deployment) -> OpenMetricsAsk:
    """Return the question to the service's own metrics."""
    url = service_url(settings, metric.url or settings.service.metrics or DEFAULT_METRICS_PATH)
    return OpenMetricsAsk(
        url=url,
        query=metric.query,
        window=metric.window or DEFAULT_WINDOW,
        headers=service_headers(settings, auth=metric.auth, url=url),
        patience=min(LONGEST_WAIT, settings.run.check_timeout / 2),
        store=str(scrape_store(settings, deployment)) if deployment.explicit else None,
        timeout=metric.timeout or settings.service.timeout,
        verify_tls=settings.service.verify_tls,
    )


def sql_metric_ask(settings: Settings, metric: SqlMetric, deployment: Deployment, now: datetime) -> SqlAsk:
    """Return a declared statement with the deployment's times as its parameters."""
    start = now - timedelta(seconds=metric.window) if metric.window else deployment.deployed_at
    times = {"deployed_at": deployment.deployed_at, "window_start": start, "window_end": now}
    used = sorted(set(_PARAMETER.findall(metric.sql)))
    changes: dict[str, Any] = {"params": tuple((name, times[name]) for name in used)}
    if metric.timeout is not None:
        changes["statement_timeout"] = metric.timeout
    return sql_ask(settings, metric.sql, name=metric.id, **changes)


def _host_metric(metric: HostMetric) -> HostAsk:
    return HostAsk(resource=metric.query, path=metric.path, window=min(metric.window or 1.0, 30.0))


def _http_metric(settings: Settings, metric: HttpMetric) -> HttpAsk:
    own = credentials(metric)
    return http_ask(
        settings,
        metric.path,
        method=metric.method,
        headers=service_headers(settings, own, auth=metric.auth, url=service_url(settings, metric.path)),
        json_body=None if metric.body is None else json.dumps(metric.body, sort_keys=True),
        timeout=metric.timeout or settings.service.timeout,
        max_bytes=metric.max_body or settings.service.max_body,
    )


def _log_metric(settings: Settings, metric: LogMetric, deployment: Deployment, now: datetime) -> LogAsk:
    log = next(log for log in settings.logs if log.id == metric.log)
    return log_ask(settings, log, deployment, now, window=metric.window)


_METRIC_ASKS: Final[Mapping[str, Callable[[Settings, Any, Deployment, datetime], Ask]]] = {
    "openmetrics": lambda settings, metric, deployment, _now: open_metrics_ask(settings, metric, deployment),
    "prometheus": prometheus_ask,
    "sql": sql_metric_ask,
    "host": lambda _settings, metric, _deployment, _now: _host_metric(metric),
    "sentry": sentry_ask,
    "tickets": tickets_ask,
    "log": _log_metric,
    "command": lambda settings, metric, _deployment, _now: command_ask(settings, metric),
    "textfile": lambda settings, metric, _deployment, _now: textfile_ask(settings, metric),
    "redis": lambda settings, metric, _deployment, _now: redis_metric_ask(settings, metric),
    "http": lambda settings, metric, _deployment, _now: _http_metric(settings, metric),
}


def metric_ask(settings: Settings, metric: Any, deployment: Deployment, now: datetime) -> Ask:
    """Return what is asked for a declared metric, whatever its source."""
    return _METRIC_ASKS[metric.source](settings, metric, deployment, now)


def metric_asks(settings: Settings, metric: Any, deployment: Deployment, now: datetime) -> tuple[Ask, ...]:
    """Return everything that is asked for a declared metric: its own question, its denominator's, its control's."""
    named = (metric, *(settings.metric(name) for name in (metric.denominator, metric.control) if name))
    return tuple(metric_ask(settings, each, deployment, now) for each in named)
