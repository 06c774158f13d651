"""How a judged metric went over the last runs: its points, its limits, what it was before; pure, below the charts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.bounds import ConditionError
from pytest_deploycheck.judgement.conditions import parse_condition
from pytest_deploycheck.judgement.units import UnitError
from pytest_deploycheck.reporting.base import one_line
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from pytest_deploycheck.history import Point
    from pytest_deploycheck.model import CheckResult, Deployment, Reading, RunRecord

MOST_CANDIDATES: Final = 40
MOST_CHARTS: Final = 24
MOST_POINTS: Final = 120
BEFORE: Final = timedelta(hours=1)
"""How much time before the deployment is shown at least."""
FEWEST_BEFORE: Final = 3
LOOKED_BACK: Final = timedelta(days=7)
_LEVEL: Final = re.compile(r", (?=(?:low|medium|high|critical|rollback) )")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One threshold: its level, the number in the metric's unit, and the condition as a person reads it."""

    level: str
    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One metric over time, the oldest point first. ``band`` is what it was before the deployment."""

    result: CheckResult
    reading: Reading
    points: tuple[Point, ...]
    limits: tuple[Limit, ...] = ()
    baseline: float | None = None
    band: tuple[float, float] | None = None
    deployed_at: datetime | None = None

    @property
    def moved(self) -> bool:
        """Whether it had more than one value."""
        return len({point.value for point in self.points}) > 1


def candidates(record: RunRecord) -> Iterator[tuple[CheckResult, Reading]]:
    """Yield what may be worth a chart, the most telling first: judged numbers, the evidence before all others."""
    evidence = set(record.verdict.evidence)
    ranked = sorted(record.checks, key=lambda result: (result.id not in evidence, -result.status.rank))
    number = 0
    for result in ranked:
        for reading in result.readings:
            if number == MOST_CANDIDATES:
                return
            if reading.judgement.condition and not isinstance(reading.measurement.value, bool | str):
                number += 1
                yield result, reading


def series_of(
    result: CheckResult, reading: Reading, points: Iterable[Point], deployment: Deployment, limits: str | None = None
) -> Series:
    """Return a metric as it is drawn; ``limits`` is its whole ladder, when it is known better than from the reading."""
    deployed_at = deployment.deployed_at if deployment.deployed_at_known else None
    shown = _shown([point for point in points if point.unit == reading.measurement.unit], deployed_at)
    baseline = reading.judgement.baseline
    return Series(
        result=result,
        reading=reading,
        points=shown,
        limits=tuple(limits_of(limits or _ladder_text(reading), reading.measurement.unit, baseline)),
        baseline=baseline,
        band=_band(shown, deployed_at),
        deployed_at=deployed_at,
    )


def worth_showing(found: Iterable[Series]) -> tuple[tuple[Series, ...], tuple[Series, ...]]:
    """Return what gets a chart, and what kept one and the same good value, which a sentence tells as well."""
    several = [each for each in found if len(each.points) > 1]
    telling = [each for each in several if each.moved or each.result.status is not Status.PASS]
    still = [each for each in several if not each.moved and each.result.status is Status.PASS]
    return tuple(telling[:MOST_CHARTS]), tuple(still)


def _ladder_text(reading: Reading) -> str:
    judged = reading.judgement
    condition = judged.condition or ""
    named = judged.severity is None or condition.startswith(f"{judged.severity} ")
    return condition if named else f"{judged.severity} {condition}"


def limits_of(ladder: str, unit: str, baseline: float | None) -> Iterator[Limit]:
    """Yield the thresholds of a ladder such as ``medium > 1 %, critical > 5 %``; what is no number has none."""
    for part in _LEVEL.split(ladder):
        level, _, text = part.partition(" ")
        try:
            condition = parse_condition(text)
            if condition.word is not None:
                continue
            reference = condition.reference(unit, baseline, None)
            for bound in condition.bounds:
                yield Limit(level=level, at=float(bound.limit(unit, reference)), text=one_line(text))
        except (ConditionError, UnitError, OverflowError):
            continue  # without its baseline or capacity a limit has no place in the picture


def _shown(points: Sequence[Point], deployed_at: datetime | None) -> tuple[Point, ...]:
    """Return the newest points, with as much time before the deployment as after it, and a few points at least."""
    if deployed_at is None or not points:
        return tuple(points[-MOST_POINTS:])
    start = deployed_at - max(points[-1].at - deployed_at, BEFORE)
    earlier = sum(point.at < deployed_at for point in points)
    first = next((place for place, point in enumerate(points) if point.at >= start), len(points))
    return tuple(points[min(first, max(0, earlier - FEWEST_BEFORE)) :][-MOST_POINTS:])


def _band(points: Sequence[Point], deployed_at: datetime | None) -> tuple[float, float] | None:
    if deployed_at is None:
        return None
    values = [point.value for point in points if point.at < deployed_at and point.value is not None]
    return (min(values), max(values)) if len(values) >= FEWEST_BEFORE else None
