"""Serves the board to browsers: read only, loopback unless said otherwise, a few addresses and nothing else."""

from __future__ import annotations

import ipaddress
import json
import socket
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.board.page import POLICY, asset, board_html, page_html, problem_html
from pytest_deploycheck.board.plain import board_json
from pytest_deploycheck.errors import DeploycheckError
from pytest_deploycheck.redact import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.board.view import Board

_KEPT: Final = 1.0
_PATIENCE: Final = 10.0
_MOST_AT_ONCE: Final = 16
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # recognised, not bound
_HTML: Final = "text/html; charset=utf-8"


class BoardServer(ThreadingHTTPServer):
    """Answers with the board that ``make`` makes, at most one a second for all readers together."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, place: tuple[str, int], make: Callable[[], Board], hosts: frozenset[str] = frozenset()) -> None:
        """Listen at a host and a port (0 picks one); ``hosts`` are further names under which it may be asked for.

        Raises:
            OSError: nobody can listen there.
        """
        self.address_family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        super().__init__(place, _Handler)
        self._make = make
        self._lock = threading.Lock()
        self._kept: tuple[float, Board] | None = None
        self.places = threading.BoundedSemaphore(_MOST_AT_ONCE)
        self.hosts = hosts | _LOOPBACK | ({place[0]} - _EVERYWHERE)
        self.any_address = place[0] in _EVERYWHERE

    def board(self) -> Board:
        """Return the board, not older than a second.

        Raises:
            DeploycheckError: it cannot be made.
        """
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] > _KEPT:
                self._kept = time.monotonic(), self._make()
            return self._kept[1]

    def knows(self, host: str) -> bool:
        """Tell whether a Host header names this server: another name is another site's page that asks in disguise."""
        name = _name_of(host)
        return name in self.hosts or (self.any_address and _is_address(name))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a reader that went away is none of ours."""


class _Handler(BaseHTTPRequestHandler):
    server: BoardServer
    server_version = "deploycheck"
    sys_version = ""
    timeout = _PATIENCE

    def do_GET(self) -> None:
        """Answer one of the addresses."""
        if not self.server.knows(self.headers.get("Host", "")):
            self._answer(421, "text/plain; charset=utf-8", "This server is not meant by that name.\n")
            return
        make = _PAGES.get(self.path.partition("?")[0])
        if make is None:
            self._answer(404, "text/plain; charset=utf-8", "There is no such page.\n")
            return
        if not self.server.places.acquire(blocking=False):
            self._answer(503, "text/plain; charset=utf-8", "Too many readers at once.\n")
            return
        try:
            self._answer(*make(self.server))
        except DeploycheckError as error:
            self._answer(503, _HTML, problem_html(printable(str(error))))
        finally:
            self.server.places.release()

    do_HEAD = do_GET  # noqa: N815  # the base class calls it so

    def _refuse(self) -> None:
        self.close_connection = True
        self._answer(405, "text/plain; charset=utf-8", "This page only shows.\n", allow="GET, HEAD")

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = _refuse  # noqa: N815  # so, too

    def _answer(self, status: int, kind: str, text: str, allow: str | None = None) -> None:
        body = text.encode("utf-8", "backslashreplace")
        self.send_response(status)
        headers: Mapping[str, str] = {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Content-Security-Policy": POLICY,
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        if allow is not None:
            self.send_header("Allow", allow)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class calls it so
        """Say nothing: what is asked for comes from outside."""


Answer = tuple[int, str, str]


def _page(server: BoardServer) -> Answer:
    return 200, _HTML, page_html(server.board(), datetime.now(UTC))


def _fragment(server: BoardServer) -> Answer:
    return 200, _HTML, board_html(server.board(), datetime.now(UTC))


def _json(server: BoardServer) -> Answer:
    now = datetime.now(UTC)
    return 200, "application/json", json.dumps(board_json(server.board(), now), indent=2)


_PAGES: Final[Mapping[str, Callable[[BoardServer], Answer]]] = {
    "/": _page,
    "/fragment": _fragment,
    "/board.json": _json,
    "/board.css": lambda _server: (200, "text/css; charset=utf-8", asset("board.css")),
    "/board.js": lambda _server: (200, "text/javascript; charset=utf-8", asset("board.js")),
}


def _name_of(host: str) -> str:
    text = host.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0] if text.count(":") == 1 else text


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
