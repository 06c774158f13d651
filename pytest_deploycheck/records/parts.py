"""Sections that several records share: figures, issues, incidents, answers, runs; between standing and templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.notify.incidents import mean_minutes_to_resolve, minutes_to_resolve
from pytest_deploycheck.records.figures import kpi_line, unrecorded
from pytest_deploycheck.records.model import Grid, Line, Mark, Section
from pytest_deploycheck.records.standing import findings, findings_grid, unanswered
from pytest_deploycheck.reporting.base import one_line
from pytest_deploycheck.settings.records import Kpi
from pytest_deploycheck.status import Severity, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.records.material import Material

TITLES: Final[Mapping[str, str]] = {
    "status": "System Status",
    "performance": "Performance",
    "users": "User Activity",
    "business": "Business Metrics",
    "infrastructure": "Infrastructure",
    "reliability": "Reliability",
    "integrity": "Data Integrity",
    "issues": "Issues",
    "actions": "Action Items",
    "improvements": "Improvements Needed",
    "notes": "Notes",
}
_OWN: Final = tuple(
    Kpi.model_validate(each)
    for each in (
        {"id": "uptime", "title": "Uptime", "figure": "uptime", "target": "> 99.9%", "section": "reliability"},
        {
            "id": "critical-incidents",
            "title": "No critical incidents",
            "figure": "critical-incidents",
            "target": "== 0",
            "section": "reliability",
            "records": ("success",),
        },
        {
            "id": "monitoring",
            "title": "All monitoring in place",
            "figure": "monitoring",
            "section": "reliability",
            "records": ("success",),
        },
    )
)
_UPTIME_TOO: Final = _OWN[0].model_copy(update={"records": (*_OWN[0].records, "success")})


def kpis_of(material: Material, record: str) -> tuple[Kpi, ...]:
    """Return the figures of a record: those of the settings, and our own where the settings have none of the kind."""
    declared = material.settings.kpis
    figures = {kpi.figure for kpi in declared}
    own = [each for each in (_UPTIME_TOO, *_OWN[1:]) if each.figure not in figures]
    return tuple(kpi for kpi in (*own, *declared) if record in kpi.records)


def kpi_sections(material: Material, record: str, *, only: tuple[str, ...] = tuple(TITLES)) -> tuple[Section, ...]:
    """Return the figures of a record by section, in the order of the titles; empty sections are left out."""
    found = kpis_of(material, record)
    sections = []
    for name in only:
        lines = tuple(kpi_line(material, kpi) for kpi in found if kpi.section == name)
        if lines:
            sections.append(Section(title=TITLES[name], lines=lines))
    return tuple(sections)


def kpi_lines(material: Material, record: str, *sections: str) -> tuple[Line, ...]:
    """Return the lines of the figures of some sections."""
    return tuple(kpi_line(material, kpi) for kpi in kpis_of(material, record) if kpi.section in sections)


def run_section(material: Material) -> Section:
    """Return how often the service was looked at, and to what the looks came."""
    runs = material.runs
    finished = [run for run in runs if run.finished]
    lines = [
        Line(label="Runs", value=str(len(runs)), raw=float(len(runs)), source="history"),
        Line(
            label="Without a verdict",
            value=str(len(runs) - len(finished)),
            raw=float(len(runs) - len(finished)),
            source="history",
            mark=Mark.MISSED if len(runs) > len(finished) else Mark.NONE,
        ),
    ]
    if finished:
        newest = finished[0]
        at = newest.finished_at or newest.started_at
        lines.append(
            Line(
                label="Newest verdict",
                value=newest.decision or "none",
                source=f"{newest.phase}, run {newest.tick}, {at:%Y-%m-%d %H:%M} UTC",
                mark=mark_of(newest.decision),
                note=one_line(newest.summary or ""),
            )
        )
    else:
        lines.append(Line(label="Newest verdict", value="no data", mark=Mark.UNKNOWN, note="no run has finished"))
    counted: dict[str, int] = {}
    for run in finished:
        counted[run.decision or "none"] = counted.get(run.decision or "none", 0) + 1
    texts = (", ".join(f"{word} {count}" for word, count in sorted(counted.items())),) if counted else ()
    return Section(title="Runs", lines=tuple(lines), texts=texts)


_DECISIONS: Final = {"PASS": Mark.MET, "WARN": Mark.MET, "INCONCLUSIVE": Mark.UNKNOWN, None: Mark.UNKNOWN}


def mark_of(decision: str | None) -> Mark:
    """Return whether a verdict is good, bad or neither."""
    return _DECISIONS.get(decision, Mark.FAILED)


def issues_section(material: Material, title: str = "Issues Detected") -> Section:
    """Return what was beyond a limit: none, minor or major, each with its reason."""
    found = findings(material)
    major = [each for each in found if each.severity >= Severity.HIGH]
    word = "Major" if major else "Minor" if found else "None"
    blind = unanswered(material)
    lines = [
        Line(
            label="Issues",
            value=word,
            raw=float(len(found)),
            n=len(material.statuses),
            source="checks of this time",
            mark=Mark.UNKNOWN
            if not material.statuses
            else Mark.FAILED
            if major
            else Mark.MISSED
            if found
            else Mark.MET,
            note="no check ran in this time" if not material.statuses else "",
        )
    ]
    lines += [
        Line(label=check, value=str(status), mark=Mark.UNKNOWN, note=reason, source="newest look")
        for check, status, reason in blind[:10]
    ]
    return Section(title=title, lines=tuple(lines), grids=(findings_grid(found),) if found else ())


def red_flags(material: Material) -> Section:
    """Return what has to be looked into at once, an explicit none otherwise."""
    flags = [each for each in findings(material) if each.severity >= Severity.HIGH and each.now is Status.FAIL]
    lines = tuple(
        Line(label=each.check, value=str(each.severity), mark=Mark.FAILED, note=each.reason, source="newest look")
        for each in flags
    )
    missing = not material.statuses
    none = Line(
        label="None" if not missing else "Unknown",
        value="" if not missing else "no data",
        mark=Mark.UNKNOWN if missing else Mark.MET,
        note="no check ran in this time" if missing else "",
    )
    return Section(title="Red Flags (Investigate immediately)", lines=lines or (none,))


def incident_lines(material: Material) -> tuple[Line, ...]:
    """Return how many incidents there were, by severity, and the mean time to resolve them."""
    if not material.answers.recorded:
        return (unrecorded("Total incidents"),)
    found = material.incidents
    lines = [Line(label="Total incidents", value=str(len(found)), raw=float(len(found)), source="incidents")]
    for severity in (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW):
        count = sum(
            each.severity is severity or (severity is Severity.CRITICAL and each.severity > severity) for each in found
        )
        lines.append(Line(label=str(severity).upper(), value=str(count), raw=float(count), source="incidents"))
    mean = mean_minutes_to_resolve(found)
    lines.append(
        Line(
            label="MTTR (Mean Time to Resolve)",
            value="nothing was resolved" if mean is None else f"{mean:.0f} min",
            raw=mean,
            unit="min",
            source="closed incidents",
        )
    )
    return tuple(lines)


def incident_grid(material: Material) -> Grid:
    """Return the incidents of the period and what became of them."""
    rows = []
    for each in material.incidents:
        minutes = minutes_to_resolve(each)
        rows.append(
            (
                each.id,
                str(each.severity),
                each.status,
                f"{each.opened:%Y-%m-%d %H:%M} UTC",
                "open" if minutes is None else f"{minutes:.0f} min",
                one_line(each.title),
            )
        )
    return Grid(
        title="Incidents",
        columns=("incident", "severity", "status", "opened", "resolved after", "title"),
        rows=tuple(rows),
        empty="None" if material.answers.recorded else "no data: incidents are not recorded",
    )


def answers_section(material: Material, title: str) -> Section:
    """Return what people said in the period."""
    said = [each for each in material.answers.said if material.since <= each.at < material.until]
    lines = tuple(
        Line(
            label=each.id,
            value=each.answer,
            source=f"{each.by}, {each.at:%Y-%m-%d %H:%M} UTC",
            note=one_line(each.note or ""),
        )
        for each in said
    )
    return Section(title=title, lines=lines, texts=() if lines else ("nobody has said anything",))
