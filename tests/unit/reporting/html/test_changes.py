"""What changed, as a reader of the page sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.reporting.changes import changes_between
from pytest_deploycheck.reporting.html.changes import MOST_CHANGES, changes_html
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from tests.unit.reporting.conftest import MakeCheck

HOSTILE = "<img src=x onerror=alert(1)>"


def test_nobody_looked_back() -> None:
    """Without a history there is no panel, rather than a claim."""
    assert "" == changes_html(None)


def test_the_first_run_says_so(make_check: MakeCheck) -> None:
    """Nothing to compare with, and how to have a baseline."""
    html = changes_html(changes_between(None, [make_check()]))
    assert "no earlier run" in html
    assert "--deploy-phase=pre-deploy" in html


def test_a_change_shows_both_words_and_why(make_check: MakeCheck) -> None:
    """PASS to FAIL, the way to the check, and the reason."""
    before, now = make_check("a[b]"), make_check("a[b]", status=Status.FAIL, reason="3 % > 1 %")
    html = changes_html(changes_between([before], [now], against="run 2"))
    assert "Since run 2" in html
    assert ">PASS</span> &rarr; " in html
    assert 'href="#check=a%5Bb%5D"' in html
    assert "3 % &gt; 1 %" in html


def test_the_same_again_is_a_sentence(make_check: MakeCheck) -> None:
    """No empty lists."""
    html = changes_html(changes_between([make_check()], [make_check()], against="run 2"))
    assert "No check changed its status." in html
    assert "<ul" not in html


def test_moves_are_told_in_words_that_stay_short(make_check: MakeCheck) -> None:
    """From 0, by a share, downwards with a minus sign, and by how many times when it is beyond measure."""
    values = {"up": (0, 1), "double": (1, 2), "fell": (4, 1), "blew": (0.001, 5)}
    checks = [
        make_check(name, measured={"metric": name, "value": now}, judged={"baseline": before})
        for name, (before, now) in values.items()
    ]
    html = changes_html(changes_between(None, checks))
    assert [] == [text for text in ("from 0", "+100 %", "&minus;75 %", "5,000 times") if text not in html]


def test_many_changes_are_cut(make_check: MakeCheck) -> None:
    """A release that breaks everything has a short panel."""
    checks = [make_check(f"c{number}", status=Status.FAIL) for number in range(99)]
    html = changes_html(changes_between([make_check(check.id) for check in checks], checks, against="run 1"))
    assert MOST_CHANGES + 1 == html.count("<li>")
    assert "and 87 more" in html


def test_nothing_from_outside_becomes_markup(make_check: MakeCheck) -> None:
    """Names, reasons and metrics stay text."""
    now = make_check(HOSTILE, status=Status.FAIL, reason=HOSTILE, measured={"metric": HOSTILE}, judged={"baseline": 9})
    html = changes_html(changes_between([make_check(HOSTILE), make_check(f"{HOSTILE}2")], [now], against=HOSTILE))
    assert "<img" not in html
