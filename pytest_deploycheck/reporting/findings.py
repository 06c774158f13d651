"""The findings in full for the terminal, what has one cause told once; a pure renderer above :mod:`.lines`."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.redact import printable
from pytest_deploycheck.reporting.base import (
    baseline_text,
    condition_text,
    counts_in,
    level_of,
    one_line,
    readings_worst_first,
    reason_of,
    samples_text,
    value_text,
    worst_first,
)
from pytest_deploycheck.reporting.deciding import title_of
from pytest_deploycheck.reporting.lines import NARROWEST, labelled, plain_lines, status_markup, wrapped
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_deploycheck.model import CheckResult, Reading
    from pytest_deploycheck.reporting.lines import Line

MOST_READINGS: Final = 5
MOST_DETAIL: Final = 40
MOST_ACTIONS: Final = 5

_PATH: Final = re.compile(r"(\bhttps?://[^\s/?#\"'<>]+)/[^\s\"'<>,;]*")
# what differs from one try to the next: "not asked again: no answer 8 times in a row", "(request 1 of 5)"
_TRIES: Final = re.compile(r"\b\d+ (?=times\b|attempts\b)|\s*\(request \d+ of \d+\)")


def findings_lines(results: Iterable[CheckResult], width: int = 80, *, unicode: bool = True) -> list[Line]:
    """Return a block for each finding, worst first; findings that say the same share one, with all their ids."""
    lines: list[Line] = []
    for group in grouped(results):
        block = failure_block(group[0], width) if len(group) == 1 else _group_block(group, width)
        lines += [*plain_lines(block, unicode=unicode), ("", {})]
    return lines


def grouped(results: Iterable[CheckResult]) -> list[list[CheckResult]]:
    """Return the checks worst first, those without a say last, those with the same cause together.

    What could not be measured has the same cause when the reason differs only in the path of an address; what was
    measured and is bad only when all that would be shown is the same.
    """
    groups: dict[object, list[CheckResult]] = {}
    for result in sorted(worst_first(results), key=lambda one: not counts_in(one)):
        groups.setdefault(_cause(result), []).append(result)
    return list(groups.values())


def _cause(result: CheckResult) -> object:
    reason, detail = reason_of(result), result.detail or ""
    if result.status in {Status.ERROR, Status.INCONCLUSIVE}:
        return result.status, _TRIES.sub("", _PATH.sub(r"\1/", reason)), "" if one_line(detail) in reason else detail
    shown = tuple(
        (one.measurement.value, one.measurement.target, one.measurement.query, one.judgement.condition)
        for one in result.readings
    )
    return result.status, reason, detail, repr(shown)


def _group_block(group: Sequence[CheckResult], width: int) -> list[Line]:
    """Return the block of several checks: the reason once, all ids, what to do."""
    width = max(width, NARROWEST)
    first = group[0]
    levels = Counter(level_of(result) for result in sorted(group, key=lambda one: -level_of(one).rank))
    worth = ", ".join(f"{number:,} {level}" if len(levels) > 1 else str(level) for level, number in levels.items())
    head = f"{first.status}  {len(group):,} checks · {worth}"
    lines: list[Line] = [(text, status_markup(first.status)) for text in wrapped(head, width, indent=6)]
    lines += labelled("why", [_common_reason(group)], width, bold=True)
    names = [f"{one_line(one.id)}  {title_of(one)}".rstrip() for one in group]
    if first.status in {Status.ERROR, Status.INCONCLUSIVE}:
        names = [", ".join(one_line(one.id) for one in group)]
    else:
        lines += _readings(first, width)
    lines += labelled("checks", names, width, hang=2)
    actions = dict.fromkeys(action for one in group if (action := _action(one)))
    more = [f"+{len(actions) - MOST_ACTIONS} more in the report"] if len(actions) > MOST_ACTIONS else []
    lines += labelled("action", [*list(actions)[:MOST_ACTIONS], *more], width, hang=2, bold=True)
    lines += labelled("runbook", dict.fromkeys(one_line(one.runbook or "") for one in group), width, hang=2)
    return lines + _detail(first, width)


def _common_reason(group: Sequence[CheckResult]) -> str:
    """Return the reason of a group; where the addresses differ, without their paths."""
    first = reason_of(group[0])
    addresses = {tuple(match.group() for match in _PATH.finditer(reason_of(one))) for one in group}
    return first if len(addresses) == 1 else _TRIES.sub(_kept_number, _PATH.sub(r"\1/…", first))


def _kept_number(match: re.Match[str]) -> str:
    return "" if match.group().lstrip().startswith("(") else match.group()


def _action(result: CheckResult) -> str:
    """Return what to do, nothing when the reason ends with the same advice."""
    action = one_line(result.action or "")
    return "" if action in reason_of(result) else action


def failure_block(result: CheckResult, width: int = 80, *, unicode: bool = True) -> list[Line]:
    """Return everything needed to understand and repeat a finding: value, condition, target, query, action."""
    width = max(width, NARROWEST)
    head = f"{result.status}  {one_line(result.id)} · {result.severity} · {result.impact}"
    lines: list[Line] = [(text, status_markup(result.status)) for text in wrapped(head, width, indent=6)]
    lines += labelled("check", [title_of(result)], width)
    lines += labelled("why", [reason_of(result)], width, bold=True)
    lines += _readings(result, width)
    lines += labelled("action", [_action(result)], width, bold=True)
    lines += labelled("runbook", [one_line(result.runbook or "")], width)
    lines += _detail(result, width)
    return plain_lines(lines, unicode=unicode)


def _readings(result: CheckResult, width: int) -> list[Line]:
    readings = readings_worst_first(result)
    lines = [line for reading in readings[:MOST_READINGS] for line in _reading(reading, width)]
    more = len(readings) - MOST_READINGS
    return lines + (labelled("", [f"+{more} more measurements in the report"], width) if more > 0 else [])


def _reading(reading: Reading, width: int) -> list[Line]:
    measured, judged = reading.measurement, reading.judgement
    note = f" ({one_line(measured.note)})" if measured.note else ""
    baseline = baseline_text(reading)
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
    return [line for label, text in pairs for line in labelled(label, [text], width)]


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
