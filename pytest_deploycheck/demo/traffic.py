"""The demo's background traffic: phones that use the service all the time, whether or not it answers well."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

RATE: Final = 80.0
MOST_IN_FLIGHT: Final = 64
PATIENCE: Final = 8.0
KEPT_WRITES: Final = 50
CREATED: Final = 201
CYCLE: Final = (
    *("/api/v1/projects?limit=10", "/api/v1/transactions?limit=10", "/api/v1/projects?limit=10", "/health"),
    *("/api/v1/projects?limit=10", "/api/v1/dispatches?limit=10", "/api/v1/projects?limit=10", "POST"),
    *("/api/v1/projects?limit=10", "/api/v1/transactions?limit=10", "/api/v1/projects?limit=10", "/api/v1/projects/7"),
    *("/api/v1/projects?limit=10", "/api/v1/dispatches?limit=10", "/api/v1/projects?limit=10", "DELETE"),
)


class Answer(NamedTuple):
    """The status and the body of an answer."""

    status: int
    body: bytes


class Connection(NamedTuple):
    """The two ends of a kept-alive connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Traffic:
    """An open loop: ``RATE`` requests a second on absolute times; what finds no free place in flight is dropped."""

    def __init__(self, port: int, token: str, paused: Callable[[], bool]) -> None:
        """Prepare; ``paused`` is asked before every request."""
        self._port = port
        self._token = token
        self._paused = paused
        self._idle: list[Connection] = []
        self._written: deque[int] = deque()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def start(self) -> None:
        """Start to send."""
        self._thread.start()

    def stop(self) -> None:
        """Stop to send; requests under way are given up."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    async def _run(self) -> None:
        tasks: set[asyncio.Task[None]] = set()
        due = time.monotonic()
        number = 0
        while not self._ended.is_set():
            due = max(due + 1 / RATE, time.monotonic() - 1)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            number += 1
            if len(tasks) < MOST_IN_FLIGHT and not self._paused():
                task = asyncio.create_task(self._one(CYCLE[number % len(CYCLE)]))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for connection in self._idle:
            connection.writer.close()

    async def _one(self, what: str) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            if what == "POST":
                body = json.dumps({"amount": 25.5, "currency": "EUR"})
                answer = await self._exchange("POST", "/api/v1/transactions", body)
                if answer.status == CREATED:
                    self._written.append(json.loads(answer.body)["id"])
            elif what != "DELETE":
                await self._exchange("GET", what)
            elif len(self._written) > KEPT_WRITES:
                # what phones wrote goes again after a while, so that a long demo does not grow
                await self._exchange("DELETE", f"/api/v1/transactions/{self._written.popleft()}")
            else:
                await self._exchange("GET", "/api/v1/projects?limit=10")

    async def _exchange(self, method: str, path: str, body: str = "") -> Answer:
        connection = self._idle.pop() if self._idle else Connection(*await self._open())
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nUser-Agent: demo-mobile/1.0\r\n"
            f"Authorization: Bearer {self._token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(PATIENCE):
                connection.writer.write(f"{head}{body}".encode())
                answer = await _read(connection.reader)
        except BaseException:
            connection.writer.close()
            raise
        self._idle.append(connection)
        return answer

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(PATIENCE):
            return await asyncio.open_connection("127.0.0.1", self._port)


async def _read(reader: asyncio.StreamReader) -> Answer:
    """Read one answer that states its length.

    Raises:
        ValueError: it does not, for example a streamed body.
    """
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ")[1])
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    if status == 204:  # noqa: PLR2004  # no content, and no length
        return Answer(status, b"")
    if "content-length" not in headers:
        raise ValueError("no length")
    return Answer(status, await reader.readexactly(int(headers["content-length"])))
