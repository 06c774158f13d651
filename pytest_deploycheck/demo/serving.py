"""Runs an ASGI application on a loopback port in a thread; it can be stopped and started again on the same port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from pytest_deploycheck.errors import NoAnswerError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

LOOPBACK: Final = "127.0.0.1"
START_SECONDS: Final = 10.0


class WebServer:
    """One application on one port. While it is stopped the port stays ours, and connections to it are refused."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        """Take the port; 0 takes a free one.

        Raises:
            NoAnswerError: the port is taken.
        """
        self._app = app
        self._socket = _bound(port)
        self.port: int = self._socket.getsockname()[1]
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the application answers."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Start to listen; return when it does."""
        started = threading.Event()
        config = uvicorn.Config(
            self._app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=0,
        )
        self._server = _Server(config, started)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        if not started.wait(START_SECONDS):
            raise NoAnswerError(f"the demo did not start to listen on port {self.port}")

    def stop(self) -> None:
        """Stop to listen and cut every connection, keeping the port."""
        server, thread, self._server, self._thread = self._server, self._thread, None, None
        if server is None or thread is None:
            return
        server.should_exit = True
        thread.join(START_SECONDS)
        self._socket = _bound(self.port)

    def close(self) -> None:
        """Stop, and give the port back."""
        self.stop()
        self._socket.close()

    async def _serve(self) -> None:
        server = self._server
        assert server is not None
        await server.serve(sockets=[self._socket])
        # a request that hangs keeps its connection beyond the shutdown
        for connection in tuple(server.server_state.connections):
            _transport(connection).abort()


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config, started: threading.Event) -> None:
        super().__init__(config)
        self._listening = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._listening.set()


def _transport(connection: Any) -> asyncio.Transport:
    transport: asyncio.Transport = connection.transport
    return transport


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    with contextlib.ExitStack() as undo:
        undo.callback(bound.close)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((LOOPBACK, port))
        except OSError as error:
            raise NoAnswerError(
                f"port {port} cannot be used ({error.strerror})", "Choose another with --port"
            ) from None
        undo.pop_all()
    return bound
