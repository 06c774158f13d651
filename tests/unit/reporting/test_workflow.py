"""What a GitHub workflow reads: nothing from outside may become a command or an output of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.model import Verdict
from pytest_deploycheck.reporting.workflow import LONGEST, MOST, commands_for, outputs
from pytest_deploycheck.status import Decision, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.model import RunRecord
    from tests.unit.reporting.conftest import MakeCheck

    Make = Callable[..., RunRecord]


def verdict(decision: Decision, code: int) -> Verdict:
    """Return a verdict of that decision."""
    return Verdict(decision=decision, exit_code=code, rule="it is so", summary="it is so")


def test_the_verdict_comes_first(make_check: MakeCheck, make_record: Make) -> None:
    """Then the findings, the worst first, each with what to do; what passed is not told."""
    checks = (
        make_check("fine"),
        make_check("slow", status=Status.WARN, reason="p95 is 800 ms"),
        make_check("gone", status=Status.FAIL, reason="404", action="Look at the router."),
    )
    lines = commands_for(make_record(verdict=verdict(Decision.WATCH, 12), checks=checks))
    assert "::error title=WATCH%3A " in lines[0]
    assert ["::error title=FAIL gone::404 Look at the router.", "::warning title=WARN slow::p95 is 800 ms"] == lines[1:]


def test_no_more_than_github_shows(make_check: MakeCheck, make_record: Make) -> None:
    """Nine of each kind and the verdict."""
    checks = tuple(make_check(f"c{number}", status=Status.FAIL, reason="bad") for number in range(50))
    assert 1 + MOST == len(commands_for(make_record(verdict=verdict(Decision.WATCH, 12), checks=checks)))


@given(st.text(max_size=2000))
def test_text_stays_text(make_check: MakeCheck, make_record: Make, text: str) -> None:
    """Whatever a check says, it is one command on one line, and the title ends where we end it."""
    check = make_check(f"id {text}", status=Status.FAIL, reason=f"because {text}")
    lines = commands_for(make_record(verdict=verdict(Decision.WATCH, 12), checks=(check,)))
    assert 2 == len(lines)
    for line in lines:
        assert not set(line) & set("\r\n")
        _, title, *rest = line.split("::")
        assert set(title.partition("title=")[2]).isdisjoint(":,")
        assert rest
    assert len(lines[1]) < LONGEST * 8


@given(st.text(max_size=300))
def test_no_output_begins_another(make_record: Make, path: str) -> None:
    """A value ends at a word that nobody can guess."""
    text = outputs(make_record(verdict=verdict(Decision.PASS, 0)), path)
    found = parsed(text)
    assert {"decision": "PASS", "exit-code": "0", "report-path": path} == found


def parsed(text: str) -> dict[str, Any]:
    """Read the file as the runner does."""
    found, rest = {}, text
    while rest:
        head, _, rest = rest.partition("\n")
        name, _, end = head.partition("<<")
        value, _, rest = rest.partition(f"\n{end}\n")
        found[name] = value
    return found
