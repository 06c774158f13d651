"""The loop of a watch, with a clock and ticks of our own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from pytest_deploycheck.phases import DAY, HOUR, PRESETS
from pytest_deploycheck.status import Decision
from pytest_deploycheck.watch.display import PlainLines
from pytest_deploycheck.watch.outcome import Ending, Gap, Tally, TickResult
from pytest_deploycheck.watch.rhythm import Rhythm, Slot
from pytest_deploycheck.watch.supervisor import Supervisor

DEPLOYED = 1_000_000.0


@dataclass
class Hand:
    """A clock that is moved by waiting; ``stop_at`` presses Ctrl-C."""

    time: float = DEPLOYED
    stop_at: float = float("inf")
    set_forward: float = 0.0

    def now(self) -> float:
        """Return its time."""
        return self.time

    def wait(self, until: float, stop: threading.Event) -> bool:
        """Move on."""
        if until >= self.stop_at:
            stop.set()
            return False
        self.time = max(self.time, until)
        return True

    def skew(self) -> float:
        """Return how far the machine's clock is off."""
        return self.set_forward


@dataclass
class Ticks:
    """Ticks that take time and decide as told; they remember when each was due and when it began."""

    clock: Hand
    seconds: float = 1.0
    takes: dict[int, float] = field(default_factory=dict)
    decisions: dict[int, Decision | None] = field(default_factory=dict)
    seen: list[tuple[float, float]] = field(default_factory=list)

    def __call__(self, slot: Slot, at: float) -> TickResult:
        """Run one."""
        number = len(self.seen) + 1
        started = self.clock.time
        self.seen.append((at - DEPLOYED, started - DEPLOYED))
        self.clock.time += self.takes.get(number, self.seconds)
        decision = self.decisions.get(number, Decision.PASS)
        return TickResult(
            at=at, phase=slot.phase, started=started, seconds=self.clock.time - started, tick=number, decision=decision
        )


def watch(
    clock: Hand, ticks: Ticks, *, end: float = HOUR, interval: float = 60.0, looked: float | None = None
) -> tuple[Supervisor, list[str]]:
    """Return a watch of the first hour and what it writes."""
    lines: list[str] = []
    rhythm = Rhythm(phases=PRESETS, name="first-48-hours", begin=0.0, end=end, interval=interval)
    return (
        Supervisor(
            rhythm=rhythm,
            deployed_at=DEPLOYED,
            tick=ticks,
            clock=clock,
            display=PlainLines(lines.append),
            stop=threading.Event(),
            tally=Tally(DEPLOYED),
            looked=looked,
        ),
        lines,
    )


def test_no_drift_over_two_days() -> None:
    """2,880 ticks that take half the interval each begin on time; what is kept does not grow with them."""
    clock = Hand()
    ticks = Ticks(clock, seconds=30.0)
    supervisor, _ = watch(clock, ticks, end=2 * DAY)
    assert (Decision.PASS, Ending.OVER) == supervisor.run()
    assert 2881 == supervisor.tally.ticks == len(ticks.seen)
    assert [(60.0 * n, 60.0 * n) for n in range(2881)] == ticks.seen
    assert 1 == len(supervisor.tally.changes)
    assert {Decision.PASS: 2881} == supervisor.tally.counts


def test_an_overrun_costs_only_itself() -> None:
    """A tick of 65 s delays the next one a little, one of 200 s costs those in between; then all is on time again."""
    clock = Hand()
    ticks = Ticks(clock, takes={2: 65.0, 5: 200.0})
    supervisor, lines = watch(clock, ticks, end=600.0)
    supervisor.run()
    assert [
        (0.0, 0.0), (60.0, 60.0), (120.0, 125.0), (180.0, 180.0), (240.0, 240.0), (420.0, 440.0), (480.0, 480.0),
        (540.0, 540.0), (600.0, 600.0),
    ] == ticks.seen  # fmt: skip
    assert [Gap(DEPLOYED + 300.0, DEPLOYED + 360.0, 2)] == supervisor.tally.gaps
    assert ["nobody looked 2 times"] == [line[34:55] for line in lines if "nobody" in line]


@pytest.mark.parametrize("decision", [Decision.ROLLBACK, Decision.ROLLBACK_NOW])
def test_stops_at_once_on_rollback(decision: Decision) -> None:
    """The tick that says so is the last one."""
    clock = Hand()
    ticks = Ticks(clock, decisions={3: decision})
    supervisor, _ = watch(clock, ticks)
    assert (decision, Ending.DECIDED) == supervisor.run()
    assert 3 == len(ticks.seen)


@pytest.mark.parametrize(
    ("last", "decision"),
    [
        (Decision.PASS, Decision.INCONCLUSIVE),
        (Decision.WARN, Decision.INCONCLUSIVE),
        (None, Decision.INCONCLUSIVE),
        (Decision.WATCH, Decision.WATCH),
        (Decision.HOTFIX, Decision.HOTFIX),
    ],
)
def test_unfinished_is_never_good(last: Decision | None, decision: Decision) -> None:
    """Ctrl-C between two ticks: the last word counts when it was a bad one, and a good one is none."""
    clock = Hand(stop_at=DEPLOYED + 130.0)
    ticks = Ticks(clock, decisions={3: last})
    supervisor, _ = watch(clock, ticks)
    assert (decision, Ending.STOPPED) == supervisor.run()
    assert 3 == len(ticks.seen)


def test_stopped_before_the_first_tick() -> None:
    """No tick at all is no good verdict."""
    clock = Hand()
    supervisor, _ = watch(clock, Ticks(clock))
    supervisor.stop.set()
    assert (Decision.INCONCLUSIVE, Ending.STOPPED) == supervisor.run()
    assert 0 == supervisor.tally.ticks


def test_goes_on_where_it_stopped() -> None:
    """After a break of 500 s the missed times are recorded, and the next tick lies on the same grid."""
    clock = Hand(time=DEPLOYED + 640.0)
    ticks = Ticks(clock)
    supervisor, _ = watch(clock, ticks, end=900.0, looked=125.0)
    supervisor.tally.ticks = 2  # of the three looks that were due before the break
    supervisor.run()
    assert [660.0, 720.0, 780.0, 840.0, 900.0] == [due for due, _ in ticks.seen]
    assert [Gap(DEPLOYED + 180.0, DEPLOYED + 600.0, 8)] == supervisor.tally.gaps
    assert (7, 9) == (supervisor.tally.ticks, supervisor.tally.missed)


def test_nothing_is_looked_at_twice() -> None:
    """A watch that starts again in the same interval waits for the next one."""
    clock = Hand(time=DEPLOYED + 65.0)
    ticks = Ticks(clock)
    watch(clock, ticks, end=130.0, looked=60.2)[0].run()
    assert [(120.0, 120.0)] == ticks.seen


def test_a_lost_last_tick_is_no_verdict() -> None:
    """A last tick without a verdict makes the whole inconclusive, though all before it passed."""
    clock = Hand()
    ticks = Ticks(clock, decisions={3: None})
    supervisor, _ = watch(clock, ticks, end=120.0)
    assert (Decision.INCONCLUSIVE, Ending.OVER) == supervisor.run()
    assert 1 == supervisor.tally.lost


@pytest.mark.parametrize(("by", "word"), [(3600.0, "forward by 3600 s"), (-3600.0, "back by 3600 s")])
def test_a_clock_that_is_set_moves_no_tick(by: float, word: str) -> None:
    """Somebody sets the machine's clock by an hour: it is told once, and the ticks stay where they were."""
    clock = Hand(set_forward=by)
    ticks = Ticks(clock)
    supervisor, lines = watch(clock, ticks, end=300.0)
    supervisor.run()
    assert [60.0 * n for n in range(6)] == [began for _, began in ticks.seen]
    assert 1 == sum(word in line for line in lines)
