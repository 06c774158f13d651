"""One small server on loopback that stands in for the services that do not run here, in the shapes they document.

========================================  ==========================================================================
``/sentry/api/0/…``                       Sentry: events, issues, stats_v2, releases, projects
``/apm/api/v1/query?query=NAME``          Datadog's time series: the knob ``apm.NAME`` as the points of one series
``/rum/api/v2/rum/analytics/aggregate``   Datadog's RUM: the knob named by ``filter.query`` as ``computes.c0``
``/railway/graphql/v2``                   Railway's GraphQL: ``railway.cpu``, ``railway.memory_gb`` as measurements
``/vercel/v6/deployments``                Vercel: one deployment with ``vercel.state``
``/vercel/v1/query/web-analytics/…``      Vercel's Web Analytics: ``vercel.pageviews`` of yesterday, 1000 before
``/stripe/v1/charges``                    Stripe: ``stripe.succeeded`` and ``stripe.failed`` charges
``/plaid/item/get``                       Plaid: an item, with ``plaid.error`` as its error_code
``/status/NAME/api/v2/status.json``       A status page (Stripe, Plaid, GitHub, …): the knob ``status.NAME``
``/tickets/search``                       A tracker that answers JSON: ``tickets.count`` and ``tickets.texts``
``/zendesk/api/v2/search.json``           Zendesk: the same knobs, and ``tickets.urgent`` with priority:urgent
``/prometheus/api/v1/query``              Prometheus: ``prometheus`` as a table from query to series; empty otherwise
``/slack/chat.postMessage``               Slack: takes every message
``/pagerduty/v2/enqueue``                 PagerDuty: takes every event
``/json/NAME``                            Anything else: what ``set("json.NAME", {…})`` says; ``{}`` otherwise
========================================  ==========================================================================

A test turns a knob with ``set(name, value)``; ``reset()`` makes everything healthy again.
What was asked is in ``asked``.
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

HEALTHY: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "sentry.events": 0,
        "sentry.users": 0,
        "sentry.issues": 0,
        "sentry.dropped": 0,
        "sentry.release_known": True,
        "railway.cpu": 0.2,
        "railway.cpu_limit": 1.0,
        "railway.memory_gb": 0.4,
        "railway.memory_limit_gb": 1.0,
        "railway.disk_gb": 45.0,
        "vercel.state": "READY",
        "vercel.pageviews": 1000,
        "stripe.succeeded": 100,
        "stripe.failed": 0,
        "plaid.error": None,
        "tickets.count": 0,
        "tickets.urgent": 0,
        "tickets.texts": (),
    }
)


class Request:
    """What was asked: the path below the service's prefix, the query's parameters, the body as JSON."""

    def __init__(self, target: str, body: bytes) -> None:
        """Take a request apart."""
        parts = urlsplit(target)
        _, self.service, self.path = [*parts.path.split("/", 2), ""][:3]
        self.parameters = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        self.body: dict[str, Any] = json.loads(body) if body.strip().startswith(b"{") else {}


class Standins:
    """The server with its knobs."""

    def __init__(self) -> None:
        """Listen on a free port of the loopback."""
        self.asked: list[str] = []
        self._knobs: dict[str, Any] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def set(self, name: str, value: Any) -> None:
        """Turn a knob."""
        self._knobs[name] = value

    def get(self, name: str, default: Any = 0) -> Any:
        """Return how a knob stands."""
        return self._knobs.get(name, HEALTHY.get(name, default))

    def reset(self) -> None:
        """Make everything healthy again."""
        self._knobs.clear()
        self.asked.clear()

    def answer(self, request: Request) -> tuple[int, Any]:
        """Return the status and the body of an answer."""
        service = SERVICES.get(request.service)
        return (404, {"detail": "not found"}) if service is None else service(self, request)

    def __enter__(self) -> Self:
        """Start to answer."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _handler(standins: Standins) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            standins.asked.append(f"{self.command} {self.path}")
            status, answer = standins.answer(Request(self.path, body))
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815  # the name that http.server looks for

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    return Handler


def _sentry(standins: Standins, request: Request) -> tuple[int, Any]:
    what = request.path.rstrip("/").split("/")[2:]
    if what[:1] == ["projects"]:
        return 200, {"id": "7", "slug": what[-1]}
    if "releases" in what:
        return (200, {"version": what[-1]}) if standins.get("sentry.release_known") else (404, {"detail": "gone"})
    if what[-1] == "events":
        column = request.parameters.get("field", "count()")
        return 200, {"data": [{column: standins.get("sentry.users" if "user" in column else "sentry.events")}]}
    if what[-1] == "issues":
        issues = range(standins.get("sentry.issues"))
        return 200, [{"id": str(1000 + each), "title": f"TypeError {each}", "count": "1"} for each in issues]
    dropped = standins.get("sentry.dropped")
    group = {"by": {"outcome": "rate_limited", "reason": "quota"}, "totals": {"sum(quantity)": dropped}}
    return 200, {"groups": [group] if dropped else []}


def _apm(standins: Standins, request: Request) -> tuple[int, Any]:
    name, now = request.parameters.get("query", ""), time.time()
    points = [[(now - 60) * 1000, standins.get(f"apm.{name}")], [now * 1000, standins.get(f"apm.{name}")]]
    return 200, {"status": "ok", "query": name, "series": [{"metric": name, "pointlist": points, "length": 2}]}


def _rum(standins: Standins, request: Request) -> tuple[int, Any]:
    name = request.body.get("filter", {}).get("query", "")
    buckets = [{"by": {}, "computes": {"c0": standins.get(f"rum.{name}")}}]
    return 200, {"data": {"buckets": buckets}, "meta": {"status": "done", "elapsed": 3}}


RAILWAY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "CPU_USAGE": "railway.cpu",
        "CPU_LIMIT": "railway.cpu_limit",
        "MEMORY_USAGE_GB": "railway.memory_gb",
        "MEMORY_LIMIT_GB": "railway.memory_limit_gb",
        "DISK_USAGE_GB": "railway.disk_gb",
    }
)


def _railway(standins: Standins, _: Request) -> tuple[int, Any]:
    now = int(time.time())
    found = {measurement: standins.get(knob) for measurement, knob in RAILWAY.items()}
    metrics = [{"measurement": name, "values": [{"ts": now, "value": value}]} for name, value in found.items()]
    return 200, {"data": {"metrics": metrics}}


def _vercel(standins: Standins, request: Request) -> tuple[int, Any]:
    now = int(time.time() * 1000)
    if "web-analytics" in request.path:
        views = [1000] * 7 + [standins.get("vercel.pageviews")]
        days = [time.gmtime(now / 1000 - 86400 * ago) for ago in range(8, 0, -1)]
        rows = zip(days, views, strict=True)
        return 200, {
            "data": [
                {"timestamp": time.strftime("%Y-%m-%dT00:00:00.000Z", day), "pageviews": count, "visitors": count // 2}
                for day, count in rows
            ]
        }
    one = {"uid": "dpl_1", "name": "web", "state": standins.get("vercel.state"), "created": now, "target": "production"}
    return 200, {"deployments": [one], "pagination": {"count": 1, "next": None, "prev": now}}


def _stripe(standins: Standins, _: Request) -> tuple[int, Any]:
    now = int(time.time())
    states = ["succeeded"] * standins.get("stripe.succeeded") + ["failed"] * standins.get("stripe.failed")
    data = [
        {"id": f"ch_{number}", "object": "charge", "status": state, "created": now}
        for number, state in enumerate(states)
    ]
    return 200, {"object": "list", "url": "/v1/charges", "has_more": False, "data": data}


def _plaid(standins: Standins, _: Request) -> tuple[int, Any]:
    code = standins.get("plaid.error")
    error = None if code is None else {"error_type": "ITEM_ERROR", "error_code": code}
    return 200, {"item": {"item_id": "item-1", "institution_id": "ins_1", "error": error}, "request_id": "r1"}


def _status(standins: Standins, request: Request) -> tuple[int, Any]:
    indicator = standins.get(f"status.{request.path.partition('/')[0]}", "none")
    words = "All Systems Operational" if indicator == "none" else "Partial System Outage"
    return 200, {"page": {"id": "p1", "time_zone": "Etc/UTC"}, "status": {"indicator": indicator, "description": words}}


def _tickets(standins: Standins, _: Request) -> tuple[int, Any]:
    texts = list(standins.get("tickets.texts"))
    count = max(standins.get("tickets.count"), len(texts))
    return 200, {"total": count, "tickets": [{"text": text} for text in texts]}


def _zendesk(standins: Standins, request: Request) -> tuple[int, Any]:
    texts = list(standins.get("tickets.texts"))
    urgent = "priority:urgent" in request.parameters.get("query", "")
    count = standins.get("tickets.urgent") if urgent else max(standins.get("tickets.count"), len(texts))
    results = [{"id": number, "subject": text, "description": ""} for number, text in enumerate(texts)]
    return 200, {"count": count, "results": results, "next_page": None, "previous_page": None}


def _prometheus(standins: Standins, request: Request) -> tuple[int, Any]:
    series = standins.get("prometheus", {}).get(request.parameters.get("query", ""), [])
    at = float(request.parameters.get("time", time.time()))
    result = [{"metric": each["labels"], "value": [at, str(each["value"])]} for each in series]
    return 200, {"status": "success", "data": {"resultType": "vector", "result": result}}


def _slack(_: Standins, request: Request) -> tuple[int, Any]:
    return 200, {"ok": True, "channel": str(request.body.get("channel", "")), "ts": f"{time.time():.6f}"}


def _pagerduty(_: Standins, request: Request) -> tuple[int, Any]:
    return 202, {"status": "success", "message": "Event processed", "dedup_key": request.body.get("dedup_key", "")}


def _json(standins: Standins, request: Request) -> tuple[int, Any]:
    return 200, standins.get(f"json.{request.path}", {})


SERVICES: Final[Mapping[str, Callable[[Standins, Request], tuple[int, Any]]]] = MappingProxyType(
    {
        "sentry": _sentry,
        "apm": _apm,
        "rum": _rum,
        "railway": _railway,
        "vercel": _vercel,
        "stripe": _stripe,
        "plaid": _plaid,
        "status": _status,
        "tickets": _tickets,
        "zendesk": _zendesk,
        "prometheus": _prometheus,
        "slack": _slack,
        "pagerduty": _pagerduty,
        "json": _json,
    }
)
