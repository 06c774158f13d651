"""Synthetic events through a real server: written by API, seen on a WebSocket or an event stream."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from pytest_deploycheck.asks import HttpAsk, RealtimeAnswer, RealtimeAsk
from pytest_deploycheck.errors import AnswerTimeoutError, BadAnswerError, NoAnswerError, SourceError
from pytest_deploycheck.sources.http import HttpSource
from pytest_deploycheck.sources.http_realtime import RealtimeSource
from tests.fix_http import closed_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket


class Hub:
    """A service that publishes what is written to it; ``fate`` says what becomes of each event by its number."""

    def __init__(self) -> None:
        """Lose nothing."""
        self.queues: list[asyncio.Queue[str]] = []
        self.written: list[dict[str, Any]] = []
        self.fate: dict[int, int] = {}
        self.status = 200
        self.seen: dict[str, str | None] = {}

    async def write(self, request: Request) -> Response:
        """Publish the body, as often as its fate says."""
        body = await request.json()
        self.written.append(body)
        self.seen["write"] = request.headers.get("authorization")
        for _ in range(self.fate.get(len(self.written) - 1, 1)):
            for queue in self.queues:
                queue.put_nowait(json.dumps({"type": "note", "data": body}))
        return JSONResponse({}, self.status)

    async def stream(self, request: Request) -> Response:
        """Send what is published as server-sent events."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        self.queues.append(queue)
        self.seen["stream"] = request.headers.get("authorization")

        async def events() -> AsyncIterator[str]:
            yield ": hello\n\n"
            while True:
                with suppress(TimeoutError):
                    text = await asyncio.wait_for(queue.get(), 0.05)
                    yield f"event: note\ndata: {text}\n\n"
                if await request.is_disconnected():
                    return

        return StreamingResponse(events(), media_type="text/event-stream")

    async def socket(self, websocket: WebSocket) -> None:
        """Send what is published once the client has subscribed."""
        await websocket.accept()
        assert {"subscribe": "notes"} == await websocket.receive_json()
        queue: asyncio.Queue[str] = asyncio.Queue()
        self.queues.append(queue)
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                text = await queue.get()
                if text == "close":
                    await websocket.close(1011)
                    return
                await websocket.send_text(text)


@pytest.fixture
def hub() -> Iterator[tuple[Hub, int]]:
    """A real server with the hub, and its port."""
    hub = Hub()
    routes = [
        Route("/write", hub.write, methods=["POST"]),
        Route("/stream", hub.stream),
        Route("/plain", lambda _request: PlainTextResponse("no stream")),
        WebSocketRoute("/socket", hub.socket),
    ]
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="critical", ws="websockets-sansio"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield hub, listening.getsockname()[1]
    server.should_exit = server.force_exit = True
    thread.join(5)
    listening.close()


def ask(port: int, stream: str = "/socket", **more: Any) -> RealtimeAnswer:
    """Send three events."""
    http = HttpSource()
    given: dict[str, Any] = {
        "url": f"{'ws' if stream == '/socket' else 'http'}://127.0.0.1:{port}{stream}",
        "write_url": f"http://127.0.0.1:{port}/write",
        "body": '{"note": "{id}"}',
        "subscribe": '{"subscribe": "notes"}',
        "events": 3,
        "interval": 0.01,
        "wait": 0.5,
        "timeout": 5.0,
    }
    source = RealtimeSource(fetch=http.observe)
    try:
        return source.observe(RealtimeAsk(**(given | more)))
    finally:
        source.close()
        http.close()


@pytest.mark.parametrize("stream", ["/socket", "/stream"])
def test_every_event_comes(hub: tuple[Hub, int], stream: str) -> None:
    """Each event is found by its own id, with the time that it took; headers go along."""
    service, port = hub
    answer = ask(port, stream, headers=(("Authorization", "Bearer r"),), write_headers=(("Authorization", "Bearer w"),))
    assert (3, 3, 0, 0, None) == (
        answer.written,
        len(answer.latencies),
        answer.refused,
        answer.duplicates,
        answer.closed,
    )
    assert all(0 <= seconds < 5 for seconds in answer.latencies)
    assert 3 == len({body["note"] for body in service.written})
    assert "Bearer w" == service.seen["write"]
    assert stream == "/socket" or service.seen["stream"] == "Bearer r"


@pytest.mark.parametrize("stream", ["/socket", "/stream"])
def test_lost_and_doubled_events(hub: tuple[Hub, int], stream: str) -> None:
    """What never comes is missing, what comes twice is counted once and told."""
    service, port = hub
    service.fate = {0: 0, 1: 2}
    answer = ask(port, stream)
    assert (3, 2, 1) == (answer.written, len(answer.latencies), answer.duplicates)


def test_a_refused_write_is_no_lost_event(hub: tuple[Hub, int]) -> None:
    """An API that refuses says nothing about delivery."""
    service, port = hub
    service.status = 503
    answer = ask(port)
    assert (0, 3, ()) == (answer.written, answer.refused, answer.latencies)
    assert "answered 503" in (answer.refusal or "")


def test_a_stream_that_closes_is_told(hub: tuple[Hub, int]) -> None:
    """When the stream ends in the middle the rest is lost, at once, and the reason is kept."""
    service, port = hub
    http = HttpSource()

    def fetch(asked: HttpAsk) -> Any:
        for queue in service.queues:
            queue.put_nowait("close")
        return http.observe(asked)

    source = RealtimeSource(fetch=fetch)
    answer = source.observe(
        RealtimeAsk(
            url=f"ws://127.0.0.1:{port}/socket",
            write_url=f"http://127.0.0.1:{port}/write",
            body='{"n": "{id}"}',
            subscribe='{"subscribe": "notes"}',
            events=1,
            wait=30.0,
        )
    )
    http.close()
    assert ((), 1) == (answer.latencies, answer.written)
    assert "closed the WebSocket (1011)" in (answer.closed or "")


def test_what_is_no_stream_is_named(hub: tuple[Hub, int]) -> None:
    """Another answer than a stream, a refused handshake and a closed port are told apart."""
    _, port = hub
    with pytest.raises(BadAnswerError, match="answered 200 with text/plain"):
        ask(port, "/plain")
    with pytest.raises(BadAnswerError, match="answered 403 instead of opening a WebSocket"):
        ask(port, url=f"ws://127.0.0.1:{port}/nothing")
    for scheme in ("ws", "http"):
        with pytest.raises(NoAnswerError, match="refused the connection"):
            ask(port, url=f"{scheme}://127.0.0.1:{closed_port()}/")


@pytest.mark.parametrize("scheme", ["ws", "http"])
def test_a_server_that_says_nothing(scheme: str) -> None:
    """A stream that never opens ends with the timeout."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises((AnswerTimeoutError, NoAnswerError)):
            ask(port, url=f"{scheme}://127.0.0.1:{port}/", timeout=0.3)


def test_a_closed_source_writes_nothing() -> None:
    """When the run ends nothing is written any more."""
    source = RealtimeSource(fetch=HttpSource().observe)
    source.close()
    with pytest.raises(SourceError, match="the run is ending"):
        source.observe(RealtimeAsk(url="ws://127.0.0.1:1/", write_url="http://127.0.0.1:1/"))
