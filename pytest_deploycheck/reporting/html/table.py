"""The table of everything measured and the filter above it; a pure renderer, the filter itself is in ``report.js``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.reporting.base import (
    condition_text,
    quantity_text,
    reason_of,
    samples_text,
    value_text,
    worst_first,
)
from pytest_deploycheck.reporting.html.base import anchor, chip, escaped, escaped_lines, link
from pytest_deploycheck.status import MARKABLE_SEVERITIES, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_deploycheck.model import CheckResult, Reading, RunRecord

LONGEST_DETAIL: Final = 4000
COLUMNS: Final = ("Check", "Status", "Measured", "Value", "Condition", "Baseline", "Samples", "Source", "Target, query")


def filters_html(record: RunRecord) -> str:
    """Return the filter by status, severity and text; its state lives in the fragment of the address."""
    statuses = Counter(str(result.status) for result in record.checks)
    severities = Counter(str(result.severity) for result in record.checks)
    return (
        '<form id="dc-filters" class="dc" role="search" aria-label="Filter the checks">'
        f"{_choices('Status', 'status', map(str, reversed(Status)), statuses)}"
        f"{_choices('Severity', 'severity', reversed(MARKABLE_SEVERITIES), severities)}"
        '<label class="dc-search">Search <input type="search" name="q" autocomplete="off" spellcheck="false"'
        ' placeholder="check, metric, reason" aria-keyshortcuts="/"></label>'
        '<button type="reset">Show all</button>'
        f'<output name="shown" aria-live="polite">{len(record.checks):,} checks</output></form>'
    )


def _choices(legend: str, name: str, words: Iterable[str], found: Mapping[str, int]) -> str:
    boxes = "".join(
        f'<label><input type="checkbox" name="{name}" value="{escaped(word)}" checked> {chip(word)}'
        f' <span class="dc-muted">{found[word]:,}</span></label>'
        for word in words
        if found[word]
    )
    return f"<fieldset><legend>{legend}</legend>{boxes}</fieldset>" if boxes else ""


def measurements_html(record: RunRecord) -> str:
    """Return the table of all checks, worst first, each with everything it measured."""
    if not record.checks:
        return '<section class="dc"><h2>Checks</h2><p>No check ran.</p></section>'
    head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    bodies = "".join(map(_body, worst_first(record.checks)))
    return (
        '<section class="dc" aria-labelledby="dc-checks"><h2 id="dc-checks">Checks</h2>'
        '<div class="dc-scroll" role="region" aria-labelledby="dc-checks" tabindex="0">'
        f'<table id="dc-table"><thead><tr>{head}</tr></thead>{bodies}</table></div>'
        '<p id="dc-none" hidden>No check fits the filter.</p></section>'
    )


def _body(result: CheckResult) -> str:
    """Return one check: its readings as rows, the check itself as their heading."""
    cells = [_reading(reading) for reading in result.readings] or ['<td colspan="7">nothing was measured</td>']
    name = f'<th scope="rowgroup" rowspan="{len(cells)}">{_check(result)}</th>'
    rows = f"<tr>{name}{_status(result, len(cells))}{cells[0]}</tr>" + "".join(f"<tr>{row}</tr>" for row in cells[1:])
    marks = f'data-status="{result.status}" data-severity="{result.severity}"'
    return f'<tbody id="{anchor(result.id)}" {marks}>{rows}</tbody>'


def _check(result: CheckResult) -> str:
    about = f'<span class="dc-title">{escaped(result.title)}</span>' if result.title not in {"", result.id} else ""
    return f'<a href="#{anchor(result.id)}">{escaped(result.id)}</a>{about}{_more(result)}'


def _more(result: CheckResult) -> str:
    """Return what a finding needs and a passed check does not: the reason, the action, the full text."""
    if result.status is Status.PASS:
        return ""
    action = f'<p class="dc-action">{escaped(result.action)}</p>' if result.action else ""
    runbook = f'<p class="dc-muted">{link(result.runbook)}</p>' if result.runbook else ""
    detail = (result.detail or "").strip("\n")
    shown = detail[:LONGEST_DETAIL] + ("\n…" if len(detail) > LONGEST_DETAIL else "")
    whole = f"<details><summary>Details</summary><pre>{escaped_lines(shown)}</pre></details>" if detail else ""
    return f'<p class="dc-reason">{escaped(reason_of(result))}</p>{action}{runbook}{whole}'


def _status(result: CheckResult, rows: int) -> str:
    found = f" &rarr; {chip(result.finding)}" if result.finding and result.finding is not result.severity else ""
    words = f'{chip(result.status)}<span class="dc-severity">{chip(result.severity)}{found}</span>'
    return f'<td class="dc-state" rowspan="{rows}">{words}<span class="dc-muted">{result.impact}</span></td>'


def _reading(reading: Reading) -> str:
    measured, judged = reading.measurement, reading.judgement
    baseline = quantity_text(judged.baseline, measured.unit) if judged.baseline is not None else ""
    asked = "".join(f"<code>{escaped(text)}</code>" for text in (measured.target, measured.query) if text)
    note = f'<span class="dc-title">{escaped(measured.note)}</span>' if measured.note else ""
    cells = (  # as in COLUMNS from the third on
        f"{escaped(measured.metric)}{note}",
        _value(reading),
        escaped(condition_text(judged)),
        escaped(baseline),
        escaped(samples_text(measured)),
        escaped(measured.source),
        asked,
    )
    return "".join(f"<td>{content}</td>" for content in cells)


def _value(reading: Reading) -> str:
    text = escaped(value_text(reading.measurement, reading.judgement.condition))
    status = reading.judgement.status
    return f"<b>{text}</b>" + ("" if status is Status.PASS else f" {chip(status)}")
