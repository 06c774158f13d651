"""The decision table: the rules in their order, the first that applies decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.model import Verdict
from pytest_deploycheck.status import Decision
from pytest_deploycheck.verdict.case import Case, Evidence, Facts, Question, gather, has_no_result, worst_first
from pytest_deploycheck.verdict.path import path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the decision table: its decision, its sentence, when it applies, and what proves it."""

    decision: Decision
    text: str
    applies: Callable[[Facts], bool]
    evidence: Callable[[Facts], Evidence] = lambda _facts: ()


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
        "the service is not operational and nobody attested a fix within 30 minutes",
        lambda f: bool(f.down) and not f.answered(Question.FIX_IN_30_MINUTES),
        lambda f: f.down,
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
        "the service is operational, the findings cannot wait and are getting worse",
        lambda f: f.worsening and not f.down and not f.answered(Question.CAN_WAIT),
        lambda f: f.acting,
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
        "nothing that counts was measured",
        has_no_result,
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
    evidence = tuple(dict.fromkeys(r.id for r in worst_first(rule.evidence(facts))))
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


def _exit_code(decision: Decision, *, strict: bool, remapped: Mapping[Decision, int]) -> int:
    if decision in remapped:
        return remapped[decision]
    if decision is Decision.WARN and strict:
        return STRICT_WARN_EXIT_CODE
    return EXIT_CODES[decision]


def _summary(rule: Rule, facts: Facts) -> str:
    evidence = worst_first(rule.evidence(facts))
    if rule.text == "planned checks never reported":
        return f"{len(facts.case.not_reported)} planned checks never reported"
    if facts.case.unfinished is not None and rule.decision is Decision.INCONCLUSIVE:
        return facts.case.unfinished
    if not evidence:
        return rule.text
    return f"{rule.text}: {evidence[0].title}" + (f", and {len(evidence) - 1} more" if len(evidence) > 1 else "")
