"""The loop of a watch: wait for the next absolute time, let a tick run, take in what it decided, stop when it says so.

Everything that lasts lies elsewhere: a tick writes its own history and reports. This loop may be killed at any moment;
the next watch of the same deployment finds out from the history what was done, and goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from pytest_deploycheck.watch.outcome import STOPPING, Ending, Gap, Tally

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from pytest_deploycheck.status import Decision
    from pytest_deploycheck.watch.clock import Clock
    from pytest_deploycheck.watch.display import Display
    from pytest_deploycheck.watch.outcome import TickResult
    from pytest_deploycheck.watch.rhythm import Rhythm, Slot

LARGEST_SKEW: Final = 5.0


class Ticker(Protocol):
    """Runs one tick and returns what it came to; ends it early when the watch is stopped."""

    def __call__(self, slot: Slot, at: float) -> TickResult:
        """Run the tick that was due at ``at`` (seconds since 1970)."""


@dataclass(slots=True)
class Supervisor:
    """A watch of one deployment; ``deployed_at`` in seconds since 1970, ``looked`` the age at the last look so far."""

    rhythm: Rhythm
    deployed_at: float
    tick: Ticker
    clock: Clock
    display: Display
    stop: threading.Event
    tally: Tally
    looked: float | None = None
    on_tick: Callable[[TickResult], None] | None = None
    _skew_told: float = 0.0

    def run(self) -> tuple[Decision, Ending]:
        """Watch until the phase is over, a verdict says stop, or somebody stops it; return the decision and why."""
        if self.looked is not None:
            # what an earlier watch missed by overrunning died with it; its looks are in the history
            due = sum(1 for _ in self.rhythm.between(self.rhythm.begin - 1, self.looked + 1e-6))
            self.tally.missed = max(0, due - self.tally.ticks)
        ending = self._watch()
        decision = self.tally.decision(ending)
        self.display.end(decision, ending, self.tally, self.clock.now())
        return decision, ending

    def _watch(self) -> Ending:
        slot = self._first()
        while slot is not None:
            if not self._wait(slot):
                return Ending.STOPPED
            result = self._look(slot)
            if self.stop.is_set():
                return Ending.STOPPED
            if result.decision in STOPPING:
                return Ending.DECIDED
            slot = self._next(slot.at)
        return Ending.OVER

    def _first(self) -> Slot | None:
        """Return the first look: at once, or the next one after the last look of an earlier watch."""
        return self._next(self.rhythm.begin - 1 if self.looked is None else self.looked)

    def _next(self, looked: float) -> Slot | None:
        """Return the next look after one at that age; those whose time has passed are missed, except the newest."""
        slot = self.rhythm.after(looked)
        age = self._age()
        if slot is None or slot.at >= age:
            return slot
        passed = [slot]
        following = self.rhythm.after(slot.at)
        while following is not None and following.at <= age:
            passed.append(following)
            following = self.rhythm.after(following.at)
        # a look that is late by less than half its interval is still that look; a later one is missed
        newest = passed[-1]
        late = age - newest.at
        if late < self.rhythm.pace(self.rhythm.phase_at(newest.at)) / 2:
            self._miss(passed[:-1])
            return newest
        self._miss(passed)
        return following

    def _miss(self, slots: list[Slot]) -> None:
        if slots:
            gap = Gap(self.deployed_at + slots[0].at, self.deployed_at + slots[-1].at, len(slots))
            self.tally.miss(gap)
            self.display.missed(gap)

    def _wait(self, slot: Slot) -> bool:
        due = self.deployed_at + slot.at
        while True:
            now = self.clock.now()
            self._tell_skew()
            if now >= due:
                return not self.stop.is_set()
            self.display.waiting(slot, due, now)
            if not self.clock.wait(min(due, now + 1.0), self.stop):
                return False

    def _look(self, slot: Slot) -> TickResult:
        self.display.started(slot, self.clock.now())
        result = self.tick(slot, self.deployed_at + slot.at)
        self.tally.add(result)
        self.display.ended(result, self.tally)
        if self.on_tick is not None:
            self.on_tick(result)
        return result

    def _tell_skew(self) -> None:
        skew = self.clock.skew()
        if abs(skew - self._skew_told) > LARGEST_SKEW:
            direction = "forward" if skew > self._skew_told else "back"
            by = abs(round(skew - self._skew_told))
            self.display.note(
                f"the machine's clock was set {direction} by {by} s; ticks keep to the time that has passed"
            )
            self._skew_told = skew

    def _age(self) -> float:
        return self.clock.now() - self.deployed_at
