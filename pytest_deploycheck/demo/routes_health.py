"""What the reference service says about itself: health in three shapes, readiness, and its metrics."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import psutil
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from pytest_deploycheck.demo.backups import FRESH, STALE
from pytest_deploycheck.demo.context import APP_NAME, DEMO_PERSON, DEMO_SECRET, Context
from pytest_deploycheck.demo.metrics import OPENMETRICS, PROMETHEUS, Gauge
from pytest_deploycheck.demo.store import UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request

GIGABYTE: Final = 1_000_000_000
CHUNK: Final = b'"' + b"x" * 65_533 + b'",'


def health(request: Request) -> Response:
    """Report the parts of the service; ``?shape=realco`` and ``?shape=infinite`` are two other bodies in use."""
    context: Context = request.app.state.context
    board = context.board
    if board.on("huge-body"):
        return StreamingResponse(_endless(), media_type="application/json")
    if board.on("garbage-json"):
        return Response(b'{"status": "healthy", "checks": {"database": \xff\xfe', media_type="application/json")
    parts = {
        "database": _database_answers(context),
        "migrations": True,
        "redis": not board.on("health-degraded"),
        "stripe": True,
    }
    shape = SHAPES.get(request.query_params.get("shape", "amani"), _amani)
    body = shape(context, parts)
    headers = {}
    if board.on("secret-in-body"):
        body = _leaking(context, body)
        headers["X-Debug-Token"] = DEMO_SECRET
    return JSONResponse(body, status_code=200 if parts["database"] else 503, headers=headers)


def readiness(request: Request) -> Response:
    """Report whether the service takes traffic."""
    context: Context = request.app.state.context
    ready = not context.board.on("not-ready") and _database_answers(context)
    return JSONResponse({"ready": ready, "version": _version(context)}, status_code=200 if ready else 503)


def metrics(request: Request) -> Response:
    """Render the metrics in the format that is asked for."""
    context: Context = request.app.state.context
    if context.board.on("metrics-gone"):
        return JSONResponse({"error": "not found"}, status_code=404)
    openmetrics = "application/openmetrics-text" in request.headers.get("accept", "")
    text = context.metrics.render(_gauges(context), openmetrics=openmetrics)
    return PlainTextResponse(text, headers={"Content-Type": OPENMETRICS if openmetrics else PROMETHEUS})


def _gauges(context: Context) -> tuple[Gauge, ...]:
    age = STALE if context.board.on("stale-backup") else FRESH
    return (
        Gauge("db_connections_active", "Database connections in use by this process.", context.store.active),
        Gauge("db_pool_size", "Database connections this process may use.", context.store.size),
        Gauge("process_resident_memory_bytes", "Resident memory.", psutil.Process().memory_info().rss),
        Gauge("process_start_time_seconds", "When the process started.", context.started),
        Gauge("backup_last_success_timestamp_seconds", "When the last backup ended.", time.time() - age),
        Gauge("backup_age_seconds", "Age of the last backup.", age),
    )


def _database_answers(context: Context) -> bool:
    try:
        return context.store.rows("SELECT 1 AS one") == [{"one": 1}]
    except UnavailableError:
        return False


def _version(context: Context) -> str:
    return context.board.word("wrong-version") or context.version


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _status(parts: dict[str, bool]) -> str:
    if not parts["database"]:
        return "unhealthy"
    return "healthy" if all(parts.values()) else "degraded"


def _amani(context: Context, parts: dict[str, bool]) -> dict[str, Any]:
    return {
        "status": _status(parts),
        "app": APP_NAME,
        "version": _version(context),
        "timestamp": _now(),
        "checks": {name: {"status": "healthy" if good else "unhealthy"} for name, good in parts.items()},
    }


def _realco(context: Context, parts: dict[str, bool]) -> dict[str, Any]:
    return {
        "status": "ok" if all(parts.values()) else "error",
        "version": _version(context),
        "timestamp": _now(),
        "uptime": round(time.time() - context.started, 3),
        "checks": dict(parts),
    }


def _infinite(context: Context, parts: dict[str, bool]) -> dict[str, Any]:
    return {
        "overall": _status(parts),
        "version": _version(context),
        "services": [{"name": name, "up": good} for name, good in parts.items()],
        "performance": {"connections": {"active": context.store.active, "limit": context.store.size}},
        "resources": {"memory_bytes": psutil.Process().memory_info().rss},
    }


def _leaking(context: Context, body: dict[str, Any]) -> dict[str, Any]:
    """Return a body that says far too much; the fault ``secret-in-body``."""
    return {
        **body,
        "status": f"error: cannot reach {context.app_dsn} with token={DEMO_SECRET}",
        "debug": {"api_key": DEMO_SECRET, "database_url": context.app_dsn, "last_user": DEMO_PERSON},
    }


async def _endless() -> AsyncIterator[bytes]:
    yield b"["
    for _ in range(GIGABYTE // len(CHUNK)):
        yield CHUNK
    yield b"0]"


SHAPES: Final[dict[str, Callable[[Context, dict[str, bool]], dict[str, Any]]]] = {
    "amani": _amani,
    "realco": _realco,
    "infinite": _infinite,
}
