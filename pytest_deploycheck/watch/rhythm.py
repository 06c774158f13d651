"""When a watch looks: absolute times since the deployment, so that no tick moves the ones after it. Pure, no clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.phases import MINUTE, PhaseKind, phase_for_age

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_deploycheck.phases import Phase

AUTO: Final = "auto"
# phases that have no rhythm of their own when somebody runs them by hand
FALLBACK: Final[Mapping[str, float]] = {"first-minute": 10.0, "first-15-minutes": MINUTE, "pre-deploy": 5 * MINUTE}


@dataclass(frozen=True, slots=True)
class Slot:
    """One time to look: seconds since the deployment, and the phase of the tick."""

    at: float
    phase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The times at which a watch looks.

    ``name`` is a phase or ``auto``; ``begin`` and ``end`` are seconds since the deployment (an ``end`` of infinity is
    open). ``interval`` in seconds replaces that of every phase. Ticks lie at ``begin``, then at whole intervals after
    it; with ``auto`` each phase begins with a tick of its own.
    """

    phases: Mapping[str, Phase]
    name: str
    begin: float
    end: float
    interval: float | None = None

    def phase_at(self, age: float) -> Phase:
        """Return the phase of a tick at that age."""
        return phase_for_age(age, self.phases) if self.name == AUTO else self.phases[self.name]

    def pace(self, phase: Phase) -> float:
        """Return the seconds between two ticks of a phase."""
        return self.interval or phase.interval or FALLBACK.get(phase.name, MINUTE)

    def after(self, age: float) -> Slot | None:
        """Return the first time to look that is later than ``age``; None when the watch is over by then."""
        if age < self.begin:
            return self._slot(self.begin)
        phase = self.phase_at(age)
        start = max(self.begin, phase.start if self.name == AUTO and phase.start is not None else self.begin)
        pace = self.pace(phase)
        # the small step keeps a tick that lies exactly on the grid from being found again
        at = start + (math.floor((age - start) / pace + 1e-9) + 1) * pace
        if self.name == AUTO:
            at = min(at, self._boundary_after(age))
        return self._slot(at)

    def between(self, earlier: float, later: float) -> Iterator[Slot]:
        """Yield the times to look that lie after ``earlier`` and before ``later``."""
        slot = self.after(earlier)
        while slot is not None and slot.at < later:
            yield slot
            slot = self.after(slot.at)

    def _slot(self, at: float) -> Slot | None:
        return Slot(at, self.phase_at(at).name) if at <= self.end and math.isfinite(at) else None

    def _boundary_after(self, age: float) -> float:
        edges = (edge for phase in self.phases.values() if phase.kind is not PhaseKind.ALWAYS for edge in _edges(phase))
        return min((edge for edge in edges if edge > age), default=math.inf)


def end_of(name: str, phases: Mapping[str, Phase]) -> float:
    """Return the age (seconds) at which a watch of a phase ends by itself, infinity when it does not."""
    if name == AUTO:
        return max(phase.end for phase in phases.values() if phase.kind is PhaseKind.WINDOW and phase.end is not None)
    end = phases[name].end
    return math.inf if end is None else end


def _edges(phase: Phase) -> tuple[float, ...]:
    return tuple(edge for edge in (phase.start, phase.end) if edge is not None)
