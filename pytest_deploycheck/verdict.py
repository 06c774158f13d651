"""From results to one decision: the tree that an engineer on call would walk, with the path written down.

Stands after judgement and before the reports. Pure: it gets results, answers of people and the trend, and returns a
:class:`~pytest_deploycheck.model.Verdict`. The precedence is the order of :data:`RULES`; the first that applies decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from pytest_deploycheck.model import CheckResult, Step, Verdict
from pytest_deploycheck.status import Decision, Impact, OnFail, Severity, Status

EXIT_CODES: Final[Mapping[Decision, int]] = {
    Decision.ROLLBACK_NOW: 21,
    Decision.ROLLBACK: 20,
    Decision.HOTFIX: 13,
    Decision.WATCH: 12,
    Decision.INCONCLUSIVE: 11,
    Decision.WARN: 0,
    Decision.PASS: 0,
}
STRICT_WARN_EXIT_CODE: Final = 10


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

    def answered(self, question: Question) -> bool:
        """Whether a person answered yes."""
        return self.case.answers.get(question, False)


def gather(case: Case) -> Facts:
    """Return the facts of a case. Checks that only record (``dry_run``, ``on_fail = "ignore"``) are left out."""
    counted = tuple(r for r in case.results if not r.dry_run and r.on_fail is not OnFail.IGNORE)
    failed = tuple(r for r in counted if r.status is Status.FAIL)
    acting = tuple(r for r in failed if r.on_fail is not OnFail.HOLD)
    critical = tuple(r for r in acting if _finding(r) >= Severity.CRITICAL)
    unknown = tuple(r for r in counted if r.status in {Status.INCONCLUSIVE, Status.ERROR})
    return Facts(
        case=case,
        findings=failed,
        down=tuple(r for r in critical if r.impact is Impact.AVAILABILITY),
        data_at_risk=tuple(r for r in acting if r.impact is Impact.DATA),
        confirmed=tuple(r for r in acting if r.confirms is not None),
        broken_flows=tuple(r for r in critical if r.impact is Impact.FLOW),
        rollback_levels=tuple(r for r in acting if _finding(r) is Severity.ROLLBACK or r.on_fail is OnFail.ROLLBACK),
        serious=failed,
        unknown_serious=tuple(r for r in unknown if r.severity >= Severity.HIGH or r.required),
        minor=tuple(r for r in counted if r.status is Status.WARN)
        + tuple(r for r in unknown if r.severity < Severity.HIGH and not r.required),
    )


def _finding(result: CheckResult) -> Severity:
    return result.finding if result.finding is not None else result.severity


Evidence = tuple[CheckResult, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the decision table: its decision, its sentence, when it applies, and what proves it."""

    decision: Decision
    text: str
    applies: Callable[[Facts], bool]
    evidence: Callable[[Facts], Evidence] = lambda _facts: ()


def _has_no_result(facts: Facts) -> bool:
    return not any(r.status in {Status.PASS, Status.WARN, Status.FAIL} for r in facts.case.results)


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        Decision.ROLLBACK_NOW,
        "cross-tenant access, corruption or an exploited vulnerability is confirmed",
        lambda f: bool(f.confirmed),
        lambda f: f.confirmed,
    ),
    Rule(
        Decision.ROLLBACK_NOW,
        "a person attested data corruption or an exploited vulnerability",
        lambda f: f.answered(Question.CORRUPTION) or f.answered(Question.EXPLOITED),
    ),
    Rule(
        Decision.ROLLBACK_NOW,
        "the service is not operational and data is at risk",
        lambda f: bool(f.down and f.data_at_risk),
        lambda f: f.down + f.data_at_risk,
    ),
    Rule(
        Decision.ROLLBACK,
        "a rollback level was reached",
        lambda f: bool(f.rollback_levels),
        lambda f: f.rollback_levels,
    ),
    Rule(
        Decision.ROLLBACK,
        "a critical flow is broken",
        lambda f: bool(f.broken_flows) and not f.down,
        lambda f: f.broken_flows,
    ),
    Rule(
        Decision.ROLLBACK,
        "the service is not operational and nobody attested a fix within 30 minutes",
        lambda f: bool(f.down) and not f.answered(Question.FIX_IN_30_MINUTES),
        lambda f: f.down,
    ),
    Rule(
        Decision.ROLLBACK,
        "the service is operational, the findings cannot wait and are getting worse",
        lambda f: (
            bool(f.serious) and not f.down and not f.answered(Question.CAN_WAIT) and f.case.trend is Trend.WORSENING
        ),
        lambda f: f.serious,
    ),
    Rule(
        Decision.HOTFIX,
        "the service is not operational, data is safe and a fix within 30 minutes is attested",
        lambda f: bool(f.down),
        lambda f: f.down,
    ),
    Rule(
        Decision.HOTFIX,
        "the service is operational and a person attested that the findings can wait",
        lambda f: bool(f.serious) and f.answered(Question.CAN_WAIT),
        lambda f: f.serious,
    ),
    Rule(
        Decision.WATCH,
        "there are critical or high findings that cannot wait and are not getting worse",
        lambda f: bool(f.serious),
        lambda f: f.serious,
    ),
    Rule(
        Decision.INCONCLUSIVE,
        "the run did not finish",
        lambda f: f.case.unfinished is not None,
    ),
    Rule(
        Decision.INCONCLUSIVE,
        "planned checks never reported",
        lambda f: bool(f.case.not_reported),
    ),
    Rule(
        Decision.INCONCLUSIVE,
        "nothing was measured",
        _has_no_result,
        lambda f: f.unknown_serious + f.minor,
    ),
    Rule(
        Decision.INCONCLUSIVE,
        "a critical or high check, or a required attestation, has no result",
        lambda f: bool(f.unknown_serious),
        lambda f: f.unknown_serious,
    ),
    Rule(
        Decision.WARN,
        "there are medium or low findings only",
        lambda f: bool(f.minor),
        lambda f: f.minor,
    ),
    Rule(
        Decision.PASS,
        "everything planned ran and passed",
        lambda _f: True,
    ),
)


def decide(case: Case, *, strict: bool = False, exit_codes: Mapping[Decision, int] | None = None) -> Verdict:
    """Return the verdict on a case.

    ``strict`` gives WARN an exit code of its own (10 unless remapped); ``exit_codes`` remaps decisions.
    """
    facts = gather(case)
    rule = next(rule for rule in RULES if rule.applies(facts))
    evidence = tuple(dict.fromkeys(r.id for r in _worst_first(rule.evidence(facts))))
    if rule.text == "planned checks never reported":
        evidence = case.not_reported
    return Verdict(
        decision=rule.decision,
        exit_code=_exit_code(rule.decision, strict=strict, remapped=exit_codes or {}),
        rule=rule.text,
        summary=_summary(rule, facts),
        path=path_of(facts),
        evidence=evidence,
    )


def _worst_first(results: Evidence) -> list[CheckResult]:
    return sorted(results, key=lambda r: (-_finding(r).rank, -r.status.rank))


def _exit_code(decision: Decision, *, strict: bool, remapped: Mapping[Decision, int]) -> int:
    if decision in remapped:
        return remapped[decision]
    if decision is Decision.WARN and strict:
        return STRICT_WARN_EXIT_CODE
    return EXIT_CODES[decision]


def _summary(rule: Rule, facts: Facts) -> str:
    evidence = _worst_first(rule.evidence(facts))
    if rule.text == "planned checks never reported":
        return f"{len(facts.case.not_reported)} planned checks never reported"
    if facts.case.unfinished is not None and rule.decision is Decision.INCONCLUSIVE:
        return facts.case.unfinished
    if not evidence:
        return rule.text
    return f"{rule.text}: {evidence[0].title}" + (f", and {len(evidence) - 1} more" if len(evidence) > 1 else "")


def path_of(facts: Facts) -> tuple[Step, ...]:
    """Return the questions of the decision tree in order, up to the one that decides."""
    steps = [
        _step(
            "Is corruption, cross-tenant access or an exploit confirmed?", facts.confirmed, attested=_attested(facts)
        ),
        _step("Is a rollback level reached?", facts.rollback_levels),
        Step(
            question="Is the service operational?",
            answer="no" if facts.down else "yes",
            because=_names(facts.down) or "no critical availability check failed",
        ),
    ]
    if facts.down:
        fix = facts.answered(Question.FIX_IN_30_MINUTES)
        steps.append(_step("Is data at risk?", facts.data_at_risk))
        steps.append(_asked("Is a fix possible within 30 minutes?", Question.FIX_IN_30_MINUTES, yes=fix))
        return tuple(steps)
    steps.append(_step("Is a critical flow broken?", facts.broken_flows))
    steps.append(_step("Are there critical or high findings?", facts.serious))
    if facts.serious:
        steps.append(_asked("Can they wait?", Question.CAN_WAIT, yes=facts.answered(Question.CAN_WAIT)))
        worse = facts.case.trend is Trend.WORSENING
        steps.append(
            Step(question="Are they getting worse?", answer="yes" if worse else "no", because=_trend(facts.case.trend))
        )
        return tuple(steps)
    missing = bool(facts.unknown_serious or facts.case.not_reported or facts.case.unfinished or _has_no_result(facts))
    steps.append(
        Step(
            question="Does every critical and high check have a result?",
            answer="no" if missing else "yes",
            because=facts.case.unfinished or _names(facts.unknown_serious) or ", ".join(facts.case.not_reported[:3]),
        )
    )
    if not missing:
        steps.append(_step("Are there medium or low findings?", facts.minor))
    return tuple(steps)


def _step(question: str, found: Evidence, *, attested: str = "") -> Step:
    because = "; ".join(part for part in (_names(found), attested) if part)
    return Step(question=question, answer="yes" if because else "no", because=because)


def _asked(question: str, attestation: Question, *, yes: bool) -> Step:
    because = f"attested as {attestation.value}" if yes else f"no attestation {attestation.value} says yes"
    return Step(question=question, answer="yes" if yes else "no", because=because)


def _attested(facts: Facts) -> str:
    given = [q.value for q in (Question.CORRUPTION, Question.EXPLOITED) if facts.answered(q)]
    return f"attested: {', '.join(given)}" if given else ""


def _trend(trend: Trend) -> str:
    return "no earlier run to compare with" if trend is Trend.UNKNOWN else trend.value


def _names(results: Evidence, limit: int = 3) -> str:
    ids = list(dict.fromkeys(r.id for r in _worst_first(results)))
    more = f" and {len(ids) - limit} more" if len(ids) > limit else ""
    return ", ".join(ids[:limit]) + more
