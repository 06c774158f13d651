"""Phases since a deployment, and which checks are due in each; pure, before the settings, without a clock.

A phase is a window of time since the deployment (``first-hour``), a routine of the calendar (``daily``), the time
before the deployment (``pre-deploy``) or simply always (``uptime``). All times are in seconds since the deployment.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86400.0
WEEK: Final = 7 * DAY


class PhaseKind(Enum):
    """What a phase is measured against."""

    BEFORE = "before"
    WINDOW = "window"
    ALWAYS = "always"
    CALENDAR = "calendar"


class Selection(Enum):
    """Why a check runs in a phase; ``SHORTER`` runs once, when it was not done before."""

    OWN = "own"
    LONGER = "longer"
    ALWAYS = "always"
    SHORTER = "shorter"
    NOT_DUE = "not due"


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase: its window and the rhythm of its checks.

    ``start`` and ``end`` are seconds since the deployment (without a ``start`` there is no window, without an ``end``
    it is open); ``interval`` is the time between two runs, None when it runs once; ``blocks`` are the deadlines inside.
    """

    name: str
    tag: str
    kind: PhaseKind
    start: float | None = None
    end: float | None = None
    interval: float | None = None
    blocks: tuple[float, ...] = ()

    def contains(self, other: Phase) -> bool:
        """Tell whether the other phase's window lies inside this one's; only windows contain each other."""
        if self.kind is not PhaseKind.WINDOW or other.kind is not PhaseKind.WINDOW:
            return False
        return _start(self) <= _start(other) and _end(self) >= _end(other)

    def includes(self, age: float) -> bool:
        """Tell whether a deployment of that age (seconds) is in this phase; the end is no longer inside."""
        return self.start is not None and self.start <= age < _end(self)

    def overridden(
        self, *, start: float | None = None, end: float | None = None, interval: float | None = None
    ) -> Phase:
        """Return this phase with other times, those that are None unchanged; blocks past a new end are left out."""
        changed = replace(
            self,
            start=self.start if start is None else start,
            end=self.end if end is None else end,
            interval=self.interval if interval is None else interval,
        )
        return replace(changed, blocks=tuple(block for block in self.blocks if block <= _end(changed)))


def _start(phase: Phase) -> float:
    return -math.inf if phase.start is None else phase.start


def _end(phase: Phase) -> float:
    return math.inf if phase.end is None else phase.end


def _window(
    name: str, tag: str, end: float, interval: float | None, *, start: float = 0.0, blocks: tuple[float, ...] = ()
) -> Phase:
    return Phase(name, tag, PhaseKind.WINDOW, start, end, interval, blocks)


EVERY_RUN: Final = "every-run"
_EVERY_RUN_NAMES: Final = frozenset({EVERY_RUN, "any"})

PRESETS: Final[Mapping[str, Phase]] = MappingProxyType(
    {
        phase.name: phase
        for phase in (
            Phase("pre-deploy", "pre", PhaseKind.BEFORE, -DAY, 0.0),
            _window("first-minute", "1m", MINUTE, None, blocks=(MINUTE,)),
            _window("first-15-minutes", "15m", 15 * MINUTE, None, blocks=(MINUTE, 5 * MINUTE, 15 * MINUTE)),
            _window("first-hour", "1h", HOUR, 5 * MINUTE, blocks=(15 * MINUTE, 45 * MINUTE, HOUR)),
            _window("first-2-hours", "2h", 2 * HOUR, 15 * MINUTE),
            _window("first-4-hours", "4h", 4 * HOUR, MINUTE),
            _window("first-24-hours", "24h", DAY, HOUR),
            _window("first-48-hours", "48h", 2 * DAY, MINUTE),
            _window("first-week", "7d", WEEK, DAY, start=DAY),
            _window("first-month", "30d", 30 * DAY, DAY),
            Phase("uptime", "up", PhaseKind.ALWAYS, interval=5 * MINUTE),
            Phase("daily", "day", PhaseKind.CALENDAR, interval=DAY),
            Phase("weekly", "week", PhaseKind.CALENDAR, interval=WEEK),
            Phase("monthly", "month", PhaseKind.CALENDAR, interval=30 * DAY),
        )
    }
)
_BY_TAG: Final = {phase.tag: phase.name for phase in PRESETS.values()}


def resolve_phase(name: str, phases: Mapping[str, Phase] = PRESETS) -> Phase:
    """Return the phase of that name or ledger tag (``first-hour``, ``1h``), from the given phases.

    Raises:
        ValueError: there is no such phase; the message names the nearest.
    """
    word = name.strip().lower()
    found = phases.get(_BY_TAG.get(word, word))
    if found is None:
        raise ValueError(_unknown(name, tuple(phases)))
    return found


def resolve_item_phases(names: Iterable[str]) -> tuple[str, ...]:
    """Return the phase names of a check, aliases resolved, each once; ``every-run`` (or ``any``) stays itself.

    Raises:
        ValueError: a name is no phase; the message names the nearest.
    """
    words = (EVERY_RUN if name.strip().lower() in _EVERY_RUN_NAMES else resolve_phase(name).name for name in names)
    return tuple(dict.fromkeys(words))


def phase_for_age(age: float | None, phases: Mapping[str, Phase] = PRESETS) -> Phase:
    """Return the phase that a deployment of that age (seconds) is in: the shortest window around it.

    Before the deployment it is ``pre-deploy``, after all windows ``daily``. An unknown age is taken for a fresh
    deployment and gives ``first-hour``, the widest look.
    """
    if age is None or math.isnan(age):
        return phases["first-hour"]
    if age < 0:
        return phases["pre-deploy"]
    around = [phase for phase in phases.values() if phase.kind is PhaseKind.WINDOW and phase.includes(age)]
    return min(around, key=lambda phase: _end(phase) - _start(phase), default=phases["daily"])


def selection(phase: Phase, item_phases: Iterable[str], phases: Mapping[str, Phase] = PRESETS) -> Selection:
    """Return why a check of these phases runs in ``phase``; the strongest reason wins, no phases at all is every run.

    Raises:
        ValueError: the check names a phase that does not exist.
    """
    names = resolve_item_phases(item_phases)
    reasons = {_reason(phase, name, phases) for name in names} or {Selection.ALWAYS}
    return next(reason for reason in Selection if reason in reasons)


def _reason(phase: Phase, name: str, phases: Mapping[str, Phase]) -> Selection:
    if name == EVERY_RUN:
        return Selection.ALWAYS
    item = resolve_phase(name, phases)
    tests = (
        (Selection.OWN, item.name == phase.name),
        (Selection.ALWAYS, item.kind is PhaseKind.ALWAYS),
        (Selection.LONGER, item.contains(phase)),
        (Selection.SHORTER, phase.contains(item)),
    )
    return next((reason for reason, applies in tests if applies), Selection.NOT_DUE)


_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_DURATION: Final = re.compile(r"\s*(\d{1,12}(?:\.\d{1,9})?)\s*(ms|s|min|m|h|d|w)\s*", re.ASCII)


def parse_duration(text: str) -> float:
    """Return the seconds of a duration such as ``500ms``, ``5s``, ``15m``, ``2h``, ``7d`` or ``4w``.

    Raises:
        ValueError: the text is no duration.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration; write a number and a unit, such as 500ms, 5s, 15m, 2h or 7d")
    number, unit = float(match[1]), match[2]
    return number / 1000 if unit == "ms" else number * _UNITS[unit]


_WRITTEN: Final = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))


def format_duration(seconds: float) -> str:
    """Return a duration as a person writes it, exact to a millisecond: ``15m``, ``90s``, ``1.5s``, ``7d``."""
    if not math.isfinite(seconds):
        return "open"
    sign, milliseconds = ("-" if seconds < 0 else ""), round(abs(seconds) * 1000)
    if milliseconds > 1000 and milliseconds % 1000:  # noqa: PLR2004  # milliseconds in a second
        return f"{sign}{milliseconds / 1000:.3f}".rstrip("0") + "s"
    if not milliseconds:
        return "0s"
    unit, size = next((unit, size) for unit, size in _WRITTEN if milliseconds >= size and milliseconds % size == 0)
    return f"{sign}{milliseconds // size}{unit}"


def _unknown(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name.strip().lower(), known, n=1, cutoff=0.5)
    hint = f"the nearest is {near[0]!r}" if near else f"choose from {', '.join(known)}"
    return f"unknown phase {name!r}; {hint}"
