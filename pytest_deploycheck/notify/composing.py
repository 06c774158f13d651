"""From what happened to the message that tells it: which words stand where; pure, above memory and messages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_deploycheck.notify.findings import VERDICT
from pytest_deploycheck.notify.messages import MOST_LINES, Line, Message, bounded
from pytest_deploycheck.notify.rules import Kind
from pytest_deploycheck.phases import format_duration
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_deploycheck.model import RunRecord
    from pytest_deploycheck.notify.memory import Alert, Finding, Memory
    from pytest_deploycheck.notify.rules import Maintenance, Rules, Rung


@dataclass(frozen=True, slots=True)
class Scene:
    """What every message of a run has in common."""

    record: RunRecord
    memory: Memory
    rules: Rules
    now: datetime


def of_alert(name: str, kind: Kind, alert: Alert, findings: list[Finding], scene: Scene) -> Message:
    """Return the notice of an alert that opened, became worse, still stands, or is over."""
    bad = [each for each in findings if each.good_since is None]
    return _message(
        Message(
            id=name,
            key=alert.key,
            kind=kind,
            severity=alert.severity,
            title=_title(bad) if kind is not Kind.RESOLVED else "Recovered",
            at=scene.now,
            started=alert.opened,
            impact=", ".join(sorted({each.impact for each in bad})),
            status=_status(kind, alert, scene.memory, scene.now),
            lines=_lines(bad),
            more=max(0, len(_told(bad)) - MOST_LINES),
            report=scene.rules.report_url,
        ),
        scene.record,
        scene.memory,
    )


def of_acknowledgement(name: str, alert: Alert, memory: Memory, by: str, now: datetime) -> Message:
    """Return the notice that somebody takes care."""
    incident = memory.incident
    assert incident is not None
    return Message(
        id=name,
        key=alert.key,
        kind=Kind.ACKNOWLEDGED,
        severity=alert.severity,
        title=f"Acknowledged by {bounded(by, 80)}",
        at=now,
        started=alert.opened,
        service=incident.service,
        environment=incident.environment,
        deployment=incident.deployment,
        status=incident.status.capitalize(),
        incident=incident.id,
        room=incident.room,
    )


def of_escalation(name: str, key: str, rung: Rung, findings: list[Finding], scene: Scene) -> Message:
    """Return the notice for the next one on the ladder."""
    incident = scene.memory.incident
    assert incident is not None
    return _message(
        Message(
            id=name,
            key=key,
            kind=Kind.ESCALATED,
            severity=max(incident.severity, Severity.HIGH),
            title=_title(findings),
            at=scene.now,
            started=incident.opened,
            impact=incident.impact,
            status=_escalated(incident.acknowledged_by, rung),
            lines=_lines(findings),
            more=max(0, len(_told(findings)) - MOST_LINES),
            note=rung.note,
            report=scene.rules.report_url,
        ),
        scene.record,
        scene.memory,
    )


def of_deployment(key: str, record: RunRecord, now: datetime) -> Message:
    """Return the notice that a deployment is being checked."""
    title = f"Deployment {record.deployment.version or record.deployment.id} is being checked"
    return _message(
        Message(
            id=key,
            key=key,
            kind=Kind.DEPLOYMENT,
            severity=Severity.LOW,
            title=bounded(title),
            at=now,
            started=record.deployment.deployed_at if record.deployment.deployed_at_known else None,
            status=bounded(record.verdict.summary),
        ),
        record,
    )


def of_maintenance(
    key: str, window: Maintenance, span: tuple[datetime, datetime], record: RunRecord, now: datetime
) -> Message:
    """Return the notice of maintenance ahead."""
    start, end = span
    return _message(
        Message(
            id=key,
            key=key,
            kind=Kind.MAINTENANCE,
            severity=Severity.LOW,
            title=f"Maintenance {window.id} from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC",
            at=now,
            started=start,
            status="Alerts stay silent meanwhile" if window.loud is None else f"Only {window.loud} alerts meanwhile",
        ),
        record,
    )


def of_test(channel: str, service: str, environment: str, now: datetime) -> Message:
    """Return the message of ``deploycheck alert test``."""
    key = f"deploycheck-test-{channel}-{now:%Y%m%dT%H%M%S}"
    return Message(
        id=key,
        key=key,
        kind=Kind.TEST,
        severity=Severity.LOW,
        title=f"Test of channel {channel}",
        at=now,
        started=now,
        service=service,
        environment=environment,
        status="Nothing is wrong: somebody ran deploycheck alert test",
    )


def _message(message: Message, record: RunRecord, memory: Memory | None = None) -> Message:
    deployment, incident = record.deployment, memory.incident if memory else None
    return replace(
        message,
        service=bounded(record.service, 100),
        environment=bounded(deployment.environment, 100),
        deployment=bounded(deployment.id, 150),
        version=bounded(deployment.version, 100) if deployment.version else None,
        phase=record.phase,
        decision=str(record.verdict.decision),
        incident=incident.id if incident else None,
        room=incident.room if incident else None,
    )


def _told(findings: list[Finding]) -> list[Finding]:
    """Return the checks, the worst first; the verdict itself only when there is nothing else to say."""
    checks = [each for each in findings if each.id != VERDICT]
    return sorted(checks or findings, key=lambda each: (-each.severity.rank, each.id))


def _lines(findings: list[Finding]) -> tuple[Line, ...]:
    return tuple(
        Line(
            id=each.id,
            title=each.title,
            severity=each.severity,
            reason=each.reason,
            action=each.action,
            runbook=each.runbook,
        )
        for each in _told(findings)[:MOST_LINES]
    )


def _title(findings: list[Finding]) -> str:
    told = _told(findings)
    if len(told) == 1:
        return told[0].title
    return f"{len(told)} checks are failing" if told else "Checks are failing"


def _status(kind: Kind, alert: Alert, memory: Memory, now: datetime) -> str:
    lasted = format_duration(round((now - alert.opened).total_seconds()))
    if kind is Kind.RESOLVED:
        return f"Resolved after {lasted}"
    incident = memory.incident
    word = incident.status.capitalize() if incident is not None else "Investigating"
    return f"{word}, for {lasted} now" if kind is Kind.REMINDER else word


def _escalated(acknowledged_by: str | None, rung: Rung) -> str:
    waited = format_duration(rung.after)
    state = f"acknowledged by {acknowledged_by}" if acknowledged_by else "not acknowledged"
    return f"Escalated after {waited}, {state}"
