"""The records whose JSON has fixed names: metrics of an hour, data integrity, usage patterns, the long-term report.

A value that was not measured is ``null``, and ``missing`` says why; ``sources`` says where each number is from.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.judgement.units import UnitError, convert
from pytest_deploycheck.records import figures
from pytest_deploycheck.records.model import Line, Mark, Section
from pytest_deploycheck.records.parts import kpi_lines
from pytest_deploycheck.status import Severity, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.records.material import Material

Shaped = tuple[tuple[Section, ...], dict[str, Any]]
_HEALTH: Final = {Status.PASS: "healthy", Status.WARN: "degraded", Status.FAIL: "unhealthy"}
_INTEGRITY: Final[Mapping[str, tuple[str, ...]]] = {
    "foreign_key_constraints": ("integrity.foreign_keys", "database.health[constraint", "database.health[key-"),
    "cascade_deletions": ("cascade", "deleted"),
    "manual_cleanup": ("orphans", "linked"),
    "audit_trail": ("audited", "steady", "gapless"),
    "data_consistency": ("unique", "recompute"),
}


def metrics(material: Material) -> Shaped:
    """Return the numbers of the last hour: the subject, the application, the system."""
    names, subject = material.settings.records.lines, material.settings.records.subject
    audit = material.audit
    lines = {
        "total": _counted(material, f"Total {subject}s", names.total, "total", audit.total if audit else None),
        "successful": _counted(
            material,
            f"Successful {subject}s",
            names.successful,
            "successful",
            audit.total - audit.failed if audit and audit.failed is not None else None,
        ),
        "failed": _counted(material, f"Failed {subject}s", names.failed, "failed", audit.failed if audit else None),
        "error_rate": _error_rate(material),
        "time": _mean_time(material),
        "health": _health(material),
        "health_time": figures.metric_line(
            material, names.health_time, "Health response time", how="last", key="health_time"
        ),
        "memory": figures.metric_line(material, names.memory, "Memory", how="last", key="memory"),
        "cpu": figures.metric_line(material, names.cpu, "CPU", how="last", key="cpu"),
        "disk": figures.metric_line(material, names.disk, "Disk", how="last", key="disk"),
    }
    shape = {
        "timestamp": material.until,
        f"{subject}_metrics": {
            f"total_{subject}s": _whole(lines["total"]),
            f"successful_{subject}s": _whole(lines["successful"]),
            f"failed_{subject}s": _whole(lines["failed"]),
            "error_rate_percent": _in(lines["error_rate"], "%"),
            "avg_response_time_ms": _in(lines["time"], "ms"),
        },
        "application_metrics": {
            "health_status": lines["health"].value if lines["health"].mark is not Mark.UNKNOWN else None,
            "response_time_ms": _in(lines["health_time"], "ms"),
        },
        "system_metrics": {
            "memory_usage_percent": _in(lines["memory"], "%"),
            "cpu_usage_percent": _in(lines["cpu"], "%"),
            "disk_usage_percent": _in(lines["disk"], "%"),
        },
    }
    listed = list(lines.values())
    sections = (
        Section(title=f"{subject.capitalize()} Metrics", lines=tuple(listed[:5])),
        Section(title="Application Health", lines=tuple(listed[5:7])),
        Section(title="System Resources", lines=tuple(listed[7:])),
    )
    return sections, shape


def _counted(material: Material, label: str, metric: str | None, key: str, counted: int | None) -> Line:
    if counted is None:
        return figures.metric_line(material, metric, label, how="last", key=key)
    assert material.audit is not None
    return Line(
        label=label, value=f"{counted:,}", raw=float(counted), n=material.audit.total, source=material.audit.table
    )


def _error_rate(material: Material) -> Line:
    """Return the share of failures, judged by the very ladder that alerts."""
    name, audit = material.settings.records.lines.error_rate, material.audit
    declared = material.settings.metric(name) if name else None
    if audit is not None and audit.failed is not None and audit.total:
        value, unit = 100 * audit.failed / audit.total, "%"
        line = Line(label="Error rate", value=f"{value:.2f} %", raw=value, unit=unit, n=audit.total, source=audit.table)
    else:
        line = figures.metric_line(material, name, "Error rate", how="last", key="error_rate")
    levels = getattr(declared, "levels", None)
    return line if line.raw is None or levels is None else _levelled(line, levels)


def _levelled(line: Line, levels: Any) -> Line:
    reached = levels.reached(line.raw, unit=line.unit)
    word = "OK" if reached is None else str(reached[0]).upper()
    return replace(
        line,
        note=word,
        mark=Mark.MET if reached is None else Mark.FAILED if reached[0] >= Severity.HIGH else Mark.MISSED,
    )


def _mean_time(material: Material) -> Line:
    times = material.audit.all_times if material.audit is not None else None
    if times is None:
        return figures.metric_line(
            material, material.settings.records.lines.response_time, "Average response time", key="response_time"
        )
    assert material.audit is not None
    return Line(
        label="Average response time",
        value=f"{times.mean * 1000:.0f} ms",
        raw=times.mean,
        unit="s",
        n=times.n,
        source=material.audit.table,
    )


def _health(material: Material) -> Line:
    seen = material.statuses.get(material.settings.records.up)
    if not seen:
        return Line(
            label="Health status",
            value="no data",
            mark=Mark.UNKNOWN,
            note=f"{material.settings.records.up} did not run",
        )
    word = _HEALTH.get(seen[-1][1])
    if word is None:
        return Line(label="Health status", value="no data", mark=Mark.UNKNOWN, note=f"{seen[-1][1]} at the newest look")
    return Line(
        label="Health status",
        value=word,
        n=len(seen),
        source=material.settings.records.up,
        mark=Mark.MET if word == "healthy" else Mark.FAILED,
    )


def _whole(line: Line) -> int | None:
    return None if line.raw is None else round(line.raw)


def _in(line: Line, unit: str) -> float | None:
    """Return the number of a line in a unit, None when it is of another kind."""
    if line.raw is None:
        return None
    try:
        return round(float(convert(line.raw, line.unit, unit)), 3)
    except UnitError:
        return None


def integrity(material: Material) -> Shaped:
    """Return the newest proof of the data's integrity, by kind."""
    issues = {name: _issues(material, name) for name in _INTEGRITY}
    lines = tuple(
        Line(
            label=name.replace("_", " ").capitalize(),
            value="no data" if found is None else f"{found[0]} issues",
            raw=None if found is None else float(found[0]),
            n=None if found is None else found[1],
            source="" if found is None else "newest look of each check",
            mark=Mark.UNKNOWN if found is None else Mark.MISSED if found[0] else Mark.MET,
            note="no check of this kind was answered" if found is None else "",
        )
        for name, found in issues.items()
    )
    known = [found[0] for found in issues.values() if found is not None]
    total = sum(known) if known else None
    status = "NO_DATA" if total is None else "FAILED" if total else "PASSED"
    incomplete = status == "PASSED" and len(known) < len(issues)
    shape = {
        "data_integrity_validation": {
            "validation_timestamp": material.until,
            "total_issues_found": total,
            "validation_status": "INCOMPLETE" if incomplete else status,
            "severity_level": _integrity_level(material) if known else "UNKNOWN",
        },
        "summary": {name: None if found is None else f"{found[0]} issues" for name, found in issues.items()},
    }
    return (Section(title="Data Integrity", lines=(*lines, *kpi_lines(material, "integrity", *("integrity",)))),), shape


def _of_kind(material: Material, name: str) -> list[str]:
    """Return the checks of one kind: by the beginning of their ids, or by what the settings' entry declares."""
    wanted = _INTEGRITY[name]
    declared = {
        item.id for item in material.settings.integrity if any(getattr(item, key, None) is not None for key in wanted)
    }
    return [
        check
        for check in material.statuses
        if check.startswith(wanted) or (check.startswith("integrity.count[") and check[16:-1] in declared)
    ]


def _issues(material: Material, name: str) -> tuple[int, int] | None:
    """Return how many rows are wrong and how many checks say so, None when none of them has an answer."""
    count, answered = 0, 0
    for check in _of_kind(material, name):
        status = material.statuses[check][-1][1]
        if status not in _HEALTH:
            continue
        answered += 1
        result = material.results.get(check)
        values = [
            int(reading.measurement.value)
            for reading in (result.readings if result else ())
            if isinstance(reading.measurement.value, int | float)
            and (reading.measurement.metric.startswith("orphans:") or check.startswith("integrity.count"))
        ]
        count += sum(values) if values else int(status is not Status.PASS)
    return (count, answered) if answered else None


def _integrity_level(material: Material) -> str:
    worst: Severity | None = None
    for name in _INTEGRITY:
        for check in _of_kind(material, name):
            result = material.results.get(check)
            if material.statuses[check][-1][1] in {Status.WARN, Status.FAIL} and result is not None:
                level = result.finding or result.severity
                worst = level if worst is None or level > worst else worst
    return "OK" if worst is None else str(worst).upper()
