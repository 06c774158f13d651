"""What switching a fault on does to the service's process; effects_database.py has those of the database."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.demo.share import ExactShare

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.demo.context import Context
    from pytest_deploycheck.demo.faults import FaultBoard, Value
    from pytest_deploycheck.demo.serving import WebServer

MEGABYTE: Final = 1_000_000
FIRST_LEAP: Final = 200
EACH_SECOND: Final = 20
MOST: Final = 400
PATIENCE: Final = 3.0


class Ticker:
    """Calls something every second in a thread of its own."""

    def __init__(self, action: Callable[[], None]) -> None:
        """Start calling, for the first time after a second."""
        self._action = action
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop calling; return when no call runs any more."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(1.0):
            self._action()


class MemoryLeak:
    """Memory that is written to and kept."""

    def __init__(self) -> None:
        """Start with none."""
        self._kept: list[bytearray] = []
        self._ticker: Ticker | None = None

    def start(self, _value: Value) -> None:
        """Take the first leap and go on every second."""
        self._grow(FIRST_LEAP)
        self._ticker = Ticker(lambda: self._grow(EACH_SECOND))

    def stop(self) -> None:
        """Give everything back."""
        if self._ticker is not None:
            self._ticker.end()
            self._ticker = None
        self._kept.clear()

    def _grow(self, megabytes: int) -> None:
        room = MOST - sum(len(block) for block in self._kept) // MEGABYTE
        if min(megabytes, room) > 0:
            # filled, because untouched pages are no resident memory
            self._kept.append(bytearray(b"\x01") * (min(megabytes, room) * MEGABYTE))


class LogErrors:
    """Error lines in the log."""

    def __init__(self, context: Context) -> None:
        """Remember whose log."""
        self._context = context
        self._ticker: Ticker | None = None

    def start(self, value: Value) -> None:
        """Write the lines at once and again every second."""
        count = int(float(value or 0))

        def burst() -> None:
            for number in range(count):
                self._context.log.write("ERROR", f"payment provider refused the request (attempt {number + 1})")

        burst()
        self._ticker = Ticker(burst)

    def stop(self) -> None:
        """Write no more."""
        if self._ticker is not None:
            self._ticker.end()
            self._ticker = None


class ErrorRate:
    """The exact share of failing requests."""

    def __init__(self, context: Context) -> None:
        """Remember whose requests."""
        self._context = context

    def start(self, value: Value) -> None:
        """Fail requests from now on; return when those that began before are counted, so that they blur nothing."""
        share = self._context.share = ExactShare(float(value or 0), self._context.metrics.finished)
        deadline = time.monotonic() + PATIENCE
        while self._context.in_flight.total() > self._context.in_flight[share] and time.monotonic() < deadline:
            time.sleep(0.01)

    def stop(self) -> None:
        """Fail no more; count what still waits for its block."""
        share, self._context.share = self._context.share, None
        if share is not None:
            share.close()


class LeakedSecret:
    """A secret in the log, beside those in the health body."""

    def __init__(self, context: Context) -> None:
        """Remember whose log."""
        self._context = context

    def start(self, _value: Value) -> None:
        """Log an error that quotes the DSN with its password."""
        self._context.log.write("ERROR", f"cannot reach {self._context.app_dsn}")

    def stop(self) -> None:
        """Leave the line where it is."""


def register(board: FaultBoard, context: Context, server: WebServer) -> None:
    """Give the board the effects of this module."""
    leak, errors, share, secret = MemoryLeak(), LogErrors(context), ErrorRate(context), LeakedSecret(context)
    board.effect("memory-leak", leak.start, leak.stop)
    board.effect("log-errors", errors.start, errors.stop)
    board.effect("error-rate", share.start, share.stop)
    board.effect("secret-in-body", secret.start, secret.stop)
    board.effect("down", lambda _value: server.stop(), server.start)
