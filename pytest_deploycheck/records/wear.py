"""Failures and their trends, what takes long, growth and time to limits, thresholds that cry wolf."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.analysis.audit import failure_class
from pytest_deploycheck.records.figures import known
from pytest_deploycheck.records.model import Chart, Grid, Line, Section
from pytest_deploycheck.records.usage_parts import dates_between, unknown, way
from pytest_deploycheck.reporting.base import one_line, quantity_text
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.records.material import Material
_FEWEST: Final = 5
_TIMES: Final = frozenset({"s", "ms"})


def classes_of(material: Material) -> tuple[tuple[str, int, str], ...]:
    """Return classes of failures with their count and direction: of the audit log, else of the checks."""
    audit = material.audit
    if audit is not None and audit.failed is not None:
        counted: dict[str, Counter[str]] = {}
        for each in audit.failures:
            counted.setdefault(each.kind, Counter())[f"{each.day:%Y-%m-%d}"] += each.count
        days = dates_between(f"{audit.since:%Y-%m-%d}", f"{audit.until:%Y-%m-%d}")
    else:
        counted = {}
        days = dates_between(f"{material.since:%Y-%m-%d}", f"{material.until:%Y-%m-%d}")
        for check, seen in material.statuses.items():
            for point, status in seen:
                if status in {Status.FAIL, Status.ERROR}:
                    kind = f"{check}: {status}"
                    counted.setdefault(kind, Counter())[f"{point.at:%Y-%m-%d}"] += 1
    found = [(kind, sum(by.values()), way([float(by[day]) for day in days])) for kind, by in counted.items()]
    return tuple(sorted(found, key=lambda each: (-each[1], each[0])))


def failures_section(material: Material) -> Section:
    """Return the classes of failures with their trends, and the reasons that checks gave."""
    audit = material.audit
    source = audit.table if audit is not None and audit.failed is not None else "checks of the history"
    total = sum(count for _, count, _ in classes_of(material)) or 1
    rows = tuple(
        (one_line(kind), f"{count:,}", f"{100 * count / total:.1f} %", trend)
        for kind, count, trend in classes_of(material)[: material.settings.analysis.most_types]
    )
    reasons: Counter[str] = Counter()
    for record in material.records:
        for check in record.checks:
            if check.status in {Status.FAIL, Status.ERROR} and check.reason:
                reasons[f"{check.id}: {failure_class(check.reason)}"] += 1
    signatures = tuple((one_line(text), str(count)) for text, count in reasons.most_common(20))
    return Section(
        title="Failure Scenarios",
        grids=(
            Grid(
                title=f"Classes of failures (from {source})",
                columns=("class", "count", "share", "trend"),
                rows=rows,
                empty="none" if material.statuses or audit is not None else "no data",
            ),
            Grid(
                title=f"Error signatures (newest {len(material.records)} runs)",
                columns=("signature", "runs"),
                rows=signatures,
                empty="none" if material.records else "no data",
            ),
        ),
    )


def times(material: Material) -> Section:
    """Return how long things take, in all, by hour of the day, and what takes longest."""
    audit = material.audit
    grids, charts = [_bottlenecks(material)], []
    lines: list[Line] = []
    if audit is not None and audit.all_times is not None:
        whole = audit.all_times
        for name, seconds in (("Mean", whole.mean), ("p50", whole.p50), ("p95", whole.p95), ("p99", whole.p99)):
            shown = quantity_text(seconds, "s")
            lines.append(Line(label=name, value=shown, raw=seconds, unit="s", n=whole.n, source=audit.table))
        by = {each.hour: each for each in audit.times if each.hour is not None}
        points = tuple((f"{hour:02d}", by[hour].p95 if hour in by else None) for hour in range(24))
        charts.append(Chart(title="p95 by hour of the day", unit="s", points=points, limits=(("5 s", 5.0),)))
        peak = audit.peak_hour()
        if peak in by:
            change = by[peak].p95 / whole.p95 - 1 if whole.p95 else 0.0
            value = f"p95 {quantity_text(by[peak].p95, 's')} at {peak:02d}:00, {change:+.0%} of all hours"
            lines.append(Line(label="In the peak hour", value=value, n=by[peak].n, source=audit.table))
    elif audit is not None and audit.total:
        lines.append(unknown("Durations", "set [analysis.audit] duration"))
    return Section(title="Performance", lines=tuple(lines), grids=tuple(grids), charts=tuple(charts))


def seconds_metrics(material: Material) -> Mapping[str, str]:
    """Return the metrics of time that checks measured, with their check."""
    return {
        reading.measurement.metric: check
        for check, result in material.results.items()
        for reading in result.readings
        if reading.measurement.unit in _TIMES and not reading.measurement.metric.endswith(("age", "transaction"))
    }


def change_of(material: Material, metric: str) -> tuple[float, float, int] | None:
    """Return a metric's median in the first and in the second half of the period, None with too few looks."""
    values = [point.value or 0.0 for point in known(material.points(metric))]
    if len(values) < 2 * _FEWEST:
        return None
    half = len(values) // 2
    first, second = sorted(values[:half]), sorted(values[half:])
    return first[len(first) // 2], second[len(second) // 2], len(values)


def _bottlenecks(material: Material) -> Grid:
    rows = []
    for metric, check in seconds_metrics(material).items():
        found = change_of(material, metric)
        if found is not None:
            change = (found[1] - found[0]) / found[0] if found[0] else 0.0
            rows.append(
                (
                    found[1],
                    (metric, *(quantity_text(each, "s") for each in found[:2]), f"{change:+.0%}", str(found[2]), check),
                )
            )
    rows.sort(key=lambda row: -row[0])
    return Grid(
        title="What takes longest",
        columns=("metric", "first half", "second half", "change", "n", "check"),
        rows=tuple(cells for _, cells in rows[:20]),
        empty=f"no data: no metric of time has {2 * _FEWEST} looks",
    )
