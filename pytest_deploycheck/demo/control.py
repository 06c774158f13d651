"""The demo's control API on a port of its own, so that the faults ``down`` and ``hang`` can be undone."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pytest_deploycheck.demo.faults import fault_named, parse_fault
from pytest_deploycheck.errors import DeploycheckError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from pytest_deploycheck.demo.faults import FaultBoard


def build_control(board: FaultBoard, token: str) -> Starlette:
    """Return the application: GET shows the faults that are on, POST switches one on, DELETE one or all off."""

    def show() -> None:
        """Change nothing."""

    async def respond(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return JSONResponse({"error": "the control token is needed"}, status_code=401)
        try:
            action = ACTIONS[request.method](board, await request.body()) if request.method in ACTIONS else show
            await run_in_threadpool(action)
        except SettingsError as error:
            problem = error.problems[0]
            answer = {"error": problem.message, "value": problem.value, "hint": problem.hint}
            return JSONResponse(answer, status_code=422)
        except DeploycheckError as error:
            return JSONResponse({"error": str(error)}, status_code=409)
        return JSONResponse({"faults": board.names()})

    return Starlette(routes=[Route("/faults", respond, methods=["GET", "POST", "DELETE"])])


def _switch_on(board: FaultBoard, body: bytes) -> Callable[[], None]:
    active = parse_fault(_text(body) or "", location="control")
    return lambda: board.switch_on(active)


def _switch_off(board: FaultBoard, body: bytes) -> Callable[[], None]:
    text = _text(body)
    if text is None:
        return board.clear
    name = fault_named(text.partition("=")[0], location="control").name
    return lambda: board.switch_off(name)


ACTIONS = {"POST": _switch_on, "DELETE": _switch_off}


def _text(body: bytes) -> str | None:
    """Return the ``fault`` of a JSON body, None without a body.

    Raises:
        SettingsError: the body is something else.
    """
    if not body:
        return None
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("fault"), str):
        raise SettingsError.of("control", "", 'the body must be {"fault": "NAME[=VALUE]"}')
    fault: str = parsed["fault"]
    return fault
