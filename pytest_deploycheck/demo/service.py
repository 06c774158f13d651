"""The reference service as an ASGI application: routes, errors, and the layer where most faults take hold."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route

from pytest_deploycheck.demo import routes_api as api
from pytest_deploycheck.demo import routes_health
from pytest_deploycheck.demo.context import APP_NAME, Context
from pytest_deploycheck.demo.metrics import Finished
from pytest_deploycheck.demo.metrics import Request as Labels
from pytest_deploycheck.demo.store import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS: Final = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "origin-when-cross-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}
CLIENTS: Final = {"pytest-deploycheck/": "probe", "demo-mobile/": "mobile"}
NEVER_SLOW: Final = frozenset({"/api/v1/auth/login", "/api/v1/health", "/api/v1/readiness"})
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SERVER_ERROR: Final = 500

ENDPOINTS: Final[tuple[tuple[str, str, api.Endpoint], ...]] = (
    ("GET", "/health", routes_health.health),
    ("GET", "/api/v1/health", routes_health.health),
    ("GET", "/readiness", routes_health.readiness),
    ("GET", "/api/v1/readiness", routes_health.readiness),
    ("GET", "/metrics", routes_health.metrics),
    ("POST", "/api/v1/auth/login", api.login),
    ("GET", "/api/v1/projects", api.list_projects),
    ("POST", "/api/v1/projects", api.create_project),
    ("GET", "/api/v1/projects/{id:int}", api.get_project),
    ("DELETE", "/api/v1/projects/{id:int}", api.delete_project),
    ("GET", "/api/v1/transactions", api.list_transactions),
    ("POST", "/api/v1/transactions", api.create_transaction),
    ("GET", "/api/v1/transactions/{id:int}", api.get_transaction),
    ("DELETE", "/api/v1/transactions/{id:int}", api.delete_transaction),
    ("GET", "/api/v1/dispatches", api.list_dispatches),
    ("POST", "/api/users", api.create_user),
    ("DELETE", "/api/users/{id:int}", api.delete_user),
    ("GET", "/api/admin/monitoring", api.monitoring),
)


def build_service(context: Context) -> ASGIApp:
    """Return the application."""
    app = Starlette(
        routes=[Route("/", _root), *(_route(*endpoint) for endpoint in ENDPOINTS)],
        exception_handlers={api.RefusedError: _refused, UnavailableError: _unavailable},
    )
    app.state.context = context
    return FaultLayer(app, context, app.routes)


def _route(method: str, path: str, endpoint: api.Endpoint) -> Route:
    async def call(request: Request) -> Response:
        request.state.body = await request.body()
        return await run_in_threadpool(endpoint, request)

    return Route(path, call, methods=[method])


async def _root(_request: Request) -> Response:
    return JSONResponse({"app": APP_NAME})


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, api.RefusedError)
    return JSONResponse({"error": str(error)}, status_code=error.status)


async def _unavailable(_request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=503)


class FaultLayer:
    """Around every request: hanging, slowness, the error share, security headers, and the counting of it all."""

    def __init__(self, app: ASGIApp, context: Context, routes: Iterable[BaseRoute]) -> None:
        """Wrap the application; ``routes`` give the requests their labels."""
        self._app = app
        self._routes = tuple(route for route in routes if isinstance(route, Route))
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._context.board.on("hang"):
            await self._hang(receive)
            return
        started = time.perf_counter()
        client = _client(Headers(scope=scope).get("user-agent", ""))
        share = self._context.share if client == "mobile" else None
        ticket = share.admit() if share is not None else None
        status = SERVER_ERROR
        self._context.in_flight[share] += client == "mobile"

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(message)
            await send(message)

        try:
            if self._context.board.on("slow") and _may_be_slow(scope["path"]):
                await asyncio.sleep(self._context.board.number("slow"))
            if ticket is not None and ticket.fails:
                await JSONResponse({"error": "internal error"}, status_code=SERVER_ERROR)(scope, receive, answer)
            else:
                await self._app(scope, receive, answer)
        finally:
            labels = Labels(_method(scope), self._label(scope), status, client)
            finished = Finished(labels, time.perf_counter() - started)
            if ticket is not None:
                ticket.settle(finished)
            else:
                self._context.metrics.finished([finished])
            self._context.in_flight[share] -= client == "mobile"
            if status >= SERVER_ERROR:
                self._context.log.write("WARNING", f"{labels.method} {labels.route} answered {status}")

    def _label(self, scope: Scope) -> str:
        """Return the path with its placeholders, so that the number of labels stays small."""
        return next((route.path for route in self._routes if route.matches(scope)[0] is Match.FULL), "other")

    def _add_headers(self, message: Message) -> None:
        missing = (self._context.board.word("missing-header") or "").lower()
        headers = MutableHeaders(scope=message)
        for name, value in SECURITY_HEADERS.items():
            if name.lower() != missing:
                headers[name] = value

    async def _hang(self, receive: Receive) -> None:
        """Say nothing until the client gives up or the fault is gone."""
        while self._context.board.on("hang"):
            with contextlib.suppress(TimeoutError):
                message = await asyncio.wait_for(receive(), 0.1)
                if message["type"] == "http.disconnect":
                    return


def _client(agent: str) -> str:
    return next((label for prefix, label in CLIENTS.items() if agent.startswith(prefix)), "other")


def _may_be_slow(path: str) -> bool:
    return path.startswith("/api/") and path not in NEVER_SLOW


def _method(scope: dict[str, Any] | Scope) -> str:
    method = str(scope["method"])
    return method if method in METHODS else "other"
