"""When something is told: a finished run against what was told before, transitions only; pure, without a clock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.notify import composing, escalating, incidents, outbox, times
from pytest_deploycheck.notify.findings import followed, matches
from pytest_deploycheck.notify.memory import Alert, Entry, Memory
from pytest_deploycheck.notify.rules import GroupBy, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pytest_deploycheck.model import RunRecord
    from pytest_deploycheck.notify.memory import Finding
    from pytest_deploycheck.notify.messages import Message
    from pytest_deploycheck.notify.rules import Route, Rules

STORM: Final = "*"
_MOST_ANNOUNCED: Final = 200


def after_run(memory: Memory, record: RunRecord, rules: Rules, now: datetime) -> Memory:
    """Return the memory after a run; what has to be told stands in its outbox."""
    quiet = timedelta(seconds=rules.quiet)
    memory = replace(memory, findings=followed(memory.findings, record, now, quiet))
    heard = {check: each for check, each in memory.findings.items() if not _silenced(each, record, rules, now)}
    silent = bool(memory.findings) and not heard
    memory = incidents.after_run(memory, record, rules.incident, now, silent=silent)
    memory = _with_commander(memory, rules, now)
    step = _Step(memory, record, rules, now, heard)
    step.announce()
    for route in rules.routes:
        step.route(route)
    step.escalate()
    return step.memory


def acknowledged(memory: Memory, rules: Rules, by: str, now: datetime, commander: str | None = None) -> Memory:
    """Return the memory with the incident acknowledged, and that told to whom its alerts were told.

    Raises:
        IncidentError: there is no open incident.
    """
    memory = incidents.acknowledged(memory, by, now, commander)
    routes = {route.id: route for route in rules.routes}
    for alert in memory.alerts.values():
        route = routes.get(alert.route)
        if route is not None and alert.told is not None and Kind.ACKNOWLEDGED in route.kinds:
            memory, name = _numbered(memory, alert.key, Kind.ACKNOWLEDGED)
            message = composing.of_acknowledgement(name, alert, memory, by, now)
            memory = outbox.posted(memory, message, route.channels, now)
    return memory


def _silenced(finding: Finding, record: RunRecord, rules: Rules, now: datetime) -> bool:
    return any(
        matches(window.match, finding, record.deployment.environment)
        and not (window.loud is not None and finding.severity >= window.loud)
        and times.current(window, now) is not None
        for window in rules.maintenance
    )


def _with_commander(memory: Memory, rules: Rules, now: datetime) -> Memory:
    incident, wanted = memory.incident, rules.incident.commander
    if incident is None or incident.commander is not None or wanted is None:
        return memory
    found = escalating.people_of((wanted,), rules, now)
    if not found:
        return memory
    text = f"commander is {found[0].name}"
    named = incidents.noted(replace(incident, commander=found[0].name), Entry(at=now, text=text, kind="commander"))
    return replace(memory, incident=named)


def _numbered(memory: Memory, key: str, kind: Kind) -> tuple[Memory, str]:
    number = memory.number + 1
    return replace(memory, number=number), f"{key}-{number}-{kind}"


def key_of(*parts: str) -> str:
    """Return the key of an alert: short, of harmless characters, the same in every run."""
    return "deploycheck-" + hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


@dataclass(slots=True)
class _Step:
    """One run on its way through the routes and ladders."""

    memory: Memory
    record: RunRecord
    rules: Rules
    now: datetime
    heard: dict[str, Finding]
    _due: list[Finding] = field(default_factory=list)

    def post(self, message: Message, channels: Iterable[str]) -> None:
        self.memory = outbox.posted(self.memory, message, channels, self.now)

    def named(self, key: str, kind: Kind) -> str:
        self.memory, name = _numbered(self.memory, key, kind)
        return name

    def scene(self) -> composing.Scene:
        return composing.Scene(self.record, self.memory, self.rules, self.now)

    def route(self, route: Route) -> None:
        """Open, continue and resolve the alerts of one route."""
        alerts = {alert.group: alert for alert in self.memory.alerts.values() if alert.route == route.id}
        groups: dict[str, list[str]] = {
            group: [check for check in alert.members if check in self.memory.findings]
            for group, alert in alerts.items()
        }
        taken = {check for members in groups.values() for check in members}
        fresh = [each for each in self.heard.values() if each.id not in taken and self._selected(route, each)]
        for finding, group in zip(fresh, self._groups(route, fresh, groups), strict=True):
            groups.setdefault(group, []).append(finding.id)
        for group, members in groups.items():
            if members:
                self._open(route, group, alerts.get(group), members)
            else:
                self._resolve(route, alerts[group])

    def _selected(self, route: Route, finding: Finding) -> bool:
        return (
            finding.good_since is None
            and finding.bad_runs >= route.after
            and self.now - finding.bad_since >= timedelta(seconds=route.hold)
            and matches(route.match, finding, self.record.deployment.environment)
        )

    def _groups(self, route: Route, fresh: list[Finding], known: dict[str, list[str]]) -> list[str]:
        if route.group_by is GroupBy.ENVIRONMENT:
            return [STORM] * len(fresh)
        names = [each.impact if route.group_by is GroupBy.IMPACT else each.id for each in fresh]
        singles = {*known, *names} - {STORM}
        # too many at once have one cause; they stay one alert until they are over
        return [STORM] * len(fresh) if STORM in known or len(singles) > self.rules.storm else names

    def _open(self, route: Route, group: str, alert: Alert | None, members: list[str]) -> None:
        findings = [self.memory.findings[check] for check in members]
        worst = max(each.severity for each in findings)
        if alert is None:
            record = self.record
            key = key_of(record.service, record.deployment.environment, route.id, group, self.now.isoformat())
            opened = min(each.first for each in findings)
            alert = Alert(key=key, route=route.id, group=group, opened=opened, severity=worst, members=())
        alert = replace(alert, members=tuple(members), severity=max(alert.severity, worst))
        kind = self._kind(route, alert, findings)
        if kind is not None:
            told = alert.severity if alert.told is None else max(alert.told, alert.severity)
            alert = replace(alert, told=told, told_at=self.now, messages=alert.messages + 1)
            if kind in route.kinds:
                self._tell(route, alert, kind, findings)
        self.memory = replace(self.memory, alerts={**self.memory.alerts, alert.key: alert})

    def _kind(self, route: Route, alert: Alert, findings: list[Finding]) -> Kind | None:
        if not any(each.id in self.heard and each.good_since is None for each in findings):
            return None  # silenced, or about to be over
        if alert.told is None:
            return Kind.OPENED if route.hours is None or times.is_open(route.hours, self.now) else None
        if alert.severity > alert.told:
            return Kind.WORSE
        incident = self.memory.incident
        if route.repeat is None or alert.told_at is None or (incident is not None and incident.acknowledged):
            return None
        if route.hours is not None and not times.is_open(route.hours, self.now):
            return None
        return Kind.REMINDER if self.now - alert.told_at >= timedelta(seconds=route.repeat) else None

    def _resolve(self, route: Route, alert: Alert) -> None:
        self.memory = replace(
            self.memory, alerts={key: each for key, each in self.memory.alerts.items() if key != alert.key}
        )
        if alert.told is not None and Kind.RESOLVED in route.kinds:
            self._tell(route, alert, Kind.RESOLVED, [])

    def _tell(self, route: Route, alert: Alert, kind: Kind, findings: list[Finding]) -> None:
        people = escalating.people_of(route.on_call, self.rules, self.now)
        name = self.named(alert.key, kind)
        message = composing.of_alert(name, kind, alert, findings, self.scene())
        self.post(replace(message, people=people), route.channels)

    def escalate(self) -> None:
        """Climb every rung that is due."""
        environment = self.record.deployment.environment
        answers = self.record.attestations
        for name, rung in list(escalating.due(self.memory, self.rules, answers, environment, self.now)):
            incident = self.memory.incident
            assert incident is not None
            people = escalating.people_of(rung.to, self.rules, self.now)
            who = ", ".join(person.name for person in people) or ", ".join(rung.to)
            climbed = replace(incident, rungs=(*incident.rungs, name))
            climbed = incidents.noted(
                climbed, Entry(at=self.now, text=f"escalated to {who} ({name})", kind="escalated")
            )
            self.memory = replace(self.memory, incident=climbed)
            key = key_of(incident.service, environment, incident.id, name)
            findings = [each for each in self.memory.findings.values() if each.good_since is None]
            message = composing.of_escalation(self.named(key, Kind.ESCALATED), key, rung, findings, self.scene())
            self.post(replace(message, people=people), rung.channels)

    def announce(self) -> None:
        """Tell of the deployment and of maintenance ahead, each once."""
        deployment = self.record.deployment
        for route in self.rules.routes:
            if Kind.DEPLOYMENT in route.kinds and deployment.explicit:
                name = f"deployment:{deployment.id}:{route.id}"
                self._once(name, composing.of_deployment(key_of(name), self.record, self.now), route.channels)
        for window in self.rules.maintenance:
            span = times.upcoming(window, self.now) if window.notice is not None else None
            if span is not None and span[0] - self.now <= timedelta(seconds=window.notice or 0):
                name = f"maintenance:{window.id}:{span[0].isoformat()}"
                message = composing.of_maintenance(key_of(name), window, span, self.record, self.now)
                self._once(name, message, window.channels)

    def _once(self, name: str, message: Message, channels: Iterable[str]) -> None:
        if name in self.memory.announced:
            return
        self.memory = replace(self.memory, announced=(*self.memory.announced, name)[-_MOST_ANNOUNCED:])
        self.post(message, channels)
