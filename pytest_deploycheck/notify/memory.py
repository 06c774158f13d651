"""What is remembered from one run to the next: findings, alerts, the incident, what is still to be sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pytest_deploycheck.notify.messages import Message
from pytest_deploycheck.status import Severity, Status

MOST_RECENT: Final = 50
MOST_CLOSED: Final = 200
LONGEST_TIMELINE: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A check that is not as it should be, since ``first``; ``good_since`` is set while it looks fine again.

    ``bad_since`` and ``bad_runs`` are of the present stretch of bad runs, without a good one between.
    """

    id: str
    title: str
    severity: Severity
    status: Status
    impact: str
    phases: tuple[str, ...]
    first: datetime
    seen: datetime
    bad_since: datetime
    bad_runs: int = 1
    good_since: datetime | None = None
    reason: str = ""
    action: str | None = None
    runbook: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Findings of one route that are told as one. ``told`` is the worst severity that was told, None before any."""

    key: str
    route: str
    group: str
    opened: datetime
    severity: Severity
    members: tuple[str, ...]
    told: Severity | None = None
    told_at: datetime | None = None
    messages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of an incident's timeline."""

    at: datetime
    text: str
    by: str = "deploycheck"
    kind: str = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident. ``status`` is INVESTIGATING, IDENTIFIED, MONITORING or RESOLVED; ``rungs`` are those climbed."""

    id: str
    title: str
    severity: Severity
    opened: datetime
    service: str
    environment: str
    deployment: str
    room: str
    status: str = "INVESTIGATING"
    decision: str = ""
    impact: str = ""
    commander: str | None = None
    acknowledged: datetime | None = None
    acknowledged_by: str | None = None
    recovered: datetime | None = None
    closed: datetime | None = None
    closed_by: str | None = None
    checks: tuple[str, ...] = ()
    rungs: tuple[str, ...] = ()
    timeline: tuple[Entry, ...] = ()
    dropped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A message on its way to a channel. ``sending`` is set, and stored, before the first byte goes out."""

    message: Message
    channel: str
    created: datetime
    sending: datetime | None = None
    attempts: int = 0
    not_before: datetime | None = None
    handed_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message that arrived."""

    at: datetime
    channel: str
    kind: str
    severity: Severity
    title: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Everything of one service in one environment. ``sent`` are the times of each channel's messages."""

    version: int = 1
    findings: dict[str, Finding] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    incident: Incident | None = None
    closed: tuple[Incident, ...] = ()
    outbox: dict[str, Parcel] = field(default_factory=dict)
    sent: dict[str, tuple[datetime, ...]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    recent: tuple[Told, ...] = ()
    announced: tuple[str, ...] = ()
    number: int = 0
