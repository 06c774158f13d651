"""From what the settings declare to what is asked of the sources; pure, between settings and observing.

One function for each kind of question; :data:`ASKS` names them by section and aspect, so that what a collected check
will ask is known ahead.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asking.base import database_of, http_ask, service_headers, service_url, sql_ask
from pytest_deploycheck.asking.frontend import page_ask, realtime_ask
from pytest_deploycheck.asking.jobs import job_asks
from pytest_deploycheck.asking.logs import log_ask
from pytest_deploycheck.asking.metrics import metric_ask, metric_asks, open_metrics_ask, scrape_store, sql_metric_ask
from pytest_deploycheck.asking.programs import certificate_ask, dns_ask, redis_ask, split_address
from pytest_deploycheck.asking.prometheus import alerts_ask
from pytest_deploycheck.asking.running import container_ask, workload_ask
from pytest_deploycheck.asking.windows import at_window
from pytest_deploycheck.asks import Ask, DnsAsk, HttpAsk, RedisAsk, TcpAsk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.settings.items import Dependency, Endpoint, Item
    from pytest_deploycheck.settings.schema import Settings

__all__ = [
    "ASKS",
    "WRONG_TOKEN",
    "alerts_ask",
    "asks_of",
    "at_window",
    "certificate_ask",
    "container_ask",
    "database_of",
    "dependency_ask",
    "endpoint_ask",
    "http_ask",
    "job_asks",
    "log_ask",
    "metric_ask",
    "metric_asks",
    "open_metrics_ask",
    "page_ask",
    "realtime_ask",
    "scrape_store",
    "service_headers",
    "service_url",
    "sql_ask",
    "sql_metric_ask",
    "stranger_asks",
    "workload_ask",
]

WRONG_TOKEN: Final = "deploycheck-not-a-valid-token"  # noqa: S105  # wrong on purpose


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


def dependency_ask(settings: Settings, dependency: Dependency) -> HttpAsk | TcpAsk | DnsAsk | RedisAsk:
    """Return what is asked of a dependency: a URL, a connection, a name, Redis, or the service's own health body."""
    timeout = dependency.timeout or settings.service.timeout
    if dependency.tcp is not None:
        address, port = split_address(dependency.tcp)
        return TcpAsk(address=address, port=port, tls=dependency.tls, timeout=timeout)
    if dependency.dns is not None:
        return dns_ask(settings, dependency)
    if dependency.redis:
        return redis_ask(settings, timeout=dependency.timeout)
    return http_ask(settings, dependency.url or dependency.path or "/", timeout=timeout)


ASKS: Final[Mapping[tuple[str, str], Callable[[Settings, Any, Deployment, datetime], tuple[Ask, ...]]]] = {
    ("endpoint", "main"): lambda s, e, _d, _n: (endpoint_ask(s, e),),
    ("endpoint", "strangers"): lambda s, e, _d, _n: tuple(stranger_asks(s, e).values()),
    ("metric", "main"): metric_asks,
    ("dependency", "main"): lambda s, e, _d, _n: (dependency_ask(s, e),),
    ("dependency", "certificate"): lambda s, e, _d, _n: (certificate_ask(s, e),),
    ("alert_rule", "main"): lambda s, e, _d, _n: (alerts_ask(s, e),),
    ("container", "main"): lambda _s, e, _d, _n: (container_ask(e),),
    ("workload", "main"): lambda _s, e, _d, _n: (workload_ask(e),),
    ("job", "main"): job_asks,
    ("page", "main"): lambda s, e, d, n: (page_ask(s, e, d, n),),
    ("realtime", "main"): lambda s, e, _d, _n: (realtime_ask(s, e),),
    ("log", "main"): lambda s, e, d, n: (log_ask(s, e, d, n),),
}


def asks_of(
    entry: Item, settings: Settings, deployment: Deployment, now: datetime, aspect: str = "main"
) -> tuple[Ask, ...]:
    """Return what the check of an entry will ask; nothing for kinds that are asked step by step."""
    build = ASKS.get((entry.kind, aspect))
    return build(settings, entry, deployment, now) if build is not None else ()
