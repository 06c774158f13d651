"""How the checks of a period stand: areas, what is bad, what was bad; between material and templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.records.model import Grid, Line, Mark
from pytest_deploycheck.reporting.base import one_line
from pytest_deploycheck.status import Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_deploycheck.records.material import Material

AREAS: Final[Mapping[str, tuple[str, ...]]] = {
    "Availability": ("availability.", "version.", "containers.", "workloads."),
    "Endpoints": ("endpoints.", "pages.", "realtime."),
    "Critical flows": ("flows.",),
    "Logs": ("logs.",),
    "Metrics": ("metrics.", "alerts."),
    "Database": ("database.",),
    "Data integrity": ("integrity.",),
    "Tenants": ("tenants.",),
    "Integrations": ("dependencies.",),
    "Jobs": ("jobs.",),
    "Backups": ("backups.",),
}
_ANSWERED: Final = frozenset({Status.PASS, Status.WARN, Status.FAIL})
_MARKS: Final = {
    Status.PASS: Mark.MET,
    Status.WARN: Mark.MISSED,
    Status.FAIL: Mark.FAILED,
    Status.ERROR: Mark.UNKNOWN,
    Status.INCONCLUSIVE: Mark.UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A check that was beyond a limit in the period: how often, of how many looks, and how it stands now."""

    check: str
    title: str
    severity: Severity
    bad: int
    looks: int
    now: Status
    reason: str
    action: str | None = None


def area_line(material: Material, label: str, patterns: Iterable[str]) -> Line:
    """Return how the checks whose ids begin with one of ``patterns`` stood when they were looked at last."""
    names = tuple(patterns)
    newest = {check: seen[-1] for check, seen in material.statuses.items() if check.startswith(names)}
    counting = {check: seen for check, seen in newest.items() if _counts(material, check)}
    if not counting:
        return Line(label=label, value="no data", mark=Mark.UNKNOWN, note="no check of this kind ran in this time")
    worst = max(status for _, status in counting.values())
    good = sum(status is Status.PASS for _, status in counting.values())
    bad = sorted(check for check, (_, status) in counting.items() if status is worst is not Status.PASS)
    last = max(point.at for point, _ in counting.values())
    return Line(
        label=label,
        value=f"{good} of {len(counting)} pass",
        raw=float(good),
        n=len(counting),
        source=f"newest look of each check, the last at {last:%Y-%m-%d %H:%M} UTC",
        mark=_MARKS[worst],
        note=f"{worst}: {', '.join(bad[:5])}{' …' if len(bad) > 5 else ''}" if bad else "",  # noqa: PLR2004  # a line
    )


def areas(material: Material) -> tuple[Line, ...]:
    """Return a line for each kind of checks that ran; kinds of which nothing is declared are left out."""
    lines = (area_line(material, label, patterns) for label, patterns in AREAS.items())
    return tuple(line for line in lines if line.n)


def _counts(material: Material, check: str) -> bool:
    result = material.results.get(check)
    return result is None or not result.dry_run


def findings(material: Material) -> tuple[Finding, ...]:
    """Return every check that was beyond a limit in the period, the worst first."""
    found = []
    for check, seen in material.statuses.items():
        result = material.results.get(check)
        bad = [status for _, status in seen if status in {Status.WARN, Status.FAIL}]
        if not bad or not _counts(material, check):
            continue
        severity = result.severity if result else Severity.HIGH if Status.FAIL in bad else Severity.MEDIUM
        found.append(
            Finding(
                check=check,
                title=result.title if result else check,
                severity=(result.finding if result and result.finding else severity),
                bad=len(bad),
                looks=len(seen),
                now=seen[-1][1],
                reason=one_line(result.reason) if result else "",
                action=result.action if result else None,
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.now.rank, -each.severity.rank, each.check)))


def findings_grid(found: Iterable[Finding]) -> Grid:
    """Return what was beyond a limit, as a table."""
    rows = tuple(
        (each.check, str(each.severity), f"{each.bad} of {each.looks}", str(each.now), each.reason, each.action or "")
        for each in found
    )
    return Grid(
        title="Beyond a limit",
        columns=("check", "severity", "looks", "now", "reason", "action"),
        rows=rows,
        empty="None: nothing was beyond a limit",
    )


def unanswered(material: Material) -> tuple[tuple[str, Status, str], ...]:
    """Return every check whose newest look could not be judged, with its reason."""
    found = []
    for check, seen in sorted(material.statuses.items()):
        status = seen[-1][1]
        if status not in _ANSWERED and _counts(material, check):
            result = material.results.get(check)
            found.append((check, status, one_line(result.reason) if result else ""))
    return tuple(found)


def severities(found: Iterable[Finding]) -> tuple[Line, ...]:
    """Return how many findings there were by severity."""
    listed = list(found)
    return tuple(
        Line(
            label=str(severity).upper(),
            value=str(count := sum(each.severity is severity for each in listed)),
            raw=float(count),
            source="checks beyond a limit in this time",
        )
        for severity in (Severity.ROLLBACK, Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)
        if severity is not Severity.ROLLBACK or any(each.severity is severity for each in listed)
    )
