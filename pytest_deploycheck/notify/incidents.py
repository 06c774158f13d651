"""The incident of a service in an environment: opened by the verdict, filled by the runs, answered by people; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import IncidentError
from pytest_deploycheck.notify.memory import LONGEST_TIMELINE, MOST_CLOSED, Entry, Incident, Memory
from pytest_deploycheck.notify.messages import bounded
from pytest_deploycheck.status import Decision, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_deploycheck.model import RunRecord
    from pytest_deploycheck.notify.memory import Finding
    from pytest_deploycheck.notify.rules import IncidentRules

STATUSES: Final = ("INVESTIGATING", "IDENTIFIED", "MONITORING", "RESOLVED")
RESOLVED: Final = "RESOLVED"
_NAMED: Final = 5
_CALM: Final = frozenset({Decision.PASS, Decision.WARN})


def noted(incident: Incident, entry: Entry) -> Incident:
    """Return the incident with one more line; a very long timeline keeps its beginning and its end."""
    lines = (*incident.timeline, replace(entry, text=bounded(entry.text)))
    if len(lines) <= LONGEST_TIMELINE:
        return replace(incident, timeline=lines)
    kept = LONGEST_TIMELINE // 2
    return replace(incident, timeline=lines[:kept] + lines[kept + 1 :], dropped=incident.dropped + 1)


def after_run(memory: Memory, record: RunRecord, rules: IncidentRules, now: datetime, *, silent: bool) -> Memory:
    """Return the memory with the incident opened, continued or closed by a run; ``silent`` opens none."""
    incident, decision = memory.incident, record.verdict.decision
    if incident is None:
        if silent or decision not in rules.opens_on:
            return memory
        return replace(memory, incident=_opened(memory, record, rules, now))
    incident = _continued(incident, memory.findings, record, now)
    if decision in rules.opens_on:
        incident = _relapsed(incident, now)
    elif decision in _CALM and incident.recovered is None:
        word = "recovered" if incident.acknowledged else "recovered by itself"
        incident = noted(replace(incident, recovered=now, status="MONITORING"), Entry(at=now, text=word))
    waited = incident.recovered is not None and rules.close_after is not None
    if waited and now - (incident.recovered or now) >= timedelta(seconds=rules.close_after or 0):
        return closed(replace(memory, incident=incident), "deploycheck", now)
    return replace(memory, incident=incident)


def acknowledged(memory: Memory, by: str, now: datetime, commander: str | None = None) -> Memory:
    """Return the memory with the incident acknowledged: its reminders and its ladders stop.

    Raises:
        IncidentError: there is no open incident.
    """
    incident = _open(memory)
    if incident.acknowledged is None:
        incident = replace(incident, acknowledged=now, acknowledged_by=by)
    incident = noted(incident, Entry(at=now, text="acknowledged", by=by, kind="acknowledged"))
    if commander is not None:
        incident = replace(incident, commander=commander)
        incident = noted(incident, Entry(at=now, text=f"commander is {commander}", by=by, kind="commander"))
    return replace(memory, incident=incident)


def remarked(memory: Memory, by: str, text: str, now: datetime, status: str | None = None) -> Memory:
    """Return the memory with a person's note on the open incident.

    Raises:
        IncidentError: there is no open incident.
    """
    incident = noted(_open(memory), Entry(at=now, text=text, by=by))
    if status is not None and status != incident.status:
        incident = noted(replace(incident, status=status), Entry(at=now, text=f"status {status}", by=by, kind="status"))
    return replace(memory, incident=incident)


def closed(memory: Memory, by: str, now: datetime, note: str | None = None) -> Memory:
    """Return the memory with the incident closed.

    Raises:
        IncidentError: there is no open incident.
    """
    incident = _open(memory)
    if note:
        incident = noted(incident, Entry(at=now, text=note, by=by))
    incident = noted(
        replace(incident, status=RESOLVED, closed=now, closed_by=by),
        Entry(at=now, text="resolved", by=by, kind="closed"),
    )
    return replace(memory, incident=None, closed=(*memory.closed, incident)[-MOST_CLOSED:])


def minutes_to_resolve(incident: Incident) -> float | None:
    """Return the minutes from its opening to its recovery (to its closing when nobody saw one), None while open."""
    end = incident.recovered or incident.closed
    return None if incident.closed is None or end is None else (end - incident.opened) / timedelta(minutes=1)


def mean_minutes_to_resolve(incidents: Iterable[Incident]) -> float | None:
    """Return the mean over the closed ones, None when there is none."""
    found = [minutes for each in incidents if (minutes := minutes_to_resolve(each)) is not None]
    return sum(found) / len(found) if found else None


def _open(memory: Memory) -> Incident:
    if memory.incident is None:
        raise IncidentError("there is no open incident", "deploycheck incident list shows the earlier ones")
    return memory.incident


def _worst(findings: Mapping[str, Finding]) -> Severity:
    return max((each.severity for each in findings.values() if each.good_since is None), default=Severity.HIGH)


def _opened(memory: Memory, record: RunRecord, rules: IncidentRules, now: datetime) -> Incident:
    utc = now.astimezone(UTC)
    taken = {each.id for each in memory.closed}
    name = f"INC-{utc:%Y%m%d-%H%M}"
    name = next(each for n in range(1, len(taken) + 3) if (each := name if n == 1 else f"{name}-{n}") not in taken)
    bad = [each for each in memory.findings.values() if each.good_since is None]
    incident = Incident(
        id=name,
        title=bounded(record.verdict.summary),
        severity=_worst(memory.findings),
        opened=now,
        service=record.service,
        environment=record.deployment.environment,
        deployment=record.deployment.id,
        room=rules.channel_name.format(date=f"{utc:%Y%m%d}", time=f"{utc:%H%M}", id=name.lower()),
        decision=str(record.verdict.decision),
        impact=", ".join(sorted({each.impact for each in bad})),
        checks=tuple(sorted(each.id for each in bad)),
    )
    text = f"detected: {record.verdict.decision}, {_names(incident.checks)}"
    return noted(incident, Entry(at=now, text=text, kind="detected"))


def _continued(incident: Incident, findings: Mapping[str, Finding], record: RunRecord, now: datetime) -> Incident:
    bad = {each.id for each in findings.values() if each.good_since is None}
    known = set(incident.checks)
    for word, checks in (("now failing, too", bad - known), ("fine again", known - bad)):
        if checks:
            incident = noted(incident, Entry(at=now, text=f"{word}: {_names(sorted(checks))}", kind="checks"))
    decision = str(record.verdict.decision)
    if decision != incident.decision:
        incident = noted(incident, Entry(at=now, text=f"verdict {decision}", kind="verdict"))
    if record.deployment.id != incident.deployment:
        text = f"deployment {record.deployment.id}"
        incident = noted(replace(incident, deployment=record.deployment.id), Entry(at=now, text=text, kind="deployed"))
    severity = max(incident.severity, _worst(findings)) if bad else incident.severity
    return replace(incident, checks=tuple(sorted(bad)), decision=decision, severity=severity)


def _relapsed(incident: Incident, now: datetime) -> Incident:
    if incident.recovered is None:
        return incident
    back = replace(incident, recovered=None, status="INVESTIGATING")
    return noted(back, Entry(at=now, text="failing again", kind="relapsed"))


def _names(checks: Iterable[str]) -> str:
    names = [bounded(each, 60) for each in checks]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more if names else "no single check"
