"""Conditions that have to hold for a while (``for = "5m"``), over looks of one run or of many; pure, above the ladders.

Looks come from the history and end with the present one. A gap between two looks, or a look without data, is neither a
breach nor a pass: what lies in it is not known, and what is not known is told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.conditions import ConditionError
from pytest_deploycheck.judgement.judge import judge
from pytest_deploycheck.judgement.units import UnitError
from pytest_deploycheck.status import Severity, Status, status_of_finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_deploycheck.judgement.conditions import Condition
    from pytest_deploycheck.judgement.ladder import Ladder
    from pytest_deploycheck.model import Judgement, Measurement

LEAST_GAP_SHARE: Final = 0.5
_UNITS: Final = ((3600, "h"), (60, "m"), (1, "s"))


class Hold(Enum):
    """What is known about a condition that has to hold for a while."""

    CLEAR = "does not hold now"
    PENDING = "holds, but not for long enough"
    UNKNOWN = "holds, and nobody saw for how long"
    HELD = "has held for long enough"


@dataclass(frozen=True, slots=True)
class Look:
    """One look: when (seconds since 1970), and whether the condition held; None when there was no data."""

    at: float
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Sustained:
    """What the looks amount to; ``seconds`` is how long the condition was seen to hold, ``since`` when that began."""

    state: Hold
    seconds: float = 0.0
    since: float | None = None


def sustained(looks: Iterable[Look], needed: float, max_gap: float) -> Sustained:
    """Return whether a condition has held for ``needed`` seconds up to the last look.

    Looks further apart than ``max_gap`` seconds leave a gap that nobody saw into. Only what was seen counts as held,
    and only a look at which the condition did not hold proves that it began later.
    """
    ordered = sorted(looks, key=lambda look: look.at)
    if not ordered or ordered[-1].holds is not True:
        return Sustained(Hold.CLEAR)
    now = began = ordered[-1].at
    state = Hold.UNKNOWN
    for look in reversed(ordered[:-1]):
        if look.holds is None:
            continue
        gap = began - look.at > max_gap
        if look.holds and not gap:
            began = look.at
            continue
        # it began after this look: too late, however long the gap
        if not look.holds and (not gap or now - look.at <= needed):
            state = Hold.PENDING
        break
    if now - began >= needed:
        state = Hold.HELD
    return Sustained(state, now - began, began)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """How long the levels of a ladder have to hold, in seconds, and how far looks may lie apart."""

    levels: Mapping[Severity, float]
    max_gap: float

    @property
    def longest(self) -> float:
        """The longest time that any level has to hold."""
        return max(self.levels.values(), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What looks are judged with: how many samples one needs, and what relative conditions refer to."""

    min_samples: int = 1
    baseline: float | None = None
    capacity: float | None = None


def judge_sustained(
    found: Judgement,
    looks: Sequence[Measurement],
    ladder: Ladder,
    holding: Holding,
    reference: Reference,
) -> Judgement:
    """Return what the last of some looks amounts to when levels have to hold for a while.

    ``found`` is what it amounts to alone. The worst level that has held decides. When none has, a level that nobody saw
    for long enough is INCONCLUSIVE, and one that began too lately is WARN.
    """
    now = looks[-1]
    if found.severity is None or now.at is None:
        return found
    open_levels: dict[str, Hold] = {}
    for severity, condition in reversed(ladder.levels):
        needed = holding.levels.get(severity, 0.0)
        held = _held(condition, looks, needed, holding.max_gap, reference)
        if held.state is Hold.HELD:
            length = f", for {_duration(held.seconds)} (for = {_duration(needed)})" if needed else ""
            shown = condition.explain(
                now.value, unit=now.unit, baseline=reference.baseline, capacity=reference.capacity
            )
            decided = replace(
                found,
                status=status_of_finding(severity),
                severity=severity,
                condition=condition.describe(now.unit),
                reason="; ".join((f"{shown} ({severity}){length}", *open_levels)),
            )
            return _unless_unknown(decided, open_levels)
        if held.state is not Hold.CLEAR:
            open_levels[_words(severity, condition, now.unit, held, needed)] = held.state
    reason = "; ".join((found.reason.partition("; ")[0], *open_levels))
    pending = replace(found, status=Status.WARN, severity=Severity.LOW, reason=reason)
    return _unless_unknown(pending, open_levels)


def _unless_unknown(decided: Judgement, open_levels: Mapping[str, Hold]) -> Judgement:
    """Return INCONCLUSIVE instead of a warning when a worse level may have held."""
    if Hold.UNKNOWN in open_levels.values() and decided.status < Status.INCONCLUSIVE:
        return replace(decided, status=Status.INCONCLUSIVE, severity=None)
    return decided


def _held(
    condition: Condition, looks: Sequence[Measurement], needed: float, max_gap: float, reference: Reference
) -> Sustained:
    seen = (Look(each.at.timestamp(), _holds(condition, each, reference)) for each in looks if each.at is not None)
    return sustained(seen, needed, max_gap)


def _holds(condition: Condition, look: Measurement, reference: Reference) -> bool | None:
    """Return whether the condition held at a look, None when that look could not be judged."""
    if judge(look, None, min_samples=reference.min_samples).status is not Status.PASS:
        return None
    try:
        holds = condition.holds(look.value, unit=look.unit, baseline=reference.baseline, capacity=reference.capacity)
    except (ConditionError, UnitError):
        return None
    return None if look.lower_bound and not holds else holds


def _words(severity: Severity, condition: Condition, unit: str, held: Sustained, needed: float) -> str:
    shown = f"{severity} {condition.describe(unit)}"
    seen = _duration(held.seconds)
    if held.state is Hold.UNKNOWN:
        return f"{shown} has to hold for {_duration(needed)}, and it was seen for {seen} only: too few looks before"
    return f"{shown} has held for {seen} of {_duration(needed)}: pending"


def _duration(seconds: float) -> str:
    """Return a duration in its largest unit that tells enough, rounded down: nobody saw more."""
    size, unit = next(
        (size, unit) for size, unit in _UNITS if seconds >= 2 * size or size == 1 or (seconds and not seconds % size)
    )
    return f"{seconds // size:.0f}{unit}"


def max_gap_of(longest: float, interval: float | None, given: float | None = None) -> float:
    """Return how far two looks may lie apart: as given, else twice the interval of the phase, and half of the hold."""
    return given if given is not None else max(longest * LEAST_GAP_SHARE, 2 * (interval or 0.0))
