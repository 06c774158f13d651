"""From what the settings declare to what is asked of the sources; pure, between settings and observing.

One function for each kind of question; :data:`ASKS` names them by section and aspect, so that what a collected check
will ask is known ahead.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pytest_deploycheck.asks import Ask, HostAsk, HttpAsk, LogAsk, OpenMetricsAsk, SqlAsk, TcpAsk
from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.reporting.layout import safe_component

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.settings.items import Dependency, Endpoint, Item, Log
    from pytest_deploycheck.settings.metrics import HostMetric, HttpMetric, OpenMetricsMetric, SqlMetric
    from pytest_deploycheck.settings.schema import Settings
    from pytest_deploycheck.settings.sections import Database

DEFAULT_WINDOW: Final = 10.0
DEFAULT_METRICS_PATH: Final = "/metrics"
LONGEST_WAIT: Final = 30.0
SCRAPES_NAME: Final = "scrapes.json"
WRONG_TOKEN: Final = "deploycheck-not-a-valid-token"  # noqa: S105  # wrong on purpose
_PARAMETER: Final = re.compile(r"%\((deployed_at|window_start)\)s")


def service_url(settings: Settings, path: str) -> str:
    """Return the URL of a path of the service; a whole URL stays as it is."""
    return path if urlsplit(path).scheme in {"http", "https"} else settings.service.base_url + "/" + path.lstrip("/")


def service_headers(
    settings: Settings, own: Mapping[str, str] | None = None, *, auth: bool = False, url: str | None = None
) -> tuple[tuple[str, str], ...]:
    """Return the headers of a request: the service's, its token with ``auth``, and the request's own over both.

    The service's headers and token are not sent to another host than the service's.
    """
    service = settings.service
    at_home = url is None or urlsplit(url).netloc == urlsplit(service.base_url).netloc
    headers = dict(service.headers) if at_home else {}
    if auth and at_home and service.bearer is not None:
        headers["Authorization"] = f"Bearer {service.bearer.get_secret_value()}"
    return tuple((headers | dict(own or {})).items())


def http_ask(settings: Settings, path: str, *, auth: bool = False, **changes: Any) -> HttpAsk:
    """Return a plain request to a path of the service, with the service's limits unless ``changes`` say otherwise."""
    service = settings.service
    url = service_url(settings, path)
    given: dict[str, Any] = {
        "headers": service_headers(settings, auth=auth, url=url),
        "timeout": service.timeout,
        "max_bytes": service.max_body,
        "verify_tls": service.verify_tls,
    }
    return HttpAsk(url=url, **(given | changes))


def endpoint_ask(settings: Settings, endpoint: Endpoint) -> HttpAsk:
    """Return the request of a declared endpoint."""
    url = service_url(settings, endpoint.path)
    return http_ask(
        settings,
        endpoint.path,
        method=endpoint.method,
        headers=service_headers(settings, endpoint.headers, auth=endpoint.auth, url=url),
        json_body=None if endpoint.body is None else json.dumps(endpoint.body, sort_keys=True),
        timeout=endpoint.timeout or settings.service.timeout,
        max_bytes=endpoint.max_body or settings.service.max_body,
        follow_redirects=endpoint.follow_redirects,
        samples=endpoint.samples,
        tls_expiry=endpoint.tls_expiry is not None,
    )


def stranger_asks(settings: Settings, endpoint: Endpoint) -> dict[str, HttpAsk]:
    """Return the endpoint's request by caller: without a token, and with a wrong one."""
    own = {name: value for name, value in endpoint.headers.items() if name.lower() != "authorization"}
    base = {name: value for name, value in settings.service.headers.items() if name.lower() != "authorization"}
    nobody = tuple((base | own).items())
    common: dict[str, Any] = {"method": endpoint.method, "timeout": endpoint.timeout or settings.service.timeout}
    wrong = (*nobody, ("Authorization", f"Bearer {WRONG_TOKEN}"))
    return {
        "a caller without a token": http_ask(settings, endpoint.path, headers=nobody, **common),
        "a caller with a wrong token": http_ask(settings, endpoint.path, headers=wrong, **common),
    }


def dependency_ask(settings: Settings, dependency: Dependency) -> HttpAsk | TcpAsk:
    """Return what is asked of a dependency: a URL, a TCP connection, or a part of the service's own health body."""
    timeout = dependency.timeout or settings.service.timeout
    if dependency.tcp is not None:
        address, _, port = dependency.tcp.rpartition(":")
        return TcpAsk(address=address.strip("[]"), port=int(port), tls=dependency.tls, timeout=timeout)
    return http_ask(settings, dependency.url or dependency.path or "/", timeout=timeout)


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


def database_of(settings: Settings) -> Database:
    """Return the declared database.

    Raises:
        SettingsError: none is declared.
    """
    if settings.database is None:
        raise SettingsError.of(
            settings.path.name,
            "database.dsn",
            "a check asks the database, and none is declared",
            hint='Add [database] with dsn = "${DATABASE_URL}" and set DATABASE_URL.',
        )
    return settings.database


def sql_ask(settings: Settings, sql: str, *, name: str, **changes: Any) -> SqlAsk:
    """Return a read-only question to the database, or to its read replica when one is declared.

    Raises:
        SettingsError: no database is declared.
    """
    database = database_of(settings)
    dsn = database.read_replica_dsn or database.dsn
    given: dict[str, Any] = {
        "statement_timeout": database.statement_timeout,
        "lock_timeout": database.lock_timeout,
        "connect_timeout": database.connect_timeout,
    }
    return SqlAsk(dsn=dsn.get_secret_value(), sql=sql, name=name, **(given | changes))


def sql_metric_ask(settings: Settings, metric: SqlMetric, deployment: Deployment, now: datetime) -> SqlAsk:
    """Return a declared statement with the deployment's times as its parameters."""
    start = now - timedelta(seconds=metric.window) if metric.window else deployment.deployed_at
    times = {"deployed_at": deployment.deployed_at, "window_start": start}
    used = sorted(set(_PARAMETER.findall(metric.sql)))
    changes: dict[str, Any] = {"params": tuple((name, times[name]) for name in used)}
    if metric.timeout is not None:
        changes["statement_timeout"] = metric.timeout
    return sql_ask(settings, metric.sql, name=metric.id, **changes)


def _host_metric(metric: HostMetric) -> HostAsk:
    return HostAsk(resource=metric.query, path=metric.path, window=min(metric.window or 1.0, 30.0))


def _http_metric(settings: Settings, metric: HttpMetric) -> HttpAsk:
    return http_ask(settings, metric.path, auth=metric.auth, timeout=metric.timeout or settings.service.timeout)


_METRIC_ASKS: Final[Mapping[str, Callable[[Settings, Any, Deployment, datetime], Ask]]] = {
    "openmetrics": lambda settings, metric, deployment, _now: open_metrics_ask(settings, metric, deployment),
    "sql": sql_metric_ask,
    "host": lambda _settings, metric, _deployment, _now: _host_metric(metric),
    "http": lambda settings, metric, _deployment, _now: _http_metric(settings, metric),
}


def metric_ask(settings: Settings, metric: Any, deployment: Deployment, now: datetime) -> Ask:
    """Return what is asked for a declared metric, whatever its source."""
    return _METRIC_ASKS[metric.source](settings, metric, deployment, now)


def log_ask(settings: Settings, log: Log, deployment: Deployment, now: datetime) -> LogAsk:
    """Return the question to a log file; a relative path starts at the settings file.

    Without ``since`` it is about the time after the deployment, or about the whole file when that time is not known.
    """
    known = deployment.deployed_at if deployment.deployed_at_known else None
    since = now - timedelta(seconds=log.since) if log.since else known
    return LogAsk(path=str(settings.root / log.path), patterns=(*log.require, *log.forbid), since=since)


ASKS: Final[Mapping[tuple[str, str], Callable[[Settings, Any, Deployment, datetime], tuple[Ask, ...]]]] = {
    ("endpoint", "main"): lambda s, e, _d, _n: (endpoint_ask(s, e),),
    ("endpoint", "strangers"): lambda s, e, _d, _n: tuple(stranger_asks(s, e).values()),
    ("metric", "main"): lambda s, m, d, n: (metric_ask(s, m, d, n),),
    ("dependency", "main"): lambda s, e, _d, _n: (dependency_ask(s, e),),
    ("log", "main"): lambda s, e, d, n: (log_ask(s, e, d, n),),
}


def asks_of(
    entry: Item, settings: Settings, deployment: Deployment, now: datetime, aspect: str = "main"
) -> tuple[Ask, ...]:
    """Return what the check of an entry will ask; nothing for kinds that are asked step by step."""
    build = ASKS.get((entry.kind, aspect))
    return build(settings, entry, deployment, now) if build is not None else ()
