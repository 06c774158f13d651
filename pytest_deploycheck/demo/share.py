"""The fault ``error-rate``: fails an exact share of the requests, counts them in whole blocks; used by the service."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCK: Final = 100


@dataclass(frozen=True, slots=True)
class Ticket:
    """What becomes of one request: the block it is counted in, and whether it fails."""

    share: ExactShare
    block: int
    fails: bool

    def settle(self, record: Callable[[], None]) -> None:
        """Hand over how the finished request is to be recorded."""
        self.share.settle(self, record)


class ExactShare:
    """Fails ``percent`` of the requests, evenly spread, and records them in blocks of 100 admitted requests.

    Two scrapes of ``/metrics`` are then always whole blocks apart, so that the share between them is the declared one
    and not the declared one give or take a request.
    """

    def __init__(self, percent: float) -> None:
        """Start with the first block."""
        self._share = Fraction(str(percent)) / 100
        self._admitted = 0
        self._waiting: dict[int, list[Callable[[], None]]] = {}
        self._open = True
        self._lock = threading.Lock()

    def admit(self) -> Ticket:
        """Decide about the next request."""
        with self._lock:
            before, self._admitted = self._admitted, self._admitted + 1
            fails = int(self._share * self._admitted) > int(self._share * before)
            return Ticket(self, before // BLOCK, fails)

    def settle(self, ticket: Ticket, record: Callable[[], None]) -> None:
        """Record a finished request together with the rest of its block."""
        with self._lock:
            ready = [record]
            if self._open:
                waiting = self._waiting.setdefault(ticket.block, [])
                waiting.append(record)
                ready = self._waiting.pop(ticket.block) if len(waiting) == BLOCK else []
        for action in ready:
            action()

    def close(self) -> None:
        """Record what still waits; from now on everything is recorded at once."""
        with self._lock:
            self._open = False
            ready = [record for block in self._waiting.values() for record in block]
            self._waiting.clear()
        for action in ready:
            action()
