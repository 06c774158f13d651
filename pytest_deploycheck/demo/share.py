"""The fault ``error-rate``: fails an exact share of the requests, counts them in whole blocks; used by the service."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.demo.metrics import Finished

BLOCK: Final = 100


@dataclass(frozen=True, slots=True)
class Ticket:
    """What becomes of one request: the block it is counted in, and whether it fails."""

    share: ExactShare
    block: int
    fails: bool

    def settle(self, finished: Finished) -> None:
        """Hand over the finished request."""
        self.share.settle(self, finished)


class ExactShare:
    """Fails ``percent`` of the requests, evenly spread, and records them in blocks of 100 admitted requests.

    Two scrapes of ``/metrics`` are then always whole blocks apart, so that the share between them is the declared one
    and not the declared one give or take a request.
    """

    def __init__(self, percent: float, record: Callable[[list[Finished]], None]) -> None:
        """Start with the first block; ``record`` counts a whole one."""
        self._record = record
        self._share = Fraction(str(percent)) / 100
        self._admitted = 0
        self._waiting: dict[int, list[Finished]] = {}
        self._open = True
        self._lock = threading.Lock()

    def admit(self) -> Ticket:
        """Decide about the next request."""
        with self._lock:
            before, self._admitted = self._admitted, self._admitted + 1
            fails = int(self._share * self._admitted) > int(self._share * before)
            return Ticket(self, before // BLOCK, fails)

    def settle(self, ticket: Ticket, finished: Finished) -> None:
        """Record a finished request together with the rest of its block."""
        with self._lock:
            ready = [finished]
            if self._open:
                waiting = self._waiting.setdefault(ticket.block, [])
                waiting.append(finished)
                ready = self._waiting.pop(ticket.block) if len(waiting) == BLOCK else []
        if ready:
            self._record(ready)

    def close(self) -> None:
        """Record what still waits; from now on everything is recorded at once."""
        with self._lock:
            self._open = False
            ready = [finished for block in self._waiting.values() for finished in block]
            self._waiting.clear()
        self._record(ready)
