"""The frozen values that flow from the sources to the reports; second stage, above status, below everything else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pytest_deploycheck.status import Confirms, Decision, Impact, OnFail, Severity, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What was deployed, where and when. Runs are keyed by ``id``, not by ``version``.

    ``explicit`` is False when nobody named the deployment: then no earlier run can be its run.
    ``deployed_at_known`` is False when ``deployed_at`` is only the start of this run.
    """

    id: str
    deployed_at: datetime
    version: str | None = None
    previous: str | None = None
    commit: str | None = None
    environment: str = "production"
    explicit: bool = True
    deployed_at_known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One observed value with everything needed to repeat the observation.

    ``value`` is in ``unit`` (``s``, ``%``, ``1/s``, ``B``, or empty for a plain number); ``n`` is the number of
    samples behind it; ``window`` is the counting window as text (``5s``, ``15m``); ``target`` is the address asked,
    ``query`` the question; ``attempts`` counts tries, 1 when the first one answered; ``note`` is a short remark
    (``p95 of 20 samples``). With ``lower_bound`` the true value is at least ``value`` and otherwise unknown.
    ``resolution`` is the time between two samples as text.
    """

    metric: str
    value: float | int | bool | str | None
    unit: str = ""
    n: int | None = None
    window: str | None = None
    source: str = ""
    query: str | None = None
    target: str | None = None
    attempts: int = 1
    at: datetime | None = None
    note: str | None = None
    lower_bound: bool = False
    resolution: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """What all looks since the deployment amount to together: the sequential judgement's answer.

    ``outcome`` is ``regression``, ``healthy``, ``undecided`` or ``no_data``; ``evidence`` decides at ``threshold``.
    ``ratio`` is the rate over the baseline's ``since`` a moment, ``needed`` how many more requests would show health,
    ``looks`` how many looks were used, ``used`` whether this one was.
    """

    outcome: str
    evidence: float
    threshold: float
    ratio: float | None = None
    since: datetime | None = None
    needed: int | None = None
    looks: int = 0
    used: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a measurement amounts to.

    ``severity`` is the level reached, None when none was; ``condition`` is the condition that decided, as a person
    would read it, or the whole ladder when no level was reached. ``reference`` says where the baseline comes from.
    ``repeated`` is there when all looks since the deployment were judged together.
    """

    status: Status
    reason: str
    severity: Severity | None = None
    condition: str | None = None
    baseline: float | None = None
    reference: str | None = None
    repeated: Repeated | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A measurement and its judgement."""

    measurement: Measurement
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one check found.

    ``severity`` is the check's own; ``finding`` the level of what it found (None when it found nothing bad).
    ``reason`` is one line for people, ``detail`` the full text of a failure, both already redacted.
    ``duration`` is in seconds. ``phases`` are the tags that selected it. ``observed`` is what this run alone came to,
    when limits changed the status; ``tolerated`` and ``escalated`` say that they made a missing result weigh less (as a
    warning) or more (as one of a critical check).
    """

    id: str
    nodeid: str
    title: str
    severity: Severity
    impact: Impact
    status: Status
    reason: str = ""
    finding: Severity | None = None
    action: str | None = None
    runbook: str | None = None
    readings: tuple[Reading, ...] = ()
    detail: str | None = None
    duration: float = 0.0
    phases: tuple[str, ...] = ()
    on_fail: OnFail | None = None
    confirms: Confirms | None = None
    dry_run: bool = False
    required: bool = False
    attestation: str | None = None
    observed: Status | None = None
    tolerated: bool = False
    escalated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A person's answer to something no machine can check. ``answer`` is ``yes``, ``no`` or ``not-applicable``."""

    id: str
    by: str
    at: datetime
    answer: str = "yes"
    deployment: str | None = None
    note: str | None = None
    expires: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One question on the way through the decision tree, its answer, and where the answer comes from."""

    question: str
    answer: str
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision, the rule that made it, the path to it and the ids of the checks that are its evidence."""

    decision: Decision
    exit_code: int
    rule: str
    summary: str
    path: tuple[Step, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """The run itself. ``started_at`` and ``finished_at`` are UTC; ``seconds`` is the wall time.

    ``partial`` names why only a part was planned (``-k``, a path); ``left_out`` names what was not planned and why.
    """

    tool_version: str
    started_at: datetime
    finished_at: datetime | None = None
    seconds: float = 0.0
    finished: bool = False
    interrupted: bool = False
    workers: int = 0
    requests: int = 0
    partial: str | None = None
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    settings_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HookStep:
    """One step that a verdict of ROLLBACK asked for: ``roll back``, ``restore`` or ``verify``.

    ``state`` is ``running``, ``succeeded``, ``failed`` or ``not run``, ``reason`` why. ``output`` is the redacted end
    of what the command wrote, ``seconds`` its time; ``decision`` is the verdict of a verification.
    """

    name: str
    state: str
    reason: str = ""
    command: str = ""
    exit_code: int | None = None
    seconds: float = 0.0
    output: str = ""
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDelivery:
    """What became of one message: ``sent``, ``failed``, ``handed on``, ``held back`` by a limit, or ``waiting``."""

    channel: str
    event: str
    severity: str
    title: str
    status: str
    reason: str = ""
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsInfo:
    """What a run told to whom; ``open`` counts alerts that stand, ``problems`` are those of telling itself."""

    deliveries: tuple[AlertDelivery, ...] = ()
    open: int = 0
    incident: str | None = None
    incident_status: str | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """Everything that the reports show, in one value."""

    deployment: Deployment
    phase: str
    tick: int
    verdict: Verdict
    checks: tuple[CheckResult, ...]
    not_reported: tuple[str, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    service: str = ""
    target: str = ""
    rollback: tuple[HookStep, ...] = ()
    alerts: AlertsInfo | None = None
    run: RunInfo = field(kw_only=True)
