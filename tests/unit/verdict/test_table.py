"""The decision table as a truth table: every rule, the precedence between them, and what can never happen."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.model import CheckResult
from pytest_deploycheck.status import Confirms, Decision, Impact, OnFail, Severity, Status, status_of_finding
from pytest_deploycheck.verdict import EXIT_CODES, Case, Question, Trend, decide
from pytest_deploycheck.verdict.rules import RULES

ORDER = (
    Decision.PASS,
    Decision.WARN,
    Decision.INCONCLUSIVE,
    Decision.WATCH,
    Decision.HOTFIX,
    Decision.ROLLBACK,
    Decision.ROLLBACK_NOW,
)
YES_FIX = {Question.FIX_IN_30_MINUTES: True}
CAN_WAIT = {Question.CAN_WAIT: True}


def check(name: str = "a", status: Status = Status.PASS, **changes: Any) -> CheckResult:
    """Return a result; a medium check of impact ops unless told otherwise."""
    given: dict[str, Any] = {"severity": Severity.MEDIUM, "impact": Impact.OPS, "title": f"title of {name}"}
    return CheckResult(id=name, nodeid=name, status=status, **{**given, **changes})


def fail(
    name: str = "f", severity: Severity = Severity.CRITICAL, impact: Impact = Impact.OPS, **changes: Any
) -> CheckResult:
    """Return a check that measured and found something as bad as ``severity``."""
    own = min(severity, Severity.CRITICAL)
    return check(name, status_of_finding(severity), severity=own, finding=severity, impact=impact, **changes)


GOOD = check("good")
DOWN = fail("down", impact=Impact.AVAILABILITY)
DATA = fail("data", Severity.HIGH, Impact.DATA)
FLOW = fail("flow", impact=Impact.FLOW)
LEVEL = fail("level", Severity.ROLLBACK, Impact.PERFORMANCE)
FORCED = fail("forced", Severity.HIGH, on_fail=OnFail.ROLLBACK)
LEAK = fail("leak", Severity.HIGH, Impact.SECURITY, confirms=Confirms.CROSS_TENANT)
HIGH = fail("high", Severity.HIGH)
WARN = fail("warn", Severity.MEDIUM)
UNKNOWN = check("unknown", Status.INCONCLUSIVE, severity=Severity.HIGH)
BROKEN = check("broken", Status.ERROR, severity=Severity.CRITICAL)
ASKED = check("asked", Status.INCONCLUSIVE, severity=Severity.LOW, required=True)
SMALL = check("small", Status.ERROR, severity=Severity.MEDIUM)

TABLE: dict[str, tuple[Case, Decision, tuple[str, ...]]] = {
    "confirmed": (Case(results=(LEAK, DOWN, DATA, LEVEL)), Decision.ROLLBACK_NOW, ("leak",)),
    "attested-corruption": (Case(results=(GOOD,), answers={Question.CORRUPTION: True}), Decision.ROLLBACK_NOW, ()),
    "attested-exploit": (Case(results=(HIGH,), answers={Question.EXPLOITED: True}), Decision.ROLLBACK_NOW, ()),
    "attested-no": (Case(results=(GOOD,), answers={Question.EXPLOITED: False}), Decision.PASS, ()),
    "down-and-data": (Case(results=(DOWN, DATA, LEVEL)), Decision.ROLLBACK_NOW, ("down", "data")),
    "down-and-data-with-fix": (Case(results=(DOWN, DATA), answers=YES_FIX), Decision.ROLLBACK_NOW, ("down", "data")),
    "level": (Case(results=(LEVEL, HIGH)), Decision.ROLLBACK, ("level",)),
    "level-although-it-can-wait": (Case(results=(LEVEL,), answers=CAN_WAIT), Decision.ROLLBACK, ("level",)),
    "level-while-down-with-fix": (Case(results=(DOWN, LEVEL), answers=YES_FIX), Decision.ROLLBACK, ("level",)),
    "forced": (Case(results=(FORCED,)), Decision.ROLLBACK, ("forced",)),
    "forced-warning": (Case(results=(GOOD, fail("w", Severity.LOW, on_fail=OnFail.ROLLBACK))), Decision.WARN, ("w",)),
    "flow": (Case(results=(FLOW, HIGH)), Decision.ROLLBACK, ("flow",)),
    "flow-of-high": (Case(results=(fail("flow", Severity.HIGH, Impact.FLOW),)), Decision.WATCH, ("flow",)),
    "flow-while-down": (Case(results=(FLOW, DOWN)), Decision.ROLLBACK, ("down",)),
    "flow-while-down-with-fix": (Case(results=(FLOW, DOWN), answers=YES_FIX), Decision.HOTFIX, ("down",)),
    "down": (Case(results=(DOWN, HIGH)), Decision.ROLLBACK, ("down",)),
    "down-of-high": (Case(results=(fail("d", Severity.HIGH, Impact.AVAILABILITY),)), Decision.WATCH, ("d",)),
    "down-with-fix": (Case(results=(DOWN, HIGH), answers=YES_FIX), Decision.HOTFIX, ("down",)),
    "down-can-wait-is-no-fix": (Case(results=(DOWN,), answers=CAN_WAIT), Decision.ROLLBACK, ("down",)),
    "worse": (Case(results=(HIGH,), trend=Trend.WORSENING), Decision.ROLLBACK, ("high",)),
    "worse-can-wait": (Case(results=(HIGH,), trend=Trend.WORSENING, answers=CAN_WAIT), Decision.HOTFIX, ("high",)),
    "stable": (Case(results=(HIGH,), trend=Trend.STABLE), Decision.WATCH, ("high",)),
    "can-wait": (Case(results=(HIGH, DATA), answers=CAN_WAIT), Decision.HOTFIX, ("data", "high")),
    "nothing-to-wait-for": (Case(results=(WARN,), answers=CAN_WAIT, trend=Trend.WORSENING), Decision.WARN, ("warn",)),
    "watch": (Case(results=(HIGH, UNKNOWN, WARN), not_reported=("x",), unfinished="end"), Decision.WATCH, ("high",)),
    "unfinished": (Case(results=(GOOD, WARN), unfinished="stopped"), Decision.INCONCLUSIVE, ()),
    "not-reported": (Case(results=(GOOD, WARN), not_reported=("x", "y")), Decision.INCONCLUSIVE, ("x", "y")),
    "empty": (Case(results=()), Decision.INCONCLUSIVE, ()),
    "nothing-measured": (Case(results=(SMALL,)), Decision.INCONCLUSIVE, ("small",)),
    "nothing-that-counts": (Case(results=(check("d", dry_run=True),)), Decision.INCONCLUSIVE, ()),
    "unknown": (Case(results=(GOOD, UNKNOWN, BROKEN, SMALL)), Decision.INCONCLUSIVE, ("broken", "unknown")),
    "asked": (Case(results=(GOOD, ASKED)), Decision.INCONCLUSIVE, ("asked",)),
    "warn": (Case(results=(GOOD, WARN, SMALL)), Decision.WARN, ("small", "warn")),
    "pass": (Case(results=(GOOD,)), Decision.PASS, ()),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(TABLE))
def test_table(name: str) -> None:
    """Each case leads to its decision, with what proves it."""
    case, decision, evidence = TABLE[name]
    verdict = decide(case)
    assert (decision, evidence, EXIT_CODES[decision]) == (verdict.decision, verdict.evidence, verdict.exit_code)


def test_every_rule_is_in_the_table() -> None:
    """No row of the decision table is without a case here."""
    assert {rule.text for rule in RULES} == {decide(case).rule for case, _, _ in TABLE.values()}


@pytest.mark.parametrize("result", [DOWN, DATA, FLOW, LEVEL, LEAK, HIGH, WARN, UNKNOWN, BROKEN, ASKED, SMALL])
@pytest.mark.parametrize("change", [{"dry_run": True}, {"on_fail": OnFail.IGNORE}])
def test_what_does_not_count(result: CheckResult, change: dict[str, Any]) -> None:
    """A check that is only tried out, or ignored, changes nothing."""
    assert Decision.PASS is decide(Case(results=(GOOD, replace(result, **change)))).decision


@pytest.mark.parametrize("trend", Trend)
@pytest.mark.parametrize("result", [DOWN, DATA, FLOW, LEVEL, LEAK, HIGH])
def test_hold_is_watch_at_most(result: CheckResult, trend: Trend) -> None:
    """``on_fail = "hold"`` never rolls back, whatever fails and wherever it is heading."""
    assert Decision.WATCH is decide(Case(results=(replace(result, on_fail=OnFail.HOLD),), trend=trend)).decision


def test_strict_and_other_exit_codes() -> None:
    """Strict gives WARN its own code unless it is remapped; only remapped decisions change."""
    warn, good = Case(results=(WARN,)), Case(results=(GOOD,))
    assert (0, 10) == (decide(warn).exit_code, decide(warn, strict=True).exit_code)
    assert 7 == decide(warn, strict=True, exit_codes={Decision.WARN: 7}).exit_code
    assert 0 == decide(good, strict=True, exit_codes={Decision.WARN: 7}).exit_code
    assert 3 == decide(good, exit_codes={Decision.PASS: 3}).exit_code
    assert [21, 20, 13, 12, 11, 0, 0] == [EXIT_CODES[decision] for decision in reversed(ORDER)]


def test_summary_names_the_worst() -> None:
    """The sentence names the worst evidence and how much more there is; an unfinished run tells why."""
    assert "and 1 more" in decide(Case(results=(HIGH, fail("c")))).summary
    assert "title of c" in decide(Case(results=(HIGH, fail("c")))).summary
    assert "stopped" == decide(Case(results=(GOOD,), unfinished="stopped")).summary
    assert "2 planned checks never reported" == decide(Case(results=(GOOD,), not_reported=("x", "y"))).summary


findings = st.builds(
    fail,
    st.sampled_from("abcdef"),
    st.sampled_from(Severity),
    st.sampled_from(Impact),
    on_fail=st.sampled_from([None, None, *OnFail]),
    confirms=st.sampled_from([None, None, None, *Confirms]),
    dry_run=st.sampled_from([False, False, True]),
)
others = st.builds(
    check,
    st.sampled_from("ghijkl"),
    st.sampled_from([Status.PASS, Status.INCONCLUSIVE, Status.ERROR]),
    severity=st.sampled_from([Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL]),
    required=st.booleans(),
    dry_run=st.booleans(),
)
results = st.lists(findings | others, max_size=6, unique_by=lambda result: result.id)
answers = st.dictionaries(st.sampled_from(Question), st.booleans())
cases = st.builds(
    lambda found, missing, said, trend, unfinished: Case(
        results=tuple(found), not_reported=tuple(missing), answers=said, trend=trend, unfinished=unfinished
    ),
    results,
    st.lists(st.sampled_from(["m", "n"]), max_size=2, unique=True),
    answers,
    st.sampled_from(Trend),
    st.sampled_from([None, None, "stopped"]),
)


def _with(case: Case, result: CheckResult) -> Case:
    return Case(
        results=(*case.results, result),
        not_reported=case.not_reported,
        answers={key: said for key, said in case.answers.items() if key is not Question.FIX_IN_30_MINUTES},
        trend=case.trend,
        unfinished=case.unfinished,
    )


@given(cases, findings)
def test_a_further_finding_never_makes_it_milder(case: Case, finding: CheckResult) -> None:
    """Whatever is found in addition, the decision stays or gets worse (a promised fix while down apart)."""
    bare = _with(case, check("pass that counts for nothing", dry_run=True))
    assert ORDER.index(decide(_with(case, finding)).decision) >= ORDER.index(decide(bare).decision) or (
        # the first thing that was measured at all may be a warning: then something is known that was not
        Decision.INCONCLUSIVE is decide(bare).decision and "nothing that counts was measured" == decide(bare).rule
    )


@given(cases, findings, st.sampled_from(list(pairwise(list(Severity)))))
def test_a_worse_finding_never_makes_it_milder(
    case: Case, finding: CheckResult, levels: tuple[Severity, Severity]
) -> None:
    """The same finding one level worse leads to the same decision or a worse one."""
    mild, bad = (
        fail("z", level, finding.impact, on_fail=finding.on_fail, confirms=finding.confirms) for level in levels
    )
    assert ORDER.index(decide(_with(case, bad)).decision) >= ORDER.index(decide(_with(case, mild)).decision)


@given(cases, st.randoms(use_true_random=False))
def test_order_does_not_matter(case: Case, random: Any) -> None:
    """Results in another order lead to the same verdict, word for word."""
    shuffled = list(case.results)
    random.shuffle(shuffled)
    again = Case(
        results=tuple(shuffled),
        not_reported=case.not_reported,
        answers=case.answers,
        trend=case.trend,
        unfinished=case.unfinished,
    )
    assert decide(case) == decide(again)


@given(cases)
def test_never_pass_without_results(case: Case) -> None:
    """PASS means that the run finished, all reported, something counted, and nothing that counts is open or bad."""
    verdict = decide(case)
    counted = [r for r in case.results if not r.dry_run and r.on_fail is not OnFail.IGNORE]
    fine = case.unfinished is None and not case.not_reported and counted
    if verdict.decision is Decision.PASS:
        assert fine
        assert {Status.PASS} == {r.status for r in counted}
    assert set(verdict.evidence) <= {r.id for r in case.results} | set(case.not_reported)


@given(cases)
def test_the_path_ends_where_it_was_decided(case: Case) -> None:
    """The last question and its answer belong to the decision; no question is asked twice."""
    verdict = decide(case)
    last = (verdict.path[-1].question, verdict.path[-1].answer)
    assert (
        last
        in {
            Decision.ROLLBACK_NOW: {
                ("Is corruption, cross-tenant access or an exploit confirmed?", "yes"),
                ("Is data at risk?", "yes"),
            },
            Decision.ROLLBACK: {
                ("Is a rollback level reached?", "yes"),
                ("Is a critical flow broken?", "yes"),
                ("Is a fix possible within 30 minutes?", "no"),
                ("Are they getting worse?", "yes"),
            },
            Decision.HOTFIX: {("Is a fix possible within 30 minutes?", "yes"), ("Can they wait?", "yes")},
            Decision.WATCH: {("Are they getting worse?", "no")},
            Decision.INCONCLUSIVE: {("Does every critical and high check have a result?", "no")},
            Decision.WARN: {("Are there medium or low findings?", "yes")},
            Decision.PASS: {("Are there medium or low findings?", "no")},
        }[verdict.decision]
    )
    assert len(verdict.path) == len({step.question for step in verdict.path})
