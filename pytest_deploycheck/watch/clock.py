"""The clock of a watch: UTC as it was at the start, carried on by a clock that nobody can set."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import threading

# counts through the sleep of a laptop where the system can; the other clock stands still then
_BOOT: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)
_SLICE: Final = 1.0


class Clock(Protocol):
    """What a watch needs of time; tests have their own."""

    def now(self) -> float:
        """Return the seconds since 1970, UTC."""

    def wait(self, until: float, stop: threading.Event) -> bool:
        """Sleep until that time and return True, or False as soon as ``stop`` is set."""

    def skew(self) -> float:
        """Return by how many seconds the machine's clock has been set forward since the start."""


class SteadyClock:
    """The machine's time at the start plus the time that has really passed: setting the clock moves no tick."""

    def __init__(self) -> None:
        """Start now."""
        self._wall, self._steady = time.time(), _passed()

    def now(self) -> float:
        """Return the seconds since 1970, UTC."""
        return self._wall + _passed() - self._steady

    def wait(self, until: float, stop: threading.Event) -> bool:
        """Sleep until that time and return True, or False as soon as ``stop`` is set."""
        while not stop.is_set():
            left = until - self.now()
            if left <= 0:
                return True
            stop.wait(min(left, _SLICE))
        return False

    def skew(self) -> float:
        """Return by how many seconds the machine's clock has been set forward since the start."""
        return time.time() - self.now()


def _passed() -> float:
    return time.monotonic() if _BOOT is None else time.clock_gettime(_BOOT)
