"""Numbers of a period: aggregates, directions and the figures with targets; pure, from material to lines."""

from __future__ import annotations

import math
import re
from statistics import median
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.aggregates import percentile
from pytest_deploycheck.history import STATUS
from pytest_deploycheck.judgement.predicates import NoReferenceError, NotComparableError
from pytest_deploycheck.judgement.trend import mann_kendall
from pytest_deploycheck.judgement.units import UnitError
from pytest_deploycheck.judgement.uptime import Look, Uptime, uptime
from pytest_deploycheck.notify.incidents import mean_minutes_to_resolve
from pytest_deploycheck.records.model import Line, Mark
from pytest_deploycheck.reporting.base import quantity_text
from pytest_deploycheck.status import Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_deploycheck.history import Point
    from pytest_deploycheck.judgement.conditions import Condition
    from pytest_deploycheck.records.material import Material
    from pytest_deploycheck.settings.records import Kpi

_FEWEST: Final = 5
_CHANCE: Final = 0.025  # on each side
_NUMBER: Final = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")
_UP: Final = {Status.PASS: True, Status.WARN: True, Status.FAIL: False}


def known(points: Sequence[Point]) -> list[Point]:
    """Return the points that hold a number."""
    return [point for point in points if point.value is not None and math.isfinite(point.value)]


def aggregate(points: Sequence[Point], how: str) -> tuple[float, str] | None:
    """Return what becomes of the points, and in words how; None without any."""
    found = known(points)
    if not found:
        return None
    looks = f"{len(found)} look{'' if len(found) == 1 else 's'}"
    values = [point.value or 0.0 for point in found]
    if how == "mean":
        weights = [point.n or 0 for point in found]
        if all(weights):
            total = sum(weights)
            mean = sum(value * weight for value, weight in zip(values, weights, strict=True)) / total
            return mean, f"mean of {looks}, weighted by {total:,} samples"
    return _HOW[how](values), (f"newest of {looks}" if how == "last" else f"{how} of {looks}")


_HOW: Final[Mapping[str, Callable[[list[float]], float]]] = {
    "mean": lambda values: math.fsum(values) / len(values),
    "median": median,
    "p95": lambda values: percentile(values, 95),
    "max": max,
    "min": min,
    "sum": math.fsum,
    "last": lambda values: values[-1],
}


def direction(points: Sequence[Point]) -> tuple[str, int]:
    """Return whether the values rise, fall or stay, and of how many looks that is said."""
    values = [point.value or 0.0 for point in known(points)]
    if len(values) < _FEWEST:
        return "too few looks", len(values)
    if mann_kendall(values)[1] <= _CHANCE:
        return "rising", len(values)
    falls = mann_kendall([-value for value in values])[1] <= _CHANCE
    return ("falling" if falls else "stable"), len(values)


def metric_line(
    material: Material,
    metric: str | None,
    label: str,
    *,
    how: str = "mean",
    key: str = "",
    target: Condition | None = None,
) -> Line:
    """Return the line of a metric over the period; ``key`` is the setting that would name it."""
    if metric is None:
        return Line(label=label, value="no data", mark=Mark.UNKNOWN, note=f"set [records.lines] {key}")
    points = material.points(metric)
    found = aggregate(points, how)
    if found is None:
        return Line(
            label=label, value="no data", mark=Mark.UNKNOWN, note=f"the history holds no value of {metric} in this time"
        )
    value, words = found
    usable = known(points)
    unit = usable[-1].unit
    bound = any(point.lower_bound for point in usable)
    return Line(
        label=label,
        value=("at least " if bound else "") + quantity_text(value, unit),
        raw=value,
        unit=unit,
        n=len(usable),
        source=f"{usable[-1].check}: {words}",
        target=target.describe(unit) if target is not None else "",
        mark=judged(value, unit, target, bound=bound),
    )


def direction_line(material: Material, metric: str | None, label: str, key: str) -> Line:
    """Return whether a metric rises or falls in the period."""
    if metric is None:
        return Line(label=label, value="no data", mark=Mark.UNKNOWN, note=f"set [records.lines] {key}")
    points = material.points(metric)
    word, n = direction(points)
    if word == "too few looks":
        note = f"{n} of at least {_FEWEST} looks at {metric}"
        return Line(label=label, value=word, n=n, mark=Mark.UNKNOWN, note=note)
    source = f"{points[-1].check}: Mann-Kendall over {n} looks"
    return Line(label=label, value=word, n=n, source=source)


def judged(value: float, unit: str, target: Condition | None, *, bound: bool = False) -> Mark:
    """Return whether a value meets its target; a lower bound can miss one from above, and never meet it."""
    if target is None:
        return Mark.NONE
    try:
        met = target.holds(value, unit=unit)
    except (NotComparableError, NoReferenceError, UnitError):
        return Mark.UNKNOWN
    if bound:
        return Mark.UNKNOWN if met else Mark.MISSED
    return Mark.MET if met else Mark.MISSED


def uptime_of(material: Material) -> Uptime:
    """Return the availability of the period from the looks of the check that the settings name."""
    records = material.settings.records
    looks = [
        Look(point.at, None if point.value is None else _UP.get(tuple(Status)[int(point.value)]))
        for point in material.points(STATUS, check=records.up)
    ]
    planned = records.look_every or material.settings.phases["uptime"].interval or 300.0
    return uptime(looks, start=material.since, end=material.until, interval=planned)


def _uptime_line(material: Material, kpi: Kpi) -> Line:
    found = uptime_of(material)
    if found.availability is None:
        note = f"nobody looked: {material.settings.records.up} has no run in this time"
        return Line(label=kpi.label, value="no data", mark=Mark.UNKNOWN, note=note, target=_wanted(kpi, "%"))
    value = found.availability * 100
    mark = judged(value, "%", kpi.target)
    note = found.words()
    if kpi.target is not None and mark is Mark.MET and found.proves(_share(kpi)) is not True:
        mark, note = Mark.UNKNOWN, f"not proved: {note}"
    return Line(
        label=kpi.label,
        value=f"{value:.3f} %",
        raw=value,
        unit="%",
        n=found.looks,
        source=f"{material.settings.records.up}: {found.up} of {found.looks} looks up",
        target=_wanted(kpi, "%"),
        mark=mark,
        note=note,
    )


def _share(kpi: Kpi) -> float:
    number = _NUMBER.search(str(kpi.target))
    return float(number[0].replace(",", "")) / 100 if number else 1.0


def _wanted(kpi: Kpi, unit: str) -> str:
    return kpi.target.describe(unit) if kpi.target is not None else ""


def _count(kpi: Kpi, value: float, source: str, unit: str = "") -> Line:
    return Line(
        label=kpi.label,
        value=quantity_text(value, unit),
        raw=value,
        unit=unit,
        n=int(value) if not unit else None,
        source=source,
        target=_wanted(kpi, unit),
        mark=judged(value, unit, kpi.target),
    )


def unrecorded(label: str, target: str = "") -> Line:
    """Return the line of incidents that nobody wrote down."""
    note = "incidents are not recorded: declare a [[channel]]"
    return Line(label=label, value="no data", mark=Mark.UNKNOWN, note=note, target=target)


def _incidents_line(material: Material, kpi: Kpi) -> Line:
    if not material.answers.recorded:
        return unrecorded(kpi.label, _wanted(kpi, ""))
    return _count(kpi, len(material.incidents), "incidents of this time")


def _critical_line(material: Material, kpi: Kpi) -> Line:
    if not material.answers.recorded:
        return unrecorded(kpi.label, _wanted(kpi, ""))
    bad = [each for each in material.incidents if each.severity >= Severity.CRITICAL]
    return _count(kpi, len(bad), "critical incidents of this time")


def _resolve_line(material: Material, kpi: Kpi) -> Line:
    if not material.answers.recorded:
        return unrecorded(kpi.label, _wanted(kpi, "min"))
    mean = mean_minutes_to_resolve(material.incidents)
    if mean is None:
        return Line(label=kpi.label, value="nothing to resolve", source="closed incidents", target=_wanted(kpi, "min"))
    return _count(kpi, mean, "closed incidents of this time", "min")


def _monitoring_line(material: Material, kpi: Kpi) -> Line:
    """Tell whether every declared check was seen at least once."""
    seen = {name.partition("[")[2].rstrip("]") for name in material.statuses}
    declared = [item.id for item in material.settings.all_items() if item.enabled and item.kind != "attest"]
    never = [name for name in declared if name not in seen]
    mark = Mark.MISSED if never else Mark.MET if declared else Mark.UNKNOWN
    return Line(
        label=kpi.label,
        value=f"{len(declared) - len(never)} of {len(declared)} declared checks ran",
        raw=float(len(declared) - len(never)),
        n=len(declared),
        source="history",
        mark=mark,
        note=f"never ran: {', '.join(never[:10])}" if never else "",
    )


def _attest_line(material: Material, kpi: Kpi) -> Line:
    assert kpi.attest is not None
    said = material.answers.attestations.get(kpi.attest)
    target = _wanted(kpi, kpi.unit)
    if said is None or (said.expires is not None and said.expires <= material.now):
        why = "nobody has answered" if said is None else "the answer has expired"
        note = f"{why}: deploycheck attest {kpi.attest} --by NAME --note VALUE"
        return Line(label=kpi.label, value="no answer", mark=Mark.UNKNOWN, note=note, target=target)
    source = f"{said.by}, {said.at:%Y-%m-%d %H:%M} UTC"
    if said.answer == "not-applicable":
        return Line(
            label=kpi.label, value="not applicable", source=source, mark=Mark.NOT_APPLICABLE, note=said.note or ""
        )
    number = _NUMBER.search(said.note or "")
    if kpi.target is None:
        mark = Mark.MET if said.answer == "yes" else Mark.MISSED
        return Line(label=kpi.label, value=said.note or said.answer, source=source, mark=mark)
    if number is None:
        note = "the note holds no number"
        return Line(
            label=kpi.label, value=said.note or said.answer, source=source, target=target, mark=Mark.UNKNOWN, note=note
        )
    value = float(number[0].replace(",", ""))
    mark = judged(value, kpi.unit, kpi.target)
    shown = quantity_text(value, kpi.unit)
    return Line(label=kpi.label, value=shown, raw=value, unit=kpi.unit, source=source, target=target, mark=mark)


_OWN: Final[Mapping[str, Callable[[Material, Kpi], Line]]] = {
    "uptime": _uptime_line,
    "incidents": _incidents_line,
    "critical-incidents": _critical_line,
    "mean-time-to-resolve": _resolve_line,
    "monitoring": _monitoring_line,
}


def kpi_line(material: Material, kpi: Kpi) -> Line:
    """Return the line of a figure with its target."""
    if kpi.figure is not None:
        return _OWN[kpi.figure](material, kpi)
    if kpi.attest is not None:
        return _attest_line(material, kpi)
    return metric_line(material, kpi.metric, kpi.label, how=kpi.aggregate, target=kpi.target)
