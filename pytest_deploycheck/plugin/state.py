"""The state of one run and of one check while it runs; kept in pytest's stash under typed keys."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_deploycheck.deployments import NOTHING_KNOWN
from pytest_deploycheck.history import Tally
from pytest_deploycheck.judgement.judge import is_ignored
from pytest_deploycheck.judgement.limits import Looks, fold
from pytest_deploycheck.model import CheckResult, Deployment, Reading
from pytest_deploycheck.plugin.outcome import PASSED, Outcome
from pytest_deploycheck.runs import Past
from pytest_deploycheck.settings.metrics import MetricItem
from pytest_deploycheck.status import Impact, Severity, Status, worst

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pytest_deploycheck.deployments import Context
    from pytest_deploycheck.judgement.limits import Limits
    from pytest_deploycheck.judgement.sustain import Holding
    from pytest_deploycheck.model import Attestation, RunRecord
    from pytest_deploycheck.observing import Observatory
    from pytest_deploycheck.phases import Phase
    from pytest_deploycheck.plugin.memory import Memory
    from pytest_deploycheck.plugin.spec import CheckSpec
    from pytest_deploycheck.redact import Redactor
    from pytest_deploycheck.settings.schema import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line said, beside the settings."""

    strict: bool = False
    dry_run: bool = False
    plan: bool = False
    allow_writes: bool = False
    allow_rollback: bool = False
    no_notify: bool = False


@dataclass(slots=True, kw_only=True)
class DeployRun:
    """Everything one process knows about the run.

    On the controller of pytest-xdist ``planned`` comes from the workers; ``results`` holds the newest word on each
    check by id. ``worker`` is ``(index, count)`` on a worker, None elsewhere.
    """

    settings: Settings
    deployment: Deployment
    phase: Phase
    options: Options
    now: datetime
    redactor: Redactor
    observatory: Observatory
    report_root: Path
    tick: int = 1
    context: Context = NOTHING_KNOWN
    worker: tuple[int, int] | None = None
    workers: int = 0
    attestations: dict[str, Attestation] = field(default_factory=dict)
    past: Past = field(default_factory=Past)
    memory: Memory | None = None
    counters: dict[str, Any] = field(default_factory=dict)
    planned: dict[str, str] = field(default_factory=dict)
    results: dict[str, CheckResult] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    not_due: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    partial: str | None = None
    unfinished: str | None = None
    usage_error: str | None = None
    collect_only: bool = False
    started: float = 0.0
    requests: int = 0
    record: RunRecord | None = None
    by_nodeid: dict[str, str] = field(default_factory=dict)
    report_paths: list[str] = field(default_factory=list)
    report_problems: list[str] = field(default_factory=list)

    def holding(self, entry: Any) -> Holding | None:
        """Return how long the levels of an entry have to hold now, None when they count at once."""
        age = (self.now - self.deployment.deployed_at).total_seconds()
        return entry.holding(self.phase.interval, age) if isinstance(entry, MetricItem) else None

    def folded(self, result: CheckResult, limits: Limits) -> CheckResult:
        """Return the result with the limits of its check applied: what it amounts to after the runs before."""
        folded = fold(result.status, result.finding, self._looks(result), limits)
        if not folded.note:
            return result
        return replace(
            result,
            status=folded.status,
            finding=folded.finding if folded.status in {Status.WARN, Status.FAIL} else None,
            reason="; ".join(part for part in (result.reason, folded.note) if part),
            observed=result.status,
            tolerated=folded.tolerated,
            escalated=folded.escalated,
        )

    def _looks(self, result: CheckResult) -> Looks | None:
        if self.past.problem is not None:
            return None
        before = self.past.tallies.get(result.id, Tally(check=result.id, phase=self.phase.name))
        seen = before.passed + before.warned + before.inconclusive + before.errors + before.failed
        same = seen and before.status == result.status.rank
        return Looks(
            failed=before.failed + (result.status is Status.FAIL),
            inconclusive=before.inconclusive + (result.status is Status.INCONCLUSIVE),
            streak=before.streak + 1 if same else 1,
        )

    def leave_out(self, reason: str) -> None:
        """Count a check that is not planned, by reason; every reason is shown in the plan and in the reports."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


@dataclass(slots=True)
class CheckState:
    """One check while it runs: its readings and what has become of it so far.

    With ``ignored`` a missing answer is no reason to count the check.
    """

    spec: CheckSpec
    readings: list[Reading] = field(default_factory=list)
    outcome: Outcome = PASSED
    detail: str | None = None
    attached: list[str] = field(default_factory=list)
    duration: float = 0.0
    ignored: bool = False
    told: CheckResult | None = None
    _told_of: object = None

    @property
    def has_news(self) -> bool:
        """Whether there is more to tell than the time that passed since the result was told."""
        return self._told_of != self._news()

    def tell(self, result: CheckResult) -> None:
        """Keep what was told of the check."""
        self.told = result
        self._told_of = self._news()

    def _news(self) -> tuple[object, ...]:
        return len(self.readings), self.outcome, self.detail, len(self.attached), self.ignored

    def attach(self, text: str) -> None:
        """Add a text to the details of the result, whatever the result is."""
        self.attached.append(text)

    def note(self, outcome: Outcome) -> None:
        """Take in what a phase of the test came to; the worst word stays."""
        if outcome.status > self.outcome.status or self.outcome is PASSED:
            self.outcome = outcome

    def result(self) -> CheckResult:
        """Return the check's result as it stands; readings count also when the test swallowed their exception."""
        judged = [r.judgement for r in self.readings]
        status = worst([self.outcome.status, *(j.status for j in judged)])
        decisive = next((j for j in judged if j.status is status), None)
        reason, finding = self.outcome.reason, self.outcome.finding
        if decisive is not None and (not reason or self.outcome.status < status):
            reason, finding = decisive.reason, decisive.severity
        spec = self.spec
        return CheckResult(
            id=spec.id,
            nodeid=spec.nodeid,
            title=spec.title,
            severity=spec.severity,
            impact=spec.impact,
            status=status,
            reason=reason,
            finding=finding if status in {Status.WARN, Status.FAIL} else None,
            action=self.outcome.remedy if status in UNMEASURED else spec.action,
            runbook=spec.runbook,
            readings=tuple(self.readings),
            detail="\n\n".join(filter(None, (self.detail, *self.attached))) or None,
            duration=self.duration,
            phases=spec.phases,
            on_fail=spec.on_fail,
            confirms=spec.confirms,
            dry_run=spec.dry_run or self._forgiven(status),
            required=spec.required,
            attestation=spec.attestation,
        )

    def _forgiven(self, status: Status) -> bool:
        """Tell whether nothing is wrong but missing data that a policy (or a question that may stay open) ignores."""
        unclear = [r.judgement for r in self.readings if r.judgement.status is Status.INCONCLUSIVE]
        outcome_is_fine = self.outcome.status is Status.PASS or self.ignored
        return status is Status.INCONCLUSIVE and outcome_is_fine and all(is_ignored(j) for j in unclear)


def missing_result(check: str, nodeid: str, reason: str, known: CheckResult | None) -> CheckResult:
    """Return the result of a check that was lost on the way (a crashed worker): ERROR, never silence."""
    if known is not None:
        return replace(known, status=Status.ERROR, reason=reason, finding=None, action=None)
    return CheckResult(
        id=check,
        nodeid=nodeid,
        title=check,
        severity=Severity.CRITICAL,
        impact=Impact.OPS,
        status=Status.ERROR,
        reason=reason,
    )


UNMEASURED: Final = frozenset({Status.INCONCLUSIVE, Status.ERROR})
RUN: Final = pytest.StashKey[DeployRun]()
CHECK: Final = pytest.StashKey[CheckState]()
