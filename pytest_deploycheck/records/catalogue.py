"""Every record by its name: its title, the time it is about, what fills it, and the name of its file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.phases import DAY, HOUR, WEEK
from pytest_deploycheck.records import long, routine, shapes
from pytest_deploycheck.records.incident import incident_report
from pytest_deploycheck.records.model import BAD, Mark, Report, Section

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pytest_deploycheck.records.material import Material

Built = tuple[tuple[Section, ...], "dict[str, Any] | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of record. ``period`` is in seconds before now, None since the deployment.

    ``file`` is its place below the folder of records, without an ending; ``counts`` asks the audit log;
    ``one`` is about one deployment alone; ``appended`` records of a day share a file.
    """

    title: str
    help: str
    build: Callable[[Material], Built]
    file: str
    period: float | None = None
    counts: bool = False
    one: bool = False
    appended: bool = False


def _plain(build: Callable[[Material], tuple[Section, ...]]) -> Callable[[Material], Built]:
    return lambda material: (build(material), None)


KINDS: Final[Mapping[str, Kind]] = {
    "critical-check": Kind(
        title="Critical Check",
        help="the newest look, begun and ended, area by area",
        build=_plain(routine.critical_check),
        file="monitoring/critical-check-{stamp}",
        period=2 * HOUR,
        one=True,
    ),
    "hourly": Kind(
        title="Hour {hour} Check",
        help="the hourly check with directions",
        build=_plain(routine.hourly),
        file="monitoring/{service}-monitoring-{date}",
        period=HOUR,
        one=True,
        appended=True,
    ),
    "daily": Kind(
        title="Daily Health Check",
        help="the daily health check and report",
        build=_plain(routine.daily),
        file="reports/daily-report-{stamp}",
        period=DAY,
    ),
    "weekly": Kind(
        title="Weekly Operations Review",
        help="the weekly review",
        build=_plain(routine.weekly),
        file="reports/weekly-review-{stamp}",
        period=WEEK,
    ),
    "monthly": Kind(
        title="Monthly Review",
        help="the monthly review",
        build=_plain(routine.monthly),
        file="reports/monthly-review-{stamp}",
        period=30 * DAY,
    ),
    "success": Kind(
        title="Success Criteria",
        help="the success criteria after 30 days",
        build=_plain(routine.success),
        file="reports/success-criteria-{deployment}-{stamp}",
    ),
    "sign-off": Kind(
        title="Deployment Sign-off",
        help="the sign-off of a deployment",
        build=_plain(routine.sign_off),
        file="reports/sign-off-{deployment}-{stamp}",
        one=True,
    ),
    "metrics": Kind(
        title="Immediate Metrics",
        help="the numbers of the last hour; JSON with fixed names",
        build=shapes.metrics,
        file="metrics/immediate-metrics-{stamp}",
        period=HOUR,
        counts=True,
    ),
    "deployment-metrics": Kind(
        title="Deployment Metrics",
        help="the same numbers since the deployment",
        build=shapes.metrics,
        file="metrics/deployment-metrics-{deployment}-{stamp}",
        counts=True,
        one=True,
    ),
    "integrity": Kind(
        title="Data Integrity",
        help="the newest proof of the data's integrity; JSON with fixed names",
        build=shapes.integrity,
        file="integrity/data-integrity-{stamp}",
        period=DAY,
    ),
    "incident": Kind(
        title="Incident Report",
        help="the open incident, else the newest, with its timeline and post-mortem",
        build=_plain(incident_report),
        file="reports/incident-{stamp}",
        period=28 * DAY,
    ),
    "usage": Kind(
        title="Usage Pattern Analysis",
        help="by hour, weekday and type of users, failures, times, advice; JSON with fixed names",
        build=long.usage,
        file="analysis/usage-pattern-analysis-{stamp}",
        period=28 * DAY,
        counts=True,
    ),
    "long-term": Kind(
        title="Long-Term Report",
        help="figures, usage, failures, growth, thresholds, advice",
        build=long.long_term,
        file="reports/long-term-report-{stamp}",
        period=28 * DAY,
        counts=True,
    ),
}
CHECKLIST: Final = Kind(
    title="Deployment Checklist",
    help="checklists of a deployment",
    build=lambda _: ((), None),
    file="reports/checklist-{deployment}-{stamp}",
    one=True,
)
LONGEST_SUCCESS: Final = 30 * DAY


def kind_of(name: str) -> Kind:
    """Return the kind of that name; a checklist is one that has a command of its own."""
    return KINDS.get(name, CHECKLIST)


def since_of(name: str, until: datetime, deployed_at: datetime | None, period: float | None = None) -> datetime:
    """Return when the time of a record begins: its period before ``until``, or the deployment."""
    kind = kind_of(name)
    seconds = period or kind.period
    if seconds is not None:
        return until - timedelta(seconds=seconds)
    if kind is CHECKLIST and deployed_at is not None:
        return min(deployed_at, until) - timedelta(seconds=DAY)  # what was done before the deployment counts, too
    oldest = until - timedelta(seconds=LONGEST_SUCCESS)
    return oldest if deployed_at is None or deployed_at >= until else deployed_at


def report_of(name: str, material: Material) -> Report:
    """Return the report of that name over its material."""
    kind, settings, release = KINDS[name], material.settings, material.deployment
    sections, shape = kind.build(material)
    until = material.until
    hour = int((until - release.deployed_at).total_seconds() // HOUR) + 1 if release is not None else 0
    report = Report(
        name=name,
        title=f"{kind.title.format(hour=hour or '?')} - {_when(name, material)}",
        service=settings.service.name,
        environment=material.environment,
        made_at=material.now,
        since=material.since,
        until=until,
        deployment=release.deployment if release is not None else None,
        version=release.version if release is not None else None,
        plan_version=settings.plan_version,
        sections=sections,
        notes=material.problems,
    )
    bad = sum(line.mark in BAD for line in report.lines)
    unknown = len(report.missing)
    words = ", ".join(
        part for part in (f"{bad} not as it should be" if bad else "", f"{unknown} unknown" if unknown else "") if part
    )
    mark = Mark.MISSED if bad else Mark.UNKNOWN if unknown else Mark.MET
    return _with(report, words or "all as it should be", mark, shape)


def _with(report: Report, words: str, mark: Mark, shape: dict[str, Any] | None) -> Report:
    found = replace(report, headline=words, mark=mark)
    if shape is None:
        return found
    return replace(
        found,
        shape={
            **shape,
            "kpi_verdicts": {line.label: line.mark for line in report.lines if line.target},
            "sources": {line.label: f"{line.source} (n={line.n})" for line in report.lines if line.source},
            "missing": list(report.missing),
        },
    )


def _when(name: str, material: Material) -> str:
    if KINDS[name].period == WEEK:
        return f"Week of {material.since:%Y-%m-%d}"
    return f"{material.until:%Y-%m-%d %H:%M} UTC"
