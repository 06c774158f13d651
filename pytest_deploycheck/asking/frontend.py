"""From declared pages and live connections to what is asked of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from pytest_deploycheck.asking.base import service_headers, service_url
from pytest_deploycheck.asks import PageAsk, RealtimeAsk
from pytest_deploycheck.reporting.layout import safe_component

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.settings.frontend import Page, Realtime
    from pytest_deploycheck.settings.schema import Settings


def page_ask(settings: Settings, page: Page, deployment: Deployment, now: datetime) -> PageAsk:
    """Return the question to a browser; screenshots go beside the deployment's runs."""
    url = service_url(settings, page.path)
    folder = settings.root / settings.reports.dir / safe_component(deployment.id) / "pages"
    browser = settings.service.browser
    return PageAsk(
        url=url,
        headers=service_headers(settings, auth=page.auth, url=url),
        timeout=page.timeout or settings.service.timeout,
        settle=page.settle,
        texts=page.contains,
        selectors=page.selectors,
        browser=str(settings.root / browser) if browser else None,
        screenshot=str(folder / f"{safe_component(page.id)}-{now:%Y%m%dT%H%M%SZ}.png"),
        verify_tls=settings.service.verify_tls,
    )


def realtime_ask(settings: Settings, entry: Realtime) -> RealtimeAsk:
    """Return the question to a live connection; what is declared for the service goes to its own host only."""
    stream = entry.stream if entry.stream.startswith("ws") else service_url(settings, entry.stream)
    write = service_url(settings, entry.write)
    return RealtimeAsk(
        url=stream,
        write_url=write,
        headers=service_headers(settings, entry.headers, auth=entry.auth, url=_as_http(stream)),
        subscribe=entry.subscribe if isinstance(entry.subscribe, str | None) else json.dumps(entry.subscribe),
        method=entry.method,
        write_headers=service_headers(settings, entry.headers, auth=entry.auth, url=write),
        body=None if entry.json_body is None else json.dumps(entry.json_body, sort_keys=True),
        events=entry.events,
        interval=entry.interval,
        settle=entry.settle,
        wait=entry.wait,
        timeout=entry.timeout or settings.service.timeout,
        verify_tls=settings.service.verify_tls,
    )


def _as_http(url: str) -> str:
    """Return a WebSocket's URL as that of the web server which it belongs to."""
    parts = urlsplit(url)
    return urlunsplit(({"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme), *parts[1:]))
