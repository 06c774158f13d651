"""Lines for the terminal, built here and printed by the plugin; a pure renderer above :mod:`.base`.

A line is ``(text, markup)``, the markup being keywords of pytest's ``TerminalWriter.line``. ``unicode=False`` gives
ASCII only, for terminals that cannot encode more. No line is wider than ``width``, except for a word that is.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.redact import printable
from pytest_deploycheck.reporting.base import (
    condition_text,
    counts_text,
    cut,
    evidence_of,
    headline,
    next_steps,
    occasion,
    one_line,
    quantity_text,
    readings_worst_first,
    reason_of,
    run_text,
    samples_text,
    seconds_text,
    shorten,
    value_text,
)
from pytest_deploycheck.status import Decision, Impact, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_deploycheck.model import CheckResult, Reading, RunRecord

Markup = dict[str, bool]
Line = tuple[str, Markup]

MOST_EVIDENCE: Final = 5
MOST_READINGS: Final = 5
MOST_DETAIL: Final = 40
LABEL_WIDTH: Final = 11
NARROWEST: Final = 40

_STATUS_MARKUP: Final[Mapping[Status, Markup]] = {
    Status.PASS: {"green": True},
    Status.WARN: {"yellow": True},
    Status.INCONCLUSIVE: {"yellow": True, "bold": True},
    Status.ERROR: {"purple": True, "bold": True},
    Status.FAIL: {"red": True, "bold": True},
}
_DECISION_COLOR: Final[Mapping[Decision, str]] = {
    Decision.ROLLBACK_NOW: "red",
    Decision.ROLLBACK: "red",
    Decision.HOTFIX: "purple",
    Decision.WATCH: "yellow",
    Decision.INCONCLUSIVE: "yellow",
    Decision.WARN: "yellow",
    Decision.PASS: "green",
}
_ASCII: Final = str.maketrans({"═": "=", "─": "-", "·": "-", "…": "~", "→": ">"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A check that is due; ``why`` is the reason it was selected, ``due`` when its result is expected, both as text."""

    id: str
    severity: Severity
    impact: Impact
    title: str = ""
    why: str = ""
    due: str = ""


def status_markup(status: Status) -> Markup:
    """Return the colours of a status."""
    return dict(_STATUS_MARKUP[status])


def result_line(result: CheckResult, width: int = 80, *, unicode: bool = True) -> str:
    """Return one line: status, id, how long it took, the value or why; its colour is :func:`status_markup`."""
    width = max(width, NARROWEST)
    room = max(18, min(60, width - 37))
    name = shorten(one_line(result.id), room).ljust(room)
    start = f"{result.status!s:<12} {name} {seconds_text(result.duration):>7}"
    return _plain(cut(f"{start}  {_brief(result)}".rstrip(), width), unicode=unicode)


def _brief(result: CheckResult) -> str:
    """Return what there is to say about a check in a few words: the measured values when all is well."""
    if result.status is not Status.PASS or not result.readings:
        return reason_of(result) if result.status is not Status.PASS else ""
    return ", ".join(value_text(reading.measurement, None) for reading in result.readings[:3])


def failure_block(result: CheckResult, width: int = 80, *, unicode: bool = True) -> list[Line]:
    """Return everything needed to understand and repeat a finding: value, condition, target, query, action."""
    width = max(width, NARROWEST)
    head = f"{result.status}  {one_line(result.id)} · {result.severity} · {result.impact}"
    lines: list[Line] = [(text, status_markup(result.status)) for text in _wrapped(head, width, indent=6)]
    if result.title and result.title != result.id:
        lines += _labelled("check", [one_line(result.title)], width)
    lines += _labelled("why", [reason_of(result)], width, bold=True)
    readings = readings_worst_first(result)
    for reading in readings[:MOST_READINGS]:
        lines += _reading(reading, width)
    if len(readings) > MOST_READINGS:
        lines += _labelled("", [f"+{len(readings) - MOST_READINGS} more measurements in the report"], width)
    lines += _labelled("action", [one_line(result.action or "")], width, bold=True)
    lines += _labelled("runbook", [one_line(result.runbook or "")], width)
    lines += _detail(result, width)
    return _plain_lines(lines, unicode=unicode)


def _reading(reading: Reading, width: int) -> list[Line]:
    measured, judged = reading.measurement, reading.judgement
    note = f" ({one_line(measured.note)})" if measured.note else ""
    baseline = quantity_text(judged.baseline, measured.unit) if judged.baseline is not None else ""
    value = f"{one_line(measured.metric)} = {value_text(measured, judged.condition)}{note}"
    pairs = (
        ("value", value),
        ("condition", condition_text(judged)),
        ("baseline", baseline),
        ("source", one_line(measured.source)),
        ("target", one_line(measured.target or "")),
        ("query", one_line(measured.query or "")),
        ("samples", samples_text(measured)),
    )
    return [line for label, text in pairs for line in _labelled(label, [text], width)]


def _detail(result: CheckResult, width: int) -> list[Line]:
    text = (result.detail or "").strip("\n")
    if not text.strip() or one_line(text) in reason_of(result):
        return []
    kept = text.splitlines()[:MOST_DETAIL]
    left = len(text.splitlines()) - len(kept)
    lines: list[Line] = [("", {})]
    for line in kept:
        whole = printable(line.expandtabs(4)).rstrip()
        lines += [(f"    {part}", {}) for part in textwrap.wrap(whole, width - 4, drop_whitespace=False) or [""]]
    return lines + ([(f"    … {left} more lines in the report", {})] if left else [])


def plan_lines(
    planned: Sequence[Planned], width: int = 80, *, phase: str, left_out: Iterable[str] = (), unicode: bool = True
) -> list[Line]:
    """Return what would be checked in the phase and why, and what would not."""
    width = max(width, NARROWEST)
    noun = "check is" if len(planned) == 1 else "checks are"
    lines: list[Line] = [(f"{len(planned):,} {noun} due in {one_line(phase)}", {"bold": True})]
    room = min(max((len(one_line(item.id)) for item in planned), default=0), max(20, width - 44))
    for item in planned:
        name = shorten(one_line(item.id), room).ljust(room)
        about = ", ".join(part for part in (item.why, item.due and f"due {item.due}", item.title) if part)
        text = f"  {item.severity!s:<8}  {name}  {item.impact!s:<12}  {one_line(about)}".rstrip()
        lines.append((cut(text, width), {}))
    skipped = [one_line(reason) for reason in left_out]
    if skipped:
        lines.append((f"{len(skipped):,} not planned", {"bold": True}))
        lines += [(text, {}) for reason in skipped for text in _wrapped(f"  {reason}", width, indent=4)]
    return _plain_lines(lines, unicode=unicode)


def verdict_block(
    record: RunRecord,
    width: int = 80,
    *,
    reports: Sequence[str] = (),
    problems: Sequence[str] = (),
    unicode: bool = True,
) -> list[Line]:
    """Return the end of a run: the decision first, then what decided, the evidence, the counts and what to do next.

    ``reports`` are the addresses of the written files, ``problems`` what could not be written.
    """
    width = max(width, NARROWEST)
    verdict, color = record.verdict, _DECISION_COLOR[record.verdict.decision]
    bar = {color: True, "bold": True}
    lines: list[Line] = [("", {}), ("═" * width, bar)]
    title = f" {verdict.decision}  {headline(record)} · {occasion(record)}"
    lines += [(text.ljust(width), {**bar, "invert": True}) for text in _wrapped(title, width, indent=2)]
    lines.append(("═" * width, bar))
    lines += _labelled("because", [one_line(verdict.rule)], width, bold=True)
    lines += _evidence(record, width)
    lines += _labelled("checks", [counts_text(record)], width)
    lines += _labelled("next", _numbered(next_steps(record)), width, hang=3)
    lines += _labelled("run", [run_text(record)], width)
    lines += _labelled("left out", [one_line(text) for text in record.run.left_out], width)
    lines += _labelled("note", [one_line(text) for text in record.run.notes], width)
    lines += _labelled("reports", [one_line(path) for path in reports], width)
    lines += _labelled("not written", [one_line(text) for text in problems], width, red=True)
    lines += _labelled("exit code", [str(verdict.exit_code)], width)
    return _plain_lines(lines, unicode=unicode)


def _evidence(record: RunRecord, width: int) -> list[Line]:
    found = evidence_of(record)
    texts = [f"{item.status}  {item.id}  {item.reason}".rstrip() for item in found[:MOST_EVIDENCE]]
    more = len(found) - MOST_EVIDENCE
    return _labelled("evidence", [*texts, *([f"+{more} more"] if more > 0 else [])], width, hang=6)


def _numbered(steps: Sequence[str]) -> list[str]:
    return [f"{number}. {step}" for number, step in enumerate(steps, 1)] if len(steps) > 1 else list(steps)


def _labelled(label: str, texts: Iterable[str], width: int, *, hang: int = 0, **markup: bool) -> list[Line]:
    """Return the texts below each other beside one label; nothing at all when there is no text."""
    lines: list[Line] = []
    for text in filter(None, texts):
        shown = "" if lines else label
        for part in _wrapped(text, width - LABEL_WIDTH - 4, indent=hang):
            lines.append((f"  {shown:<{LABEL_WIDTH}}  {part}", dict(markup)))
            shown = ""
    return lines


def _wrapped(text: str, width: int, *, indent: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=" " * indent, break_on_hyphens=False) or [""]


def _plain(text: str, *, unicode: bool) -> str:
    return text if unicode else text.translate(_ASCII).encode("ascii", "backslashreplace").decode()


def _plain_lines(lines: Iterable[Line], *, unicode: bool) -> list[Line]:
    return [(_plain(text, unicode=unicode), markup) for text, markup in lines]
