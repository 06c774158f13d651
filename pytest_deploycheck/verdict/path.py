"""The way through the decision tree, for people: each question, its answer, and where the answer comes from."""

from __future__ import annotations

from pytest_deploycheck.model import Step
from pytest_deploycheck.verdict.case import Evidence, Facts, Question, Trend, has_no_result, worst_first


def path_of(facts: Facts) -> tuple[Step, ...]:
    """Return the questions of the decision tree in order, up to the one that decides."""
    confirmed = "Is corruption, cross-tenant access or an exploit confirmed?"
    steps = [
        _step(confirmed, facts.confirmed, attested=_attested(facts)),
        Step(
            question="Is the service operational?",
            answer="no" if facts.down else "yes",
            because=_names(facts.down) or "no critical availability check failed",
        ),
    ]
    if facts.down:
        steps.append(_step("Is data at risk?", facts.data_at_risk))
        fix = facts.answered(Question.FIX_IN_30_MINUTES)
        steps.append(_asked("Is a fix possible within 30 minutes?", Question.FIX_IN_30_MINUTES, yes=fix))
        return (*steps, _step("Is a rollback level reached?", facts.rollback_levels)) if fix else tuple(steps)
    steps.append(_step("Is a rollback level reached?", facts.rollback_levels))
    steps.append(_step("Is a critical flow broken?", facts.broken_flows))
    steps.append(_step("Are there critical or high findings?", facts.serious))
    if facts.serious:
        steps.append(_asked("Can they wait?", Question.CAN_WAIT, yes=facts.answered(Question.CAN_WAIT)))
        worse = facts.case.trend is Trend.WORSENING
        steps.append(
            Step(question="Are they getting worse?", answer="yes" if worse else "no", because=_trend(facts.case.trend))
        )
        return tuple(steps)
    missing = bool(facts.unknown_serious or facts.case.not_reported or facts.case.unfinished or has_no_result(facts))
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
    ids = list(dict.fromkeys(r.id for r in worst_first(results)))
    more = f" and {len(ids) - limit} more" if len(ids) > limit else ""
    return ", ".join(ids[:limit]) + more
