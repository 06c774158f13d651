"""The way through the decision tree, for people: each question, its answer, and where the answer comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.model import Step
from pytest_deploycheck.verdict.case import Evidence, Facts, Question, Trend, has_no_result, worst_first

if TYPE_CHECKING:
    from collections.abc import Iterator


def path_of(facts: Facts) -> tuple[Step, ...]:
    """Return the questions of the decision tree in order, up to the one that decides."""
    return tuple(_walk(facts))


def _walk(facts: Facts) -> Iterator[Step]:
    attested = _attested(facts)
    yield _step("Is corruption, cross-tenant access or an exploit confirmed?", facts.confirmed, attested=attested)
    if facts.confirmed or attested:
        return
    yield Step(
        question="Is the service operational?",
        answer="no" if facts.down else "yes",
        because=_names(facts.down) or "no critical availability check failed",
    )
    if facts.down:
        yield _step("Is data at risk?", facts.data_at_risk)
        if facts.data_at_risk:
            return
    yield _step("Is a rollback level reached?", facts.rollback_levels)
    if facts.rollback_levels:
        return
    yield from _down(facts) if facts.down else _operational(facts)


def _down(facts: Facts) -> Iterator[Step]:
    fix = Question.FIX_IN_30_MINUTES
    yield _asked("Is a fix possible within 30 minutes?", fix, yes=facts.answered(fix))


def _operational(facts: Facts) -> Iterator[Step]:
    yield _step("Is a critical flow broken?", facts.broken_flows)
    if facts.broken_flows:
        return
    yield _step("Are there critical or high findings?", facts.serious)
    yield from _findings(facts) if facts.serious else _no_findings(facts)


def _findings(facts: Facts) -> Iterator[Step]:
    can_wait = facts.answered(Question.CAN_WAIT)
    yield _asked("Can they wait?", Question.CAN_WAIT, yes=can_wait)
    if not can_wait:
        held = facts.case.trend is Trend.WORSENING and not facts.worsening
        because = 'on_fail = "hold"' if held else _trend(facts.case.trend)
        yield Step(question="Are they getting worse?", answer="yes" if facts.worsening else "no", because=because)


def _no_findings(facts: Facts) -> Iterator[Step]:
    missing = bool(facts.unknown_serious or facts.case.not_reported or facts.case.unfinished or has_no_result(facts))
    yield Step(
        question="Does every critical and high check have a result?",
        answer="no" if missing else "yes",
        because=facts.case.unfinished or _names(facts.unknown_serious) or ", ".join(facts.case.not_reported[:3]),
    )
    if not missing:
        yield _step("Are there medium or low findings?", facts.minor)


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
