"""The banner shows the decision and its reasons, and every word from outside as text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.model import Attestation, RunRecord, Step, Verdict
from pytest_deploycheck.reporting.html import banner_html
from pytest_deploycheck.status import Decision

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = "\"'><script>alert(1)</script>"


def test_the_decision_comes_before_its_rule_and_the_evidence(record: RunRecord) -> None:
    """Decision, rule, evidence, steps and path stand in the order in which they are needed."""
    html = banner_html(record)
    wanted = ["ROLLBACK", "a critical flow is broken", "What decided", "What to do now", "How it was decided"]
    places = [html.index(words) for words in wanted]
    assert sorted(places) == places


def test_evidence_links_to_the_check(record: RunRecord) -> None:
    """The link leads to the row of the check; a check that never reported has none."""
    html = banner_html(record)
    assert '<a href="#check=flows.works%5Bcheckout%5D">flows.works[checkout]</a>' in html
    assert "<b>logs.clean[app]</b>" in html


@pytest.mark.parametrize("decision", Decision)
def test_every_decision_has_its_colour(decision: Decision, make_record: Callable[..., RunRecord]) -> None:
    """The class that the style sheet colours is there, and the word without underscores."""
    verdict = Verdict(decision=decision, exit_code=0, rule="r", summary="")
    html = banner_html(make_record(verdict=verdict))
    assert f"dc-decision-{decision.value.lower().replace('_', '-')}" in html
    assert f">{decision.value.replace('_', ' ')}</h1>" in html


def test_nothing_from_outside_becomes_markup(record: RunRecord) -> None:
    """A script in any field stays text."""
    check = replace(
        record.checks[1], title=HOSTILE, reason=HOSTILE, action=HOSTILE, runbook=f"https://a.example/{HOSTILE}"
    )
    check = replace(check, id=HOSTILE)
    hostile = replace(
        record,
        service=HOSTILE,
        phase=HOSTILE,
        target=HOSTILE,
        checks=(check,),
        not_reported=(HOSTILE,),
        deployment=replace(
            record.deployment, id=HOSTILE, version=HOSTILE, commit=HOSTILE, environment=HOSTILE, previous=HOSTILE
        ),
        verdict=replace(
            record.verdict,
            rule=HOSTILE,
            path=(Step(question=HOSTILE, answer=HOSTILE, because=HOSTILE),),
            evidence=(HOSTILE, f"{HOSTILE}2"),
        ),
        attestations=(Attestation(id=HOSTILE, by=HOSTILE, at=record.run.started_at, answer=HOSTILE),),
        run=replace(record.run, left_out=(HOSTILE,), notes=(HOSTILE,), partial=HOSTILE),
    )
    html = banner_html(hostile)
    assert "<script" not in html
    assert "\"'" not in html
    assert html.count("&lt;script&gt;") > 15


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "http://[", "wiki/page", "//evil.example"]
)
def test_only_web_addresses_become_links(address: str, record: RunRecord) -> None:
    """A runbook that is no http address is shown as text."""
    check = replace(record.checks[1], runbook=address)
    html = banner_html(replace(record, checks=(check,)))
    assert html.count("href=") == 1


def test_a_verdict_without_evidence_says_so(make_record: Callable[..., RunRecord]) -> None:
    """A rule that rests on no single check leaves no empty panel."""
    verdict = Verdict(decision=Decision.PASS, exit_code=0, rule="everything planned ran and passed", summary="")
    html = banner_html(make_record(verdict=verdict, not_reported=()))
    assert "the rule above stands on its own" in html
    assert "How it was decided" not in html


def test_long_lists_are_counted(make_record: Callable[..., RunRecord], record: RunRecord) -> None:
    """A thousand names do not bury the verdict."""
    names = tuple(f"check-{number}" for number in range(1000))
    html = banner_html(make_record(not_reported=names, verdict=replace(record.verdict, evidence=names)))
    assert "and 980 more" in html
    assert "and 950 more" in html


def test_a_part_and_further_failures_are_said(record: RunRecord) -> None:
    """A part is named between the decision and its rule, what else failed below the evidence."""
    more = replace(record.checks[1], id="x")
    part = replace(record, checks=(*record.checks, more), run=replace(record.run, partial="-k pay"))
    html = banner_html(part)
    assert html.index("ROLLBACK</h1>") < html.index("Only a part was run: -k pay") < html.index("Because ")
    assert "1 further check failed." in html
