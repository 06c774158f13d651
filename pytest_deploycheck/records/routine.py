"""The records of routines: critical check, hourly, daily, weekly, monthly, 30-day success; one function each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.phases import HOUR
from pytest_deploycheck.records import figures
from pytest_deploycheck.records.model import Grid, Line, Mark, Section
from pytest_deploycheck.records.parts import (
    answers_section,
    incident_grid,
    incident_lines,
    issues_section,
    kpi_lines,
    kpi_sections,
    red_flags,
    run_section,
)
from pytest_deploycheck.records.standing import areas, findings, findings_grid, severities
from pytest_deploycheck.reporting.base import quantity_text, value_text

if TYPE_CHECKING:
    from pytest_deploycheck.records.material import Material

_DIRECTION: Final = 12 * HOUR


def critical_check(material: Material) -> tuple[Section, ...]:
    """Return the record of the newest critical look: begun, ended, each area, what is wrong."""
    newest = material.runs[0] if material.runs else None
    begun: tuple[Line, ...]
    if newest is None:
        begun = (Line(label="Run", value="no data", mark=Mark.UNKNOWN, note="there is no run in this time"),)
    else:
        end = f"{newest.finished_at:%Y-%m-%d %H:%M:%S} UTC" if newest.finished_at else "not finished"
        begun = (
            Line(label="Begun", value=f"{newest.started_at:%Y-%m-%d %H:%M:%S} UTC", source=f"run {newest.tick}"),
            Line(
                label="Ended",
                value=end,
                source=f"run {newest.tick}",
                mark=Mark.NONE if newest.finished_at else Mark.UNKNOWN,
            ),
        )
    return (
        Section(title="Critical Check", lines=begun),
        Section(title="System Status", lines=areas(material)),
        Section(title="Key Numbers", lines=_numbers(material, "last")),
        issues_section(material),
    )


def hourly(material: Material) -> tuple[Section, ...]:
    """Return the hourly check: status, directions, users, issues, actions, notes."""
    lines, longer = material.settings.records.lines, material.reaching_back(_DIRECTION)
    return (
        Section(
            title="System Status",
            lines=(
                *areas(material),
                *_numbers(material),
                *kpi_lines(material, "hourly", "status", "performance", "reliability"),
            ),
        ),
        Section(
            title="Performance Trends",
            lines=(
                figures.direction_line(
                    longer, lines.response_p95 or lines.response_time, "Response time trend", "response_time"
                ),
                figures.direction_line(longer, lines.error_rate, "Error rate trend", "error_rate"),
                figures.direction_line(longer, lines.traffic, "Traffic trend", "traffic"),
            ),
        ),
        Section(
            title="User Activity",
            lines=(
                figures.metric_line(material, lines.active_users, "Active users", how="last", key="active_users"),
                *kpi_lines(material, "hourly", "users", "business"),
            ),
        ),
        issues_section(material),
        Section(
            title="Actions Taken",
            lines=kpi_lines(material, "hourly", "actions"),
            grids=(incident_grid(material),) if material.incidents else (),
        ),
        answers_section(material, "Notes"),
    )


def _numbers(material: Material, how: str = "mean") -> tuple[Line, ...]:
    lines = material.settings.records.lines
    return (
        figures.metric_line(material, lines.error_rate, "Error rate", how=how, key="error_rate"),
        figures.metric_line(material, lines.response_p95, "Response time p95", how=how, key="response_p95"),
    )


def daily(material: Material) -> tuple[Section, ...]:
    """Return the daily health check and report: five sections with the time for each, and red flags."""
    lines = material.settings.records.lines
    found = findings(material)
    blind = kpi_lines(material, "daily", "users", "business")
    return (
        Section(
            title="1. System Status",
            minutes=5,
            lines=(*kpi_lines(material, "daily", "status", "reliability"), *areas(material)),
        ),
        Section(
            title="2. Performance Review",
            minutes=10,
            lines=(
                *_numbers(material),
                figures.metric_line(material, lines.response_time, "Response time", key="response_time"),
                *kpi_lines(material, "daily", "performance", "infrastructure", "integrity"),
            ),
            grids=(against_baseline(material),),
        ),
        Section(
            title="3. Business Metrics",
            minutes=5,
            lines=blind,
            texts=() if blind else ('no figure: declare [[kpi]] with section = "business" or "users"',),
        ),
        Section(
            title="4. Issues Review",
            minutes=10,
            lines=(
                *incident_lines(material)[:1],
                *severities(found),
                *kpi_lines(material, "daily", "issues"),
            ),
            grids=(incident_grid(material), findings_grid(found)),
        ),
        Section(
            title="5. Planned Actions",
            lines=(*kpi_lines(material, "daily", "actions", "improvements"), *pending(material)),
        ),
        red_flags(material),
        run_section(material),
        answers_section(material, "Notes"),
    )


def pending(material: Material) -> tuple[Line, ...]:
    """Return what is still to do: the action of every finding that stands."""
    return tuple(
        Line(label=each.action, mark=Mark.OPEN, source=each.check)
        for each in findings(material)
        if each.action and each.now.value in {"WARN", "FAIL"}
    )


def against_baseline(material: Material) -> Grid:
    """Return every number that has a baseline, beside it."""
    rows = []
    for check, result in sorted(material.results.items()):
        for reading in result.readings:
            base, measured = reading.judgement.baseline, reading.measurement
            if base is None:
                continue
            value = measured.value
            change = "-"
            if isinstance(value, int | float) and base:
                change = f"{(value - base) / abs(base):+.1%}"
            rows.append(
                (
                    measured.metric,
                    value_text(measured),
                    quantity_text(base, measured.unit),
                    change,
                    str(reading.judgement.status),
                    check,
                )
            )
    return Grid(
        title="Against the baseline",
        columns=("metric", "now", "baseline", "change", "status", "check"),
        rows=tuple(rows),
        empty="no check of this time was judged against a baseline",
    )


def weekly(material: Material) -> tuple[Section, ...]:
    """Return the weekly review: performance, incidents, business, infrastructure, action items, improvements."""
    lines = material.settings.records.lines
    return (
        Section(
            title="Performance Summary",
            lines=(
                *kpi_lines(material, "weekly", "reliability", "status"),
                figures.metric_line(material, lines.response_time, "Average response time", key="response_time"),
                figures.metric_line(material, lines.error_rate, "Error rate", key="error_rate"),
                figures.metric_line(material, lines.traffic, "Peak traffic", how="max", key="traffic"),
                *kpi_lines(material, "weekly", "performance", "integrity"),
            ),
        ),
        Section(title="Incidents", lines=incident_lines(material), grids=(incident_grid(material),)),
        Section(title="Business Metrics", lines=kpi_lines(material, "weekly", "business", "users")),
        Section(
            title="Infrastructure",
            lines=(
                figures.metric_line(material, lines.database_size, "Database size", how="last"),
                figures.metric_line(material, lines.disk, "Storage usage", how="last", key="disk"),
                figures.metric_line(material, lines.cpu, "Average load", key="cpu"),
                *kpi_lines(material, "weekly", "infrastructure"),
            ),
        ),
        Section(title="Action Items", lines=(*kpi_lines(material, "weekly", "actions"), *pending(material))),
        Section(title="Improvements Needed", lines=kpi_lines(material, "weekly", "improvements")),
        run_section(material),
        answers_section(material, "Notes"),
    )


def monthly(material: Material) -> tuple[Section, ...]:
    """Return the monthly review: all figures, incidents, what was beyond a limit."""
    return (
        *kpi_sections(material, "monthly"),
        Section(title="Incidents", lines=incident_lines(material), grids=(incident_grid(material),)),
        issues_section(material, "Beyond a Limit"),
        run_section(material),
    )


def success(material: Material) -> tuple[Section, ...]:
    """Return the success criteria after 30 days."""
    lines = tuple(line for section in kpi_sections(material, "success") for line in section.lines)
    return (
        Section(title="Success Criteria", lines=lines),
        Section(title="Incidents", lines=incident_lines(material), grids=(incident_grid(material),)),
        run_section(material),
    )


def sign_off(material: Material) -> tuple[Section, ...]:
    """Return the sign-off of a deployment: who, when, issues, actions, and the status."""
    said = material.answers.attestations.get("sign-off")
    finished = [run for run in material.runs if run.finished]
    rolled = [run for run in finished if (run.decision or "").startswith("ROLLBACK")]
    found = findings(material)
    status = "Rollback" if rolled else "Issues" if found or not finished else "Success"
    newest = finished[0] if finished else None
    if newest is not None and newest.decision not in {"PASS", "WARN"} and not rolled:
        status = "Issues"
    incidents = len(material.incidents) if material.answers.recorded else "not recorded"
    none = "deploycheck attest sign-off --by NAME --note …"
    return (
        Section(
            title="Sign-off",
            lines=(
                Line(
                    label="Deployment completed by",
                    value=said.by if said else "nobody yet",
                    mark=Mark.DONE if said else Mark.OPEN,
                    note="" if said else none,
                ),
                Line(
                    label="Date/Time",
                    value=f"{said.at:%Y-%m-%d %H:%M} UTC" if said else "-",
                    mark=Mark.DONE if said else Mark.OPEN,
                ),
                Line(
                    label="Issues encountered",
                    value=f"beyond a limit: {len(found)}, incidents: {incidents}",
                    raw=float(len(found)),
                    n=len(finished),
                    source="runs of this deployment",
                ),
                Line(
                    label="Actions taken",
                    value=(said.note or "none written down") if said else "-",
                    source=said.by if said else "",
                ),
                Line(
                    label="Status",
                    value=status,
                    source=f"newest verdict {newest.decision}" if newest else "",
                    mark={"Success": Mark.MET, "Issues": Mark.MISSED, "Rollback": Mark.FAILED}[status],
                    note="" if newest else "no run of this deployment has finished",
                ),
            ),
            grids=(findings_grid(found), incident_grid(material)),
        ),
        run_section(material),
        answers_section(material, "Answers"),
    )
