"""Checklists of a deployment, ticked by what the machine has done and by people's answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.attestations import valid
from pytest_deploycheck.phases import PhaseKind
from pytest_deploycheck.records.model import BAD, TICKED, Line, Mark, Report, Section
from pytest_deploycheck.records.parts import mark_of
from pytest_deploycheck.records.wording import moment
from pytest_deploycheck.settings.records import ChecklistLine
from pytest_deploycheck.status import Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from pytest_deploycheck.records.material import Material
    from pytest_deploycheck.settings.items import Attest

NAMES: Final = ("pre-deploy", "first-15-minutes", "first-hour", "first-24-hours", "sign-off")
TITLES: Final[Mapping[str, str]] = {
    "pre-deploy": "Pre-Deployment",
    "first-15-minutes": "First 15 Minutes",
    "first-hour": "First Hour",
    "first-24-hours": "First 24 Hours",
    "sign-off": "Sign-off",
}


def _line(label: str, *checks: str, attest: str | None = None) -> ChecklistLine:
    return ChecklistLine(label=label, checks=checks, attest=attest)


PRESETS: Final[Mapping[str, tuple[ChecklistLine, ...]]] = {
    "pre-deploy": (
        _line("Backup created", "backups.*", attest="backup"),
        _line("Changes reviewed", attest="changes-reviewed"),
        _line("Staging tests passed", attest="staging-tests"),
        _line("Team notified", attest="team-notified"),
        _line("Monitoring ready", "availability.*", "alerts.*", attest="monitoring-ready"),
    ),
    "first-15-minutes": (
        _line("Deployment successful", "version.*", "containers.*", "workloads.*", "availability.*"),
        _line("Health checks passing", "availability.*", "endpoints.answers[*"),
        _line("No errors in logs", "logs.*"),
        _line("Metrics normal", "metrics.*"),
        _line("Critical flows tested", "flows.*"),
    ),
    "first-hour": (
        _line("Traffic routing correct", "metrics.metric[request*", "metrics.metric[traffic*"),
        _line("All endpoints responding", "endpoints.*"),
        _line("Database performing well", "database.*"),
        _line("No user complaints", attest="support-inbox"),
        _line("Integrations working", "dependencies.*"),
    ),
    "first-24-hours": (
        _line("Error rate acceptable", "metrics.metric[error*"),
        _line("Performance stable", "endpoints.latency*", "metrics.metric[latency*", "metrics.metric[response*"),
        _line("No memory leaks", "metrics.metric[*memory*"),
        _line("Backups successful", "backups.*"),
    ),
    "sign-off": (_line("Signed off", attest="sign-off"),),
}
_GOOD: Final = frozenset({Status.PASS, Status.WARN})


def checklist(name: str, material: Material) -> Report:
    """Return the checklist of that name, or all of them for ``all``."""
    names = NAMES if name == "all" else (name,)
    release, settings = material.deployment, material.settings
    sections = tuple(_section(each, material) for each in names)
    report = Report(
        name="checklist",
        title=f"Deployment Checklist: {'all' if name == 'all' else _title(name, material)}",
        service=settings.service.name,
        environment=material.environment,
        made_at=material.now,
        deployment=release.deployment if release else None,
        version=release.version if release else None,
        plan_version=settings.plan_version,
        since=release.deployed_at if release else None,
        until=material.until if release else None,
        sections=sections,
        notes=() if release else ("the history knows no run of this deployment",),
    )
    done = sum(line.mark in TICKED for line in report.lines)
    bad = [line.label for line in report.lines if line.mark in BAD]
    words = f"{done} of {len(report.lines)} done" + (f"; not as it should be: {', '.join(bad)}" if bad else "")
    return replace(report, headline=words)


def _title(name: str, material: Material) -> str:
    own = next((each for each in material.settings.checklists if each.phase == name), None)
    return (own.title if own else None) or TITLES[name]


def _section(name: str, material: Material) -> Section:
    own = next((each for each in material.settings.checklists if each.phase == name), None)
    lines = own.lines if own is not None else PRESETS[name]
    told = [_ticked(each, name, material) for each in lines]
    named = {each.attest for each in lines}
    told += [
        _answered(attest.label, attest.id, name, material)
        for attest in material.settings.attests
        if name in attest.phases and attest.id not in named and attest.enabled
    ]
    if own is None and name == "first-24-hours":
        told.append(_no_critical(material))
    if name == "sign-off":
        told.append(_status(material))
    return Section(title=_title(name, material), lines=tuple(told))


def matches(pattern: str, check: str) -> bool:
    """Tell whether the id of a check fits; only ``*`` stands for something else."""
    parts = pattern.split("*")
    if len(parts) == 1:
        return pattern == check
    if not (check.startswith(parts[0]) and check.endswith(parts[-1])):
        return False
    place = len(parts[0])
    for part in parts[1:-1]:
        found = check.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return len(check) - len(parts[-1]) >= place


def _ticked(line: ChecklistLine, name: str, material: Material) -> Line:
    """Return a line ticked by its checks; where none ran, a person's answer does."""
    found = _newest(line.checks, name, material)
    if found:
        return _by_checks(line, found)
    if line.attest is not None:
        return _answered(line.label, line.attest, name, material)
    late = _late(name, None, material)
    return Line(
        label=line.label,
        mark=Mark.OVERDUE if late else Mark.OPEN,
        note=f"no check of {', '.join(line.checks)} has run" + (f"; {late}" if late else ""),
    )


def _newest(patterns: Iterable[str], name: str, material: Material) -> dict[str, tuple[datetime, Status]]:
    """Return the newest status of each check; before the deployment only runs of before count, and the other way."""
    before = {run.id for run in material.runs if run.phase == "pre-deploy"}
    wanted = tuple(patterns)
    found: dict[str, tuple[datetime, Status]] = {}
    for check, seen in material.statuses.items():
        result = material.results.get(check)
        if not any(matches(pattern, check) for pattern in wanted) or (result is not None and result.dry_run):
            continue
        own = [(point.at, status) for point, status in seen if (point.run in before) == (name == "pre-deploy")]
        if own:
            found[check] = own[-1]
    return found


def _by_checks(line: ChecklistLine, found: Mapping[str, tuple[datetime, Status]]) -> Line:
    worst = max(status for _, status in found.values())
    bad = sorted(check for check, (_, status) in found.items() if status is worst)
    mark = Mark.DONE if worst in _GOOD else Mark.FAILED if worst is Status.FAIL else Mark.UNKNOWN
    good = sum(status in _GOOD for _, status in found.values())
    return Line(
        label=line.label,
        value=f"{good} of {len(found)} checks",
        n=len(found),
        source=f"the newest at {moment(max(at for at, _ in found.values()))}",
        mark=mark,
        note="" if worst is Status.PASS else f"{worst}: {', '.join(bad[:5])}{' …' if len(bad) > 5 else ''}",  # noqa: PLR2004  # a line
    )


def _answered(label: str, attest: str, name: str, material: Material) -> Line:
    """Return a line that a person answers: done, not applicable, no, expired, open or overdue."""
    said = material.answers.attestations.get(attest)
    declared = next((each for each in material.settings.attests if each.id == attest), None)
    late = _late(name, declared, material)
    if said is None or not valid(said, material.now):
        release = material.deployment.deployment if material.deployment else "ID"
        how = f"deploycheck attest {attest} --by NAME --deploy-id {release}"
        expired = f"the answer of {said.by} has expired; " if said is not None else ""
        undeclared = "" if declared or attest == "sign-off" else f'declare [[attest]] id = "{attest}", then '
        required = declared is None or declared.required
        return Line(
            label=label,
            mark=Mark.OVERDUE if late and required else Mark.OPEN,
            note=f"{late + '; ' if late else ''}{expired}{undeclared}{how}" + ("" if required else " (optional)"),
        )
    source = f"{said.by}, {moment(said.at)}"
    mark = {"yes": Mark.DONE, "no": Mark.FAILED, "not-applicable": Mark.NOT_APPLICABLE}[said.answer]
    return Line(label=label, value=said.answer, source=source, mark=mark, note=said.note or "")


def _late(name: str, declared: Attest | None, material: Material) -> str:
    """Return since when an open line is overdue, empty while there is time."""
    release = material.deployment
    due = declared.due_by(material.settings.phases) if declared is not None else None
    phase = material.settings.phases.get(name)
    if due is None and phase is not None and phase.kind in {PhaseKind.WINDOW, PhaseKind.BEFORE}:
        due = phase.end
    if release is None or due is None:
        return ""
    since = release.deployed_at + timedelta(seconds=due)
    if material.now <= since:
        return ""
    return f"overdue since {moment(since)}"


def _no_critical(material: Material) -> Line:
    """Return whether anything of critical severity was, or is, wrong."""
    bad = [
        check
        for check, seen in material.statuses.items()
        if seen[-1][1] is Status.FAIL
        and (result := material.results.get(check)) is not None
        and (result.finding or result.severity) >= Severity.CRITICAL
    ]
    open_ = [each.id for each in material.incidents if each.closed is None and each.severity >= Severity.CRITICAL]
    if not material.statuses:
        return Line(label="No critical issues", mark=Mark.OPEN, note="no check has run")
    mark = Mark.FAILED if bad or open_ else Mark.DONE
    return Line(
        label="No critical issues",
        value=str(len(bad) + len(open_)) if bad or open_ else "none",
        n=len(material.statuses),
        source="newest look of each check",
        mark=mark,
        note=", ".join([*bad, *open_][:5]),
    )


def _status(material: Material) -> Line:
    finished = [run for run in material.runs if run.finished]
    if not finished:
        return Line(label="Status", mark=Mark.OPEN, note="no run of this deployment has finished")
    newest = finished[0]
    rolled = any((run.decision or "").startswith("ROLLBACK") for run in finished)
    word = "Rollback" if rolled else "Success" if mark_of(newest.decision) is Mark.MET else "Issues"
    mark = {"Success": Mark.DONE, "Issues": Mark.UNKNOWN, "Rollback": Mark.FAILED}[word]
    return Line(label="Status", value=word, source=f"newest verdict {newest.decision}", mark=mark)
