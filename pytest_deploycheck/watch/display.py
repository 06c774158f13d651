"""What a watch tells while it runs: the interface of the dashboard, and plain lines where there is no terminal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from pytest_deploycheck.phases import format_duration
from pytest_deploycheck.redact import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.status import Decision
    from pytest_deploycheck.watch.outcome import Ending, Gap, Tally, TickResult
    from pytest_deploycheck.watch.rhythm import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is watched: the deployment, the service, and from when to when (seconds since 1970; None is open)."""

    deployment: Deployment
    service: str
    target: str
    phase: str
    begins: float
    ends: float | None
    reports: Path


class Display(Protocol):
    """Told everything that happens in a watch, in the thread of the watch."""

    def begin(self, watched: Watched, tally: Tally) -> None:
        """The watch begins, or goes on after a break (then the tally is not empty)."""

    def waiting(self, slot: Slot, at: float, now: float) -> None:
        """Called about once a second until the next tick is due at ``at`` (seconds since 1970)."""

    def started(self, slot: Slot, now: float) -> None:
        """A tick has been started."""

    def ended(self, result: TickResult, tally: Tally) -> None:
        """A tick has ended."""

    def missed(self, gap: Gap) -> None:
        """Nobody looked at these times."""

    def note(self, text: str) -> None:
        """Something that whoever watches has to know."""

    def end(self, decision: Decision, ending: Ending, tally: Tally, now: float) -> None:
        """The watch has ended."""


class PlainLines:
    """One line for each event: for log files, CI jobs and pipes."""

    def __init__(self, write: Callable[[str], object]) -> None:
        """Write each line with ``write``."""
        self._write = write

    def begin(self, watched: Watched, tally: Tally) -> None:
        """Say what is watched, and until when."""
        end = "until it is stopped" if watched.ends is None else f"until {_clock(watched.ends)}"
        again = f", going on after {tally.ticks} earlier ticks" if tally.ticks else ""
        self._line(
            watched.begins,
            f"watching {watched.deployment.id} ({watched.service} at {watched.target}) in {watched.phase} {end}{again}",
        )

    def waiting(self, slot: Slot, at: float, now: float) -> None:
        """Say nothing: a line a second would bury the others."""

    def started(self, slot: Slot, now: float) -> None:
        """Say nothing; the line comes with the verdict."""

    def ended(self, result: TickResult, tally: Tally) -> None:
        """Say what the tick decided."""
        del tally  # the whole is told at the end
        word = "no verdict" if result.decision is None else str(result.decision)
        number = f"tick {result.tick}" if result.tick else "a tick"
        told = result.problem or result.summary
        took = format_duration(round(result.seconds, 1))
        self._line(result.started, f"{word:<12} {number} of {result.phase}, {took}: {told}")

    def missed(self, gap: Gap) -> None:
        """Say when nobody looked."""
        times = "one time" if gap.count == 1 else f"{gap.count} times"
        self._line(gap.last, f"missed       nobody looked {times}, from {_clock(gap.first)} to {_clock(gap.last)}")

    def note(self, text: str) -> None:
        """Say it."""
        self._write(printable(f"  note: {text}"))

    def end(self, decision: Decision, ending: Ending, tally: Tally, now: float) -> None:
        """Say what the watch came to."""
        counts = ", ".join(f"{count} {word}" for word, count in tally.counts.items()) or "no verdict"
        lost = f", {tally.lost} without a verdict" if tally.lost else ""
        missed = f", {tally.missed} missed" if tally.missed else ""
        self._line(now, f"{decision} at the end of {tally.ticks} ticks ({counts}{lost}{missed}): {ending}")

    def _line(self, at: float, text: str) -> None:
        self._write(printable(f"{_clock(at)} {text}"))


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}Z"
