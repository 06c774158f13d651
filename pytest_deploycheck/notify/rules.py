"""What the settings say about alerts, as plain values: routes, hours, windows, ladders, rosters; ground floor."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time
from enum import Enum
from typing import Final

from pytest_deploycheck.status import Decision, Severity, Status

HOUR: Final = 3600.0
ALL_DAYS: Final = frozenset(range(7))


class Kind(Enum):
    """Why something is told."""

    OPENED = "opened"
    WORSE = "worse"
    REMINDER = "reminder"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    ESCALATED = "escalated"
    DEPLOYMENT = "deployment"
    MAINTENANCE = "maintenance"
    TEST = "test"

    def __str__(self) -> str:
        """Return the word that people and files see."""
        return self.value


class GroupBy(Enum):
    """What becomes one alert: everything of an environment, everything with one impact, or each check."""

    ENVIRONMENT = "environment"
    IMPACT = "impact"
    CHECK = "check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can be reached; ``slack`` is a member id."""

    id: str
    name: str
    role: str = ""
    email: str | None = None
    phone: str | None = None
    slack: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which findings are meant; what is empty does not narrow. ``checks`` are patterns with ``*`` of check ids."""

    min_severity: Severity = Severity.LOW
    severities: frozenset[Severity] = frozenset()
    impacts: frozenset[str] = frozenset()
    phases: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()
    checks: tuple[str, ...] = ()
    statuses: frozenset[Status] = frozenset({Status.WARN, Status.ERROR, Status.FAIL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Hours of the week in local time: from ``start`` to ``end`` (past midnight when it is earlier) on ``days``."""

    zone: str
    start: time = time(9)
    end: time = time(17)
    days: frozenset[int] = frozenset({0, 1, 2, 3, 4})


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which findings go to which channels. ``hold`` and ``repeat`` are in seconds; ``after`` counts runs in a row."""

    id: str
    channels: tuple[str, ...]
    match: Match = field(default_factory=Match)
    kinds: frozenset[Kind] = frozenset({Kind.OPENED, Kind.WORSE, Kind.REMINDER, Kind.RESOLVED, Kind.ACKNOWLEDGED})
    group_by: GroupBy = GroupBy.ENVIRONMENT
    after: int = 1
    hold: float = 0.0
    repeat: float | None = 4 * HOUR
    hours: Hours | None = None
    on_call: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A time in which alerts stay silent: ``begin`` to ``finish`` once, or ``hours`` on the days of ``nth`` weeks.

    ``nth`` is 1 to 5 for the first to fifth such weekday of the month, 0 for every one. ``notice`` is in seconds.
    """

    id: str
    begin: datetime | None = None
    finish: datetime | None = None
    hours: Hours | None = None
    nth: int = 0
    match: Match = field(default_factory=Match)
    loud: Severity | None = None
    notice: float | None = None
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of a ladder: after ``after`` seconds ``to`` (contacts, roles or rosters) hear through ``channels``.

    The time counts from the first failure of a check that ``match`` means, or from the start of the incident when
    ``match`` is None; with ``attest`` it counts from that answer being yes.
    """

    to: tuple[str, ...]
    channels: tuple[str, ...]
    after: float = 0.0
    match: Match | None = None
    decisions: frozenset[Decision] = frozenset()
    attest: str | None = None
    even_if_acknowledged: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A ladder of roles."""

    id: str
    rungs: tuple[Rung, ...]
    match: Match = field(default_factory=Match)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Who is on call from ``start`` to ``end``; the first is primary, the second secondary."""

    start: datetime
    end: datetime
    who: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """An on-call rotation: ``people`` change every ``every`` days at ``start``'s local time; ``shifts`` override it."""

    id: str
    zone: str
    people: tuple[str, ...] = ()
    start: datetime | None = None
    every: int = 7
    shifts: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRules:
    """When an incident opens and closes by itself; ``close_after`` is in seconds."""

    opens_on: frozenset[Decision] = frozenset(
        {Decision.WATCH, Decision.HOTFIX, Decision.ROLLBACK, Decision.ROLLBACK_NOW}
    )
    close_after: float | None = 0.5 * HOUR
    channel_name: str = "incident-{date}-{time}"
    commander: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRules:
    """What the policy knows of a channel: at most ``limit`` messages in ``period`` seconds, and who stands in."""

    id: str
    limit: int = 30
    period: float = HOUR
    fallback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything together. ``quiet``: a finding has to be gone that many seconds before it counts as over."""

    routes: tuple[Route, ...] = ()
    channels: dict[str, ChannelRules] = field(default_factory=dict)
    maintenance: tuple[Maintenance, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    rosters: dict[str, Roster] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    incident: IncidentRules = field(default_factory=IncidentRules)
    quiet: float = HOUR / 6
    storm: int = 10
    budget: float = 30.0
    report_url: str | None = None
