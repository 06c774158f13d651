"""What a watch says about itself while it runs: when it looks next, until when; also to the history, for others."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_deploycheck.board.reading import PACE_KEY, pace_text
from pytest_deploycheck.board.view import Going, Pace
from pytest_deploycheck.errors import HistoryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_deploycheck.history import History
    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.status import Decision
    from pytest_deploycheck.watch.display import Display, Watched
    from pytest_deploycheck.watch.outcome import Ending, Gap, Tally, TickResult
    from pytest_deploycheck.watch.rhythm import Slot


@dataclass(slots=True)
class Pacer:
    """A display that shows nothing: it keeps the pace, and writes it into the history when it changes.

    ``interval`` gives the seconds between two looks of a phase. Without a history only others see less.
    """

    history: History | None
    interval: Callable[[str], float]
    pace: Pace = field(default_factory=Pace)
    _deployment: Deployment | None = None

    def begin(self, watched: Watched, tally: Tally) -> None:
        """Note from when to when it is."""
        self._deployment = watched.deployment
        self.pace = Pace(
            begun=_time(watched.begins),
            ends=None if watched.ends is None else _time(watched.ends),
            missed=tally.missed,
        )

    def waiting(self, slot: Slot, at: float, now: float) -> None:
        """Note the next look, once."""
        del now
        self._set(Going.WAITING, slot, at)

    def started(self, slot: Slot, now: float) -> None:
        """Note that it looks."""
        self._set(Going.LOOKING, slot, now)

    def ended(self, result: TickResult, tally: Tally) -> None:
        """Nothing: what was seen is in the history already."""

    def missed(self, gap: Gap) -> None:
        """Count what was missed."""
        self.pace = replace(self.pace, missed=self.pace.missed + gap.count)

    def note(self, text: str) -> None:
        """Nothing: notes are for whoever watches."""

    def end(self, decision: Decision, ending: Ending, tally: Tally, now: float) -> None:
        """Note that nobody looks any more."""
        del decision, ending, tally, now
        self._keep(replace(self.pace, going=Going.ENDED, due=None))

    def _set(self, going: Going, slot: Slot, at: float) -> None:
        self._keep(replace(self.pace, going=going, due=_time(at), interval=self.interval(slot.phase)))

    def _keep(self, pace: Pace) -> None:
        if pace == self.pace:
            return
        self.pace = pace
        if self.history is None or self._deployment is None:
            return
        with suppress(HistoryError):
            self.history.set_state(self._deployment, PACE_KEY, pace_text(pace), expected=None)


@dataclass(frozen=True, slots=True)
class Displays:
    """Several displays as one, told in this order."""

    all: Sequence[Display]

    def begin(self, watched: Watched, tally: Tally) -> None:
        """Tell each."""
        for each in self.all:
            each.begin(watched, tally)

    def waiting(self, slot: Slot, at: float, now: float) -> None:
        """Tell each."""
        for each in self.all:
            each.waiting(slot, at, now)

    def started(self, slot: Slot, now: float) -> None:
        """Tell each."""
        for each in self.all:
            each.started(slot, now)

    def ended(self, result: TickResult, tally: Tally) -> None:
        """Tell each."""
        for each in self.all:
            each.ended(result, tally)

    def missed(self, gap: Gap) -> None:
        """Tell each."""
        for each in self.all:
            each.missed(gap)

    def note(self, text: str) -> None:
        """Tell each."""
        for each in self.all:
            each.note(text)

    def end(self, decision: Decision, ending: Ending, tally: Tally, now: float) -> None:
        """Tell each."""
        for each in self.all:
            each.end(decision, ending, tally, now)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
