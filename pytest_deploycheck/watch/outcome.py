"""What a watch came to: every tick in a few numbers, and the decision that its exit code tells. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from pytest_deploycheck.status import Decision

# the worst first: what an unfinished watch says when its last word was milder than INCONCLUSIVE
MILD: Final = frozenset({Decision.PASS, Decision.WARN})
STOPPING: Final = frozenset({Decision.ROLLBACK, Decision.ROLLBACK_NOW})
MOST_CHANGES: Final = 200
MOST_GAPS: Final = 200


class Ending(Enum):
    """Why a watch ended."""

    OVER = "the phase is over"
    DECIDED = "the verdict says stop"
    STOPPED = "somebody stopped it"

    def __str__(self) -> str:
        """Return the words that people see."""
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class TickResult:
    """What one tick came to. ``decision`` is None when it left no verdict; then ``problem`` says why.

    ``at`` is when it was due, ``started`` when it began (seconds since 1970), ``seconds`` how long it took.
    """

    at: float
    phase: str
    started: float
    seconds: float
    tick: int = 0
    decision: Decision | None = None
    exit_code: int = 11
    summary: str = ""
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A tick whose decision was another than that of the tick before."""

    at: float
    tick: int
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Gap:
    """Times to look at which nobody looked: the first and the last of them (seconds since 1970), and how many."""

    first: float
    last: float
    count: int


@dataclass(slots=True)
class Tally:
    """The ticks of a watch so far; its size does not grow with their number."""

    begun: float
    ticks: int = 0
    lost: int = 0
    missed: int = 0
    counts: dict[Decision, int] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    last: TickResult | None = None

    def add(self, result: TickResult) -> None:
        """Take in a tick."""
        self.ticks += 1
        if result.decision is None:
            self.lost += 1
        else:
            self.counts[result.decision] = self.counts.get(result.decision, 0) + 1
        if self.last is None or self.last.decision is not result.decision:
            self.changes.append(Change(result.at, result.tick, result.decision))
            del self.changes[:-MOST_CHANGES]
        self.last = result

    def miss(self, gap: Gap) -> None:
        """Take in times at which nobody looked."""
        self.missed += gap.count
        self.gaps.append(gap)
        del self.gaps[:-MOST_GAPS]

    def decision(self, ending: Ending) -> Decision:
        """Return the decision of the whole: the last tick's, but never a good one when the watch did not finish."""
        last = None if self.last is None else self.last.decision
        if last is None or (ending is Ending.STOPPED and last in MILD):
            return Decision.INCONCLUSIVE
        return last
