"""The table holds everything measured, the filter offers what there is, and both escape what comes from outside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_deploycheck.reporting.html import filters_html, measurements_html
from pytest_deploycheck.status import Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.model import CheckResult, RunRecord

HOSTILE = "\"'><script>alert(1)</script>"


def test_every_check_has_a_body_with_its_marks(record: RunRecord) -> None:
    """Each check is found by its id, its status and its severity, the worst first."""
    html = measurements_html(record)
    assert len(record.checks) == html.count("<tbody ")
    first = (
        '<tbody id="check=flows.works%5Bcheckout%5D" data-status="FAIL" data-severity="critical" data-impact="flow">'
    )
    assert html.index("<tbody ") == html.index(first)


def test_a_measurement_shows_all_that_is_known(make_check: Callable[..., CheckResult], record: RunRecord) -> None:
    """Value, condition, baseline, samples, source, target and query stand in their columns."""
    check = make_check(status=Status.FAIL, judged={"severity": Severity.HIGH, "baseline": 0.31})
    html = measurements_html(replace(record, checks=(check,)))
    wanted = ["12 ms", "high: &gt; 1 s", "310 ms", "20 samples in 5s", ">http<", "GET /health", "p95 of 20 samples"]
    assert [] == [words for words in wanted if words not in html.replace("<wbr>", "")]


def test_what_decided_stands_on_top(record: RunRecord) -> None:
    """The evidence comes first, even before worse checks, and is marked."""
    verdict = replace(record.verdict, evidence=("metrics.within[errors]",))
    html = measurements_html(replace(record, verdict=verdict))
    assert html.index("<tbody ") == html.index('<tbody id="check=metrics.within%5Berrors%5D"')
    assert html.count('dc-decided">decided<') == 1
    assert html.index("dc-decided") < html.index("<tbody ", html.index("<tbody ") + 1)


def test_a_passed_check_without_values_measured_something(
    make_check: Callable[..., CheckResult], record: RunRecord
) -> None:
    """Only an error or an open question says that nothing was measured; a failure says why in the wide cell."""
    texts = {
        status: measurements_html(replace(record, checks=(make_check(status=status, reason="r" * 9, readings=()),)))
        for status in Status
    }
    unmeasured = {status for status, html in texts.items() if "nothing was measured" in html}
    assert {Status.INCONCLUSIVE, Status.ERROR} == unmeasured
    assert "as expected" in texts[Status.PASS]
    assert '<td colspan="4"><p class="dc-reason">rrrrrrrrr</p>' in texts[Status.FAIL]


def test_names_break_where_their_parts_meet(make_check: Callable[..., CheckResult], record: RunRecord) -> None:
    """A long id gets places to break, a version or an address of numbers none."""
    html = measurements_html(replace(record, checks=(make_check("endpoints.refuses_strangers[v1.4.2]"),)))
    assert ">endpoints.<wbr>refuses_<wbr>strangers<wbr>[v1.4.2]</a>" in html


def test_a_check_without_measurements_is_still_there(record: RunRecord) -> None:
    """An error leaves a row that says that nothing was measured."""
    assert "nothing was measured" in measurements_html(replace(record, checks=record.checks[-1:]))


def test_no_checks_are_said_aloud(record: RunRecord) -> None:
    """An empty table is a sentence."""
    assert "No check ran." in measurements_html(replace(record, checks=()))


def test_the_filter_offers_what_there_is(record: RunRecord) -> None:
    """One box for each status and severity that occurs, with its count."""
    html = filters_html(record)
    values = ["FAIL", "ERROR", "INCONCLUSIVE", "WARN", "PASS", "critical", "high", "medium"]
    assert [] == [value for value in values if html.count(f'value="{value}"') != 1]
    assert 'value="low"' not in html


def test_nothing_from_outside_becomes_markup(make_check: Callable[..., CheckResult], record: RunRecord) -> None:
    """A script in any field of a check stays text."""
    names = ("metric", "value", "unit", "window", "source", "query", "target", "note")
    check = make_check(
        HOSTILE,
        status=Status.FAIL,
        title=HOSTILE,
        reason=HOSTILE,
        action=HOSTILE,
        runbook=HOSTILE,
        detail=HOSTILE,
        measured=dict.fromkeys(names, HOSTILE),
        judged={"condition": HOSTILE},
    )
    hostile = replace(record, checks=(check,))
    html = measurements_html(hostile) + filters_html(hostile)
    assert "<script" not in html
    assert "\"'" not in html


def test_a_thousand_checks_stay_small(make_check: Callable[..., CheckResult], record: RunRecord) -> None:
    """The table of 1,000 checks has less than 1.5 MB."""
    checks = tuple(make_check(f"endpoints.answers[e{number}]", reason="r" * 80) for number in range(1000))
    assert len(measurements_html(replace(record, checks=checks))) < 1_500_000


def test_a_page_long_detail_is_cut(make_check: Callable[..., CheckResult], record: RunRecord) -> None:
    """The report holds the start of a long text, not a megabyte of it."""
    check = make_check(status=Status.FAIL, detail="x" * 1_000_000)
    assert len(measurements_html(replace(record, checks=(check,)))) < 10_000
