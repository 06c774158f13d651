"""What a run amounts to: evidence that says what was looked at, honest counts, and steps in a useful order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.model import RunRecord, Verdict
from pytest_deploycheck.reporting.deciding import (
    MOST_STEPS,
    counts,
    counts_text,
    evidence_of,
    further_failed,
    next_steps,
    partial_text,
    title_of,
)
from pytest_deploycheck.status import Decision, OnFail, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.model import CheckResult


def test_counts_go_from_bad_to_good_without_zeros(record: RunRecord) -> None:
    """Every check is counted once, and the never reported ones stand near the top."""
    expected = "1 failed, 1 never reported, 1 could not be measured, 1 inconclusive, 1 with a warning, 1 passed"
    assert expected == counts_text(record)
    assert len(record.checks) + len(record.not_reported) == sum(number for _, number in counts(record))


def test_no_checks_are_said_aloud(make_record: Callable[..., RunRecord]) -> None:
    """An empty run has no silent count."""
    assert counts_text(make_record(checks=(), not_reported=())) == "no checks"


def test_evidence_keeps_the_order_of_the_verdict_and_knows_the_missing(record: RunRecord) -> None:
    """A check that never reported is evidence too."""
    expected = [("flows.works[checkout]", "FAIL"), ("logs.clean[app]", "no result")]
    assert expected == [(item.id, item.status) for item in evidence_of(record)]


def test_next_steps_start_with_the_decision(record: RunRecord) -> None:
    """First what the decision asks for, then the actions of its evidence."""
    expected = ("Roll back to 4.2.0.", "Ask the payments team.")
    assert expected == next_steps(record).steps


def test_a_version_with_braces_is_no_template(make_record: Callable[..., RunRecord], record: RunRecord) -> None:
    """A previous version named like a placeholder is shown as it is."""
    deployment = replace(record.deployment, previous="{0.__class__}{previous}")
    assert next_steps(make_record(deployment=deployment)).steps[0] == "Roll back to {0.__class__}{previous}."


@pytest.mark.parametrize("decision", Decision)
def test_every_decision_says_what_to_do(decision: Decision, make_record: Callable[..., RunRecord]) -> None:
    """No decision leaves the reader without a next step."""
    verdict = Verdict(decision=decision, exit_code=0, rule="a rule", summary="")
    assert next_steps(make_record(verdict=verdict)).steps[0].endswith(".")


def test_evidence_says_what_was_looked_at(record: RunRecord) -> None:
    """The title stands before the reason: a bare "202 > 0" names no rows."""
    assert evidence_of(record)[0].told == "It answers: step pay answered 500, not 200"


def test_a_title_that_says_nothing_new_is_left_out(make_check: Callable[..., CheckResult]) -> None:
    """The id or a part of the reason is not told twice."""
    titles = [title_of(make_check("a", title="a")), title_of(make_check("a", title="It is."), "It is so")]
    assert ["", ""] == titles
    assert title_of(make_check("a", title="It is.")) == "It is"


@pytest.mark.parametrize("change", [{"dry_run": True}, {"on_fail": OnFail.IGNORE}])
def test_checks_without_a_say_are_counted_apart(
    change: dict[str, object], make_record: Callable[..., RunRecord], make_check: Callable[..., CheckResult]
) -> None:
    """A rule that says that everything passed agrees with the numbers below it."""
    aside = make_check("b", status=Status.INCONCLUSIVE, **change)
    run = make_record(checks=(make_check("a"), aside), not_reported=())
    assert counts_text(run) == "1 passed, 1 not counted (inconclusive)"
    both = replace(run, checks=(*run.checks, make_check("c", status=Status.FAIL, **change)))
    assert counts_text(both) == "1 passed, 2 not counted (1 failed, 1 inconclusive)"


def test_failures_beside_the_evidence_are_counted(
    make_record: Callable[..., RunRecord], make_check: Callable[..., CheckResult]
) -> None:
    """What else failed is a number, without the checks that have no say."""
    checks = tuple(make_check(name, status=Status.FAIL) for name in "abc")
    verdict = Verdict(decision=Decision.ROLLBACK, exit_code=20, rule="r", summary="", evidence=("a",))
    run = make_record(checks=checks, verdict=verdict)
    assert further_failed(run) == "2 further checks failed"
    assert further_failed(replace(run, checks=(*checks[:2], replace(checks[2], dry_run=True)))) == (
        "1 further check failed"
    )
    assert further_failed(replace(run, checks=checks[:1])) == ""


def test_a_part_is_named(record: RunRecord) -> None:
    """A part says so, and its PASS does not say that there is nothing to do."""
    part = replace(record, run=replace(record.run, partial="-k pay"))
    assert partial_text(part) == "only a part was run: -k pay"
    assert partial_text(record) == ""
    passed = replace(part, verdict=Verdict(decision=Decision.PASS, exit_code=0, rule="r", summary=""))
    assert next_steps(passed).steps == ("Run the whole phase before you rely on it.",)


def test_actions_are_grouped_worst_first_and_watching_comes_last(
    make_record: Callable[..., RunRecord], make_check: Callable[..., CheckResult]
) -> None:
    """The worst finding's action opens the list, equal ones are one step, the rest is counted."""
    found = [
        make_check(f"c{number}", status=Status.FAIL, finding=Severity.HIGH, action=f"Mend {number // 2}.")
        for number in range(14)
    ]
    found.append(make_check("z", status=Status.FAIL, finding=Severity.CRITICAL, action="First this."))
    names = tuple(check.id for check in found)
    verdict = Verdict(decision=Decision.WATCH, exit_code=12, rule="r", summary="", evidence=names)
    steps = next_steps(make_record(checks=tuple(found), verdict=verdict))
    assert MOST_STEPS == len(steps.steps)
    assert steps.steps[:2] == ("First this.", "Mend 0. (2 checks)")
    assert steps.steps[-1].startswith("Keep watching")
    assert steps.more == 4


def test_a_check_that_passed_asks_for_nothing(
    make_record: Callable[..., RunRecord], make_check: Callable[..., CheckResult]
) -> None:
    """The action of a passed check is no next step, even where it is evidence."""
    verdict = Verdict(decision=Decision.HOTFIX, exit_code=13, rule="r", summary="", evidence=("a",))
    steps = next_steps(make_record(checks=(make_check("a", action="Panic."),), verdict=verdict))
    assert len(steps.steps) == 1
