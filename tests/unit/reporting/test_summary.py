"""The Markdown summary is short, complete, and nothing from outside becomes markup."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.model import RunRecord, Verdict
from pytest_deploycheck.reporting.summary import code, escape, summary_markdown
from pytest_deploycheck.status import Decision, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.model import CheckResult


def test_the_whole_summary(record: RunRecord) -> None:
    """Decision, rule, evidence, counts, next steps and the run, in this order."""
    expected = """\
## ROLLBACK: shop 4.2.1 (2026-01-31-a) in production

**a critical flow is broken** (first-hour, run 3, exit code 20)

| status | check | why |
| --- | --- | --- |
| FAIL | `flows.works[checkout]` | It answers: step pay answered 500, not 200 |
| no result | `logs.clean[app]` | planned, and never reported |

**Checks:** 1 failed, 1 never reported, 1 could not be measured, 1 inconclusive, 1 with a warning, 1 passed

**Next:**

1. Roll back to 4.2.0.
2. Ask the payments team.

**Run:** 12.3 s, 45 requests, 4 workers
"""
    assert expected == summary_markdown(record)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", "a\\|b"),
        ("`x` *y* _z_ ~w~ $v$", "\\`x\\` \\*y\\* \\_z\\_ \\~w\\~ \\$v\\$"),
        ("<script>&", "&lt;script&gt;&amp;"),
        ("[a](javascript:b)", "\\[a\\](javascript:b)"),
        ("@octocat fixed #12", "@&#8203;octocat fixed \\#&#8203;12"),
        ("http://a.example www.b.example", "http://&#8203;a.example www.&#8203;b.example"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        ("2026-01-31: 1.5 ms", "2026-01-31: 1.5 ms"),
    ],
    ids=["pipe", "emphasis", "html", "link", "mention", "autolink", "list", "number", "harmless"],
)
def test_markup_is_escaped(text: str, expected: str) -> None:
    """Each kind of markup loses its meaning, and harmless text stays as it is."""
    assert expected == escape(text)


@given(st.text(alphabet="`|<>@#a\\*[]!()", max_size=20))
def test_no_cell_ever_ends_early(text: str) -> None:
    """No bare pipe, backtick or angle bracket survives in an escaped text."""
    bare = escape(text).replace("\\\\", "")
    assert [] == [mark for mark in ("|", "`", "*", "[") if mark in bare.replace(f"\\{mark}", "")]
    assert not {"<", ">"} & set(bare)


def test_code_with_a_backtick_is_escaped_text() -> None:
    """A code span cannot be left through a backtick, nor a cell through a pipe."""
    expected = ["\\`a\\`", "`a\\|b`"]
    assert expected == [code("`a`"), code("a|b")]


def test_hostile_records_stay_in_their_cells(record: RunRecord) -> None:
    """A reason with line breaks, pipes and HTML stays one row."""
    hostile = "</td>\n| x | y |\n# big <img src=x> @everyone"
    check = replace(record.checks[1], reason=hostile)
    text = summary_markdown(replace(record, checks=(check,)))
    rows = [line for line in text.splitlines() if line.startswith("| FAIL")]
    assert len(rows) == 1
    assert "<img" not in text
    assert "@everyone" not in text


def test_much_is_counted(make_record: Callable[..., RunRecord], make_check: Callable[..., CheckResult]) -> None:
    """A hundred failures and notes stay a short text."""
    checks = tuple(make_check(f"c{number}", status=Status.FAIL, reason="r" * 999) for number in range(100))
    verdict = Verdict(
        decision=Decision.WATCH, exit_code=12, rule="r", summary="", evidence=tuple(check.id for check in checks)
    )
    record = make_record(checks=checks, verdict=verdict)
    record = replace(record, run=replace(record.run, notes=tuple(f"note {number}" for number in range(100))))
    text = summary_markdown(record)
    assert "+95 more" in text
    assert "- +95 more" in text
    assert len(text) < 5000


def test_what_else_failed_and_a_part_are_said(record: RunRecord, make_check: Callable[..., CheckResult]) -> None:
    """A part is named above the rule, further failures below the evidence, cut actions below the steps."""
    more = tuple(make_check(f"x{number}", status=Status.FAIL) for number in range(7))
    text = summary_markdown(replace(record, checks=record.checks + more, run=replace(record.run, partial="-k pay")))
    assert text.index("**Only a part was run: -k pay**") < text.index("**a critical flow is broken**")
    assert "\n7 further checks failed.\n" in text


def test_cut_actions_are_counted(make_record: Callable[..., RunRecord], make_check: Callable[..., CheckResult]) -> None:
    """More actions than there is room for are a number."""
    checks = tuple(make_check(f"c{number}", status=Status.FAIL, action=f"Do {number}.") for number in range(9))
    names = tuple(check.id for check in checks)
    verdict = Verdict(decision=Decision.ROLLBACK, exit_code=20, rule="r", summary="", evidence=names)
    assert "\n+5 more in the findings\n" in summary_markdown(make_record(checks=checks, verdict=verdict))
