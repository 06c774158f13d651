"""Growth and the time to limits, and thresholds that cry wolf; from the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.analysis.growth import growth
from pytest_deploycheck.analysis.tuning import alarms, suggested_limit
from pytest_deploycheck.judgement.predicates import NoReferenceError
from pytest_deploycheck.judgement.units import UnitError
from pytest_deploycheck.records.figures import known
from pytest_deploycheck.records.model import Grid, Section
from pytest_deploycheck.reporting.base import one_line, quantity_text

if TYPE_CHECKING:
    from pytest_deploycheck.analysis.growth import Growth
    from pytest_deploycheck.judgement.ladder import Ladder
    from pytest_deploycheck.records.material import Material
_UPPER: Final = frozenset({">", ">="})


def growths(material: Material) -> tuple[tuple[str, Growth, str], ...]:
    """Return the growth of sizes and of metrics with an upper limit, with their unit."""
    lines = material.settings.records.lines
    named = (lines.database_size, lines.disk, lines.memory, lines.cpu, lines.traffic)
    wanted = dict.fromkeys(name for name in (*named, "database.connections") if name)
    metrics = material.settings.metrics
    wanted |= dict.fromkeys(each.id for each in metrics if getattr(each, "capacity", None) is not None)
    found = []
    for metric in wanted:
        points = known(material.points(metric))
        declared = material.settings.metric(metric)
        unit = points[-1].unit if points else ""
        limit = _upper(getattr(declared, "levels", None), unit, getattr(declared, "capacity", None), material)
        grown = growth([(point.at.timestamp(), point.value or 0.0) for point in points], limit)
        if grown is not None:
            found.append((metric, grown, unit))
    return tuple(found)


def _upper(levels: Ladder | None, unit: str, capacity: Any, material: Material) -> float | None:
    """Return the worst upper limit of a ladder as a number, None when there is none."""
    if levels is None:
        return None
    room = material.settings.service.capacity.get(capacity) if isinstance(capacity, str) else capacity
    for _, condition in reversed(levels.levels):
        if condition.needs_baseline or condition.operator not in _UPPER:
            continue
        try:
            return float(condition.bounds[0].limit(unit, condition.reference(unit, None, room)))
        except (NoReferenceError, UnitError):
            continue
    return None


def growth_section(material: Material) -> Section:
    """Return how sizes and loads grow, and the time until their limits."""
    rows = []
    for metric, grown, unit in growths(material):
        limit = quantity_text(grown.limit, unit) if grown.limit is not None else "none"
        left = "does not grow" if not grown.grows else "no limit" if grown.limit is None else "?"
        if grown.days_left is not None:
            left = f"{grown.days_left:.0f} days"
        change = f"{'+' if grown.slope >= 0 else '-'}{quantity_text(abs(grown.slope), unit)} a day"
        rows.append((metric, quantity_text(grown.level, unit), change, limit, left, str(grown.n)))
    grid = Grid(
        title="Growth and time to limit (Theil-Sen, Mann-Kendall)",
        columns=("metric", "now", "change", "limit", "limit in", "n"),
        rows=tuple(rows),
        empty="no data: no number has enough looks",
    )
    return Section(title="Capacity and Growth", grids=(grid,))


def noisy(material: Material) -> tuple[tuple[str, str, str], ...]:
    """Return checks whose alarms were mostly false positives: why, and the limit that the values suggest."""
    times = [(each.opened, each.closed) for each in material.incidents]
    found = []
    for check, seen in sorted(material.statuses.items()):
        counted = alarms([(point.at, status) for point, status in seen], times)
        if not counted.false_positives:
            continue
        why = f"{counted.false_positives} of {counted.stretches} alarms went by themselves within two looks"
        found.append((check, f"{why} (n={counted.looks})", _suggestion(material, check)))
    return tuple(found)


def _suggestion(material: Material, check: str) -> str:
    name = check.partition("[")[2].rstrip("]")
    declared = material.settings.metric(name)
    levels: Ladder | None = getattr(declared, "levels", None)
    points = known(material.points(name)) if levels is not None else []
    limit = suggested_limit([point.value or 0.0 for point in points])
    if levels is None or limit is None or not str(levels.levels[0][1]).startswith(">"):
        return "ask for more looks before it counts"
    level, condition = levels.levels[0]
    wanted = f'{level} = "> {quantity_text(limit, points[-1].unit)}"'
    return f'{wanted} instead of "{condition}" (p99 of {len(points)} looks, a tenth more)'


def tuning_section(material: Material) -> Section:
    """Return the review of thresholds: false positives, suggested limits, incidents that no check saw."""
    rows = noisy(material)
    grid = Grid(
        title="False positives and suggested limits",
        columns=("check", "because", "suggestion"),
        rows=rows,
        empty="none" if material.statuses else "no data",
    )
    blind = tuple((each.id, one_line(each.title)) for each in material.incidents if not each.checks)
    unseen = Grid(title="Incidents that no check saw", columns=("incident", "title"), rows=blind, empty="none")
    return Section(title="Alert Tuning", grids=(grid, unseen) if material.answers.recorded else (grid,))
