"""The queue of each host: who waits, how many are with it, whether it still answers; below ``observing.py``.

Nothing here locks: the observatory holds its lock around every call.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_deploycheck.errors import CircuitOpenError, InconclusiveError, NoAnswerError, SourceError

# files and processor of this machine do not stop answering as a whole
_LOCAL_HOST: Final = "this machine"


@dataclass(eq=False, slots=True)
class Entry:
    """One ask on its way: waiting, under way, or done with an answer or an error."""

    ask: Any
    lane: Lane
    users: int = 0
    weight: int = 0
    awaited: bool = False
    done: threading.Event = field(default_factory=threading.Event)
    answer: Any = None
    error: SourceError | InconclusiveError | None = None

    def end(self, error: SourceError | InconclusiveError | None, answer: Any = None) -> None:
        """Store the outcome and let the waiting go on; the first outcome stands."""
        if not self.done.is_set():
            self.answer, self.error = answer, error
            self.done.set()


@dataclass(eq=False, slots=True)
class Lane:
    """A host: who waits for it, how many are with it, and how often in a row it gave no answer."""

    host: str
    places: int
    breaker_limit: int
    waiting: deque[Entry] = field(default_factory=deque)
    running: int = 0
    misses: int = 0
    open: bool = False

    @property
    def ready(self) -> bool:
        """Whether somebody waits and there is a free place."""
        return bool(self.waiting) and self.running < self.places

    def begin(self) -> Entry:
        """Take the first that waits and give it a place."""
        self.running += 1
        return self.waiting.popleft()

    def hurry(self, entry: Entry) -> bool:
        """Put an entry that waits at the front, because somebody waits for it; say whether it was still waiting."""
        if entry.awaited or entry not in self.waiting:
            return False
        entry.awaited = True
        self.waiting.remove(entry)
        self.waiting.appendleft(entry)
        return True

    def leave(self, error: SourceError | InconclusiveError | None) -> bool:
        """Free a place after an ask that ended so; say whether this opened the circuit, giving up all that waits."""
        self.running -= 1
        if isinstance(error, NoAnswerError):
            self.misses += self.host != _LOCAL_HOST
        elif type(error) is not SourceError:  # an error of ours says nothing about the host
            self.misses, self.open = 0, False
        if self.open or self.misses < self.breaker_limit:
            return False
        self.open = True
        while self.waiting:
            self.waiting.popleft().end(self.circuit_error())
        return True

    def circuit_error(self) -> CircuitOpenError:
        """Return the error for what is not asked of a host that stopped answering."""
        return CircuitOpenError(
            f"{self.host} was not asked again: it gave no answer {self.misses} times in a row",
            "See the first failures of that host.",
        )

    def ending_error(self) -> SourceError:
        """Return the error for what is no longer asked because the run ends."""
        return SourceError(f"{self.host} was not asked: the run is ending")
