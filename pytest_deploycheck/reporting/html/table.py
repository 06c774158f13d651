"""The table of everything measured and the filter above it; a pure renderer, the filter itself is in ``report.js``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.reporting.base import (
    baseline_text,
    condition_text,
    reason_of,
    samples_text,
    value_text,
    worst_first,
)
from pytest_deploycheck.reporting.deciding import title_of
from pytest_deploycheck.reporting.html.base import anchor, breakable, chip, escaped, escaped_lines, link
from pytest_deploycheck.status import MARKABLE_SEVERITIES, Impact, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_deploycheck.model import CheckResult, Reading, RunRecord

LONGEST_DETAIL: Final = 4000
COLUMNS: Final = ("Check", "Status", "Measured", "Value", "Condition", "Target, query")


def filters_html(record: RunRecord) -> str:
    """Return the filter by status, severity, impact and text; its state lives in the fragment of the address."""
    number = len(record.checks)
    statuses = Counter(str(result.status) for result in record.checks)
    severities = Counter(str(result.severity) for result in record.checks)
    impacts = Counter(str(result.impact) for result in record.checks)
    return (
        '<form id="dc-filters" class="dc" role="search" aria-label="Filter the checks">'
        f"{_choices('Status', 'status', map(str, reversed(Status)), statuses)}"
        f"{_choices('Severity', 'severity', reversed(MARKABLE_SEVERITIES), severities)}"
        f"{_choices('Impact', 'impact', map(str, Impact), impacts, chips=False)}"
        '<label class="dc-search">Search <input type="search" name="q" autocomplete="off" spellcheck="false"'
        ' placeholder="check, metric, reason" aria-keyshortcuts="/"></label>'
        '<button type="reset">Show all</button>'
        f'<output name="shown" aria-live="polite">{number:,} {"check" if number == 1 else "checks"}</output></form>'
    )


def _choices(legend: str, name: str, words: Iterable[str], found: Mapping[str, int], *, chips: bool = True) -> str:
    shown = chip if chips else escaped
    boxes = "".join(
        f'<label><input type="checkbox" name="{name}" value="{escaped(word)}" checked> {shown(word)}'
        f' <span class="dc-muted">{found[word]:,}</span></label>'
        for word in words
        if found[word]
    )
    return f"<fieldset><legend>{legend}</legend>{boxes}</fieldset>" if boxes else ""


def measurements_html(record: RunRecord) -> str:
    """Return the table of all checks, those that decided on top, then worst first, with everything they measured."""
    if not record.checks:
        return '<section class="dc"><h2>Checks</h2><p>No check ran.</p></section>'
    head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    deciding = {name: place for place, name in enumerate(record.verdict.evidence)}
    rows = sorted(worst_first(record.checks), key=lambda result: deciding.get(result.id, len(deciding)))
    bodies = "".join(_body(result, decided=result.id in deciding) for result in rows)
    return (
        '<section class="dc" aria-labelledby="dc-checks"><h2 id="dc-checks">Checks</h2>'
        '<div class="dc-scroll" role="region" aria-labelledby="dc-checks" tabindex="0">'
        f'<table id="dc-table"><thead><tr>{head}</tr></thead>{bodies}</table></div>'
        '<p id="dc-none" hidden>No check fits the filter.</p></section>'
    )


def _body(result: CheckResult, *, decided: bool) -> str:
    """Return one check: its readings as rows, the check itself as their heading."""
    cells = [_reading(reading) for reading in result.readings] or [_without_readings(result)]
    mark = '<span class="dc-chip dc-decided">decided</span>' if decided else ""
    name = f'<th scope="rowgroup" rowspan="{len(cells)}">{mark}{_check(result)}</th>'
    rows = f"<tr>{name}{_status(result, len(cells))}{cells[0]}</tr>" + "".join(f"<tr>{row}</tr>" for row in cells[1:])
    marks = f'data-status="{result.status}" data-severity="{result.severity}" data-impact="{result.impact}"'
    return f'<tbody id="{anchor(result.id)}" {marks}>{rows}</tbody>'


def _without_readings(result: CheckResult) -> str:
    """Return the cell of a check that took no values: a yes or no, or no answer at all."""
    unmeasured = result.status in {Status.INCONCLUSIVE, Status.ERROR}
    said = {Status.PASS: "as expected"}.get(result.status, "nothing was measured" if unmeasured else "")
    told = f'<p class="dc-muted">{said}</p>' if said else ""
    return f'<td colspan="{len(COLUMNS) - 2}">{told}{_more(result)}</td>'


def _check(result: CheckResult) -> str:
    title = title_of(result)
    about = f'<span class="dc-title">{escaped(title)}</span>' if title else ""
    return f'<a href="#{anchor(result.id)}">{breakable(result.id)}</a>{about}{_more(result) if result.readings else ""}'


def _more(result: CheckResult) -> str:
    """Return what a finding needs and a passed check does not: the reason, the action; of both the full text."""
    detail = (result.detail or "").strip("\n")
    shown = detail[:LONGEST_DETAIL] + ("\n…" if len(detail) > LONGEST_DETAIL else "")
    whole = f"<details><summary>Details</summary><pre>{escaped_lines(shown)}</pre></details>" if detail else ""
    if result.status is Status.PASS:
        return whole
    action = f'<p class="dc-action">{escaped(result.action)}</p>' if result.action else ""
    runbook = f'<p class="dc-muted">{link(result.runbook)}</p>' if result.runbook else ""
    return f'<p class="dc-reason">{escaped(reason_of(result))}</p>{action}{runbook}{whole}'


def _status(result: CheckResult, rows: int) -> str:
    found = f" &rarr; {chip(result.finding)}" if result.finding and result.finding is not result.severity else ""
    words = f'{chip(result.status)}<span class="dc-severity">{chip(result.severity)}{found}</span>'
    return f'<td class="dc-state" rowspan="{rows}">{words}<span class="dc-muted">{result.impact}</span></td>'


def _reading(reading: Reading) -> str:
    measured, judged = reading.measurement, reading.judgement
    baseline = f"before: {baseline_text(reading)}" if judged.baseline is not None else ""
    asked = "".join(f"<code>{breakable(text)}</code>" for text in (measured.target, measured.query) if text)
    about = (measured.note or "", measured.source, samples_text(measured))
    cells = (  # as in COLUMNS from the third on
        breakable(measured.metric) + "".join(map(_aside, about)),
        _value(reading),
        f"{escaped(condition_text(judged))}{_aside(baseline)}",
        asked,
    )
    return "".join(f"<td>{content}</td>" for content in cells)


def _aside(text: str) -> str:
    return f'<span class="dc-title">{breakable(text)}</span>' if text else ""


def _value(reading: Reading) -> str:
    text = escaped(value_text(reading.measurement, reading.judgement.condition))
    status = reading.judgement.status
    return f"<b>{text}</b>" + ("" if status is Status.PASS else f" {chip(status)}")
