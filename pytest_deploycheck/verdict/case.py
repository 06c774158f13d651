"""A case and its facts: what the verdict is decided from, worked out once. The ground floor of the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from pytest_deploycheck.model import CheckResult
from pytest_deploycheck.status import Impact, OnFail, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

Evidence = tuple[CheckResult, ...]


class Trend(Enum):
    """Where the findings are heading between runs; UNKNOWN counts as not getting worse and is said aloud."""

    WORSENING = "getting worse"
    STABLE = "stable"
    IMPROVING = "improving"
    UNKNOWN = "unknown"


class Question(Enum):
    """What only a person can answer; the value is the attestation's id. A missing answer counts as no."""

    CAN_WAIT = "can-wait"
    FIX_IN_30_MINUTES = "fix-within-30-min"
    CORRUPTION = "data-corruption"
    EXPLOITED = "exploited-vulnerability"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that the verdict is decided from.

    ``not_reported`` are planned checks that never reported; ``answers`` holds the people's answers by question;
    ``unfinished`` says why the run did not finish (None when it did).
    """

    results: tuple[CheckResult, ...]
    not_reported: tuple[str, ...] = ()
    answers: Mapping[Question, bool] = field(default_factory=dict)
    trend: Trend = Trend.UNKNOWN
    unfinished: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules read, worked out once from a case."""

    case: Case
    findings: tuple[CheckResult, ...]
    down: tuple[CheckResult, ...]
    data_at_risk: tuple[CheckResult, ...]
    confirmed: tuple[CheckResult, ...]
    broken_flows: tuple[CheckResult, ...]
    rollback_levels: tuple[CheckResult, ...]
    serious: tuple[CheckResult, ...]
    unknown_serious: tuple[CheckResult, ...]
    minor: tuple[CheckResult, ...]
    counted: tuple[CheckResult, ...]
    acting: tuple[CheckResult, ...]

    def answered(self, question: Question) -> bool:
        """Whether a person answered yes."""
        return self.case.answers.get(question, False)

    @property
    def worsening(self) -> bool:
        """Whether findings that may do more than hold are getting worse."""
        return bool(self.acting) and self.case.trend is Trend.WORSENING


def counted_of(results: Evidence) -> Evidence:
    """Return the results that have a say in the verdict."""
    return tuple(r for r in results if not r.dry_run and r.on_fail is not OnFail.IGNORE)


def serious_of(results: Evidence) -> Evidence:
    """Return the critical and high findings that have a say in the verdict."""
    return tuple(r for r in counted_of(results) if r.status is Status.FAIL)


def gather(case: Case) -> Facts:
    """Return the facts of a case. Checks that only record (``dry_run``, ``on_fail = "ignore"``) are left out."""
    counted = counted_of(case.results)
    failed = serious_of(case.results)
    acting = tuple(r for r in failed if r.on_fail is not OnFail.HOLD)
    critical = tuple(r for r in acting if finding_of(r) >= Severity.CRITICAL)
    unknown = tuple(r for r in counted if r.status in {Status.INCONCLUSIVE, Status.ERROR})
    return Facts(
        case=case,
        findings=failed,
        down=tuple(r for r in critical if r.impact is Impact.AVAILABILITY),
        data_at_risk=tuple(r for r in acting if r.impact is Impact.DATA),
        confirmed=tuple(r for r in acting if r.confirms is not None),
        broken_flows=tuple(r for r in critical if r.impact is Impact.FLOW),
        rollback_levels=tuple(r for r in acting if finding_of(r) is Severity.ROLLBACK or r.on_fail is OnFail.ROLLBACK),
        serious=failed,
        unknown_serious=tuple(r for r in unknown if _is_serious(r)),
        minor=tuple(r for r in counted if r.status is Status.WARN) + tuple(r for r in unknown if not _is_serious(r)),
        counted=counted,
        acting=acting,
    )


def _is_serious(unknown: CheckResult) -> bool:
    """Tell whether a missing result leaves the verdict open; limits can make it weigh more or less."""
    if unknown.tolerated:
        return unknown.required
    return unknown.severity >= Severity.HIGH or unknown.required or unknown.escalated


def finding_of(result: CheckResult) -> Severity:
    """Return the level of what a check found; its own severity when none was named."""
    return result.finding if result.finding is not None else result.severity


def worst_first(results: Evidence) -> list[CheckResult]:
    """Return results with the worst finding first, the same way in whatever order they arrived."""
    return sorted(results, key=lambda r: (-finding_of(r).rank, -r.status.rank, r.id))


def has_no_result(facts: Facts) -> bool:
    """Tell whether nothing that counts was measured."""
    return not any(r.status in {Status.PASS, Status.WARN, Status.FAIL} for r in facts.counted)
