"""Lines for the terminal, built here and printed by the plugin; a pure renderer above :mod:`.lines`.

A line is ``(text, markup)``, the markup being keywords of pytest's ``TerminalWriter.line``. ``unicode=False`` gives
ASCII only, for terminals that cannot encode more. No line is wider than ``width``, except for a word that is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.reporting.base import (
    cut,
    headline,
    occasion,
    one_line,
    reason_of,
    repeated_text,
    run_text,
    seconds_text,
    shorten,
    value_text,
)
from pytest_deploycheck.reporting.deciding import counts_text, evidence_of, further_failed, next_steps, partial_text
from pytest_deploycheck.reporting.lines import NARROWEST, labelled, plain, plain_lines, wrapped
from pytest_deploycheck.reporting.rollback import rollback_lines
from pytest_deploycheck.status import Decision, Impact, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_deploycheck.model import CheckResult, RunRecord
    from pytest_deploycheck.reporting.deciding import NextSteps
    from pytest_deploycheck.reporting.lines import Line

MOST_EVIDENCE: Final = 5

_DECISION_COLOR: Final[Mapping[Decision, str]] = {
    Decision.ROLLBACK_NOW: "red",
    Decision.ROLLBACK: "red",
    Decision.HOTFIX: "purple",
    Decision.WATCH: "yellow",
    Decision.INCONCLUSIVE: "yellow",
    Decision.WARN: "yellow",
    Decision.PASS: "green",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A check that is due; ``why`` is the reason it was selected, ``due`` when its result is expected, both as text."""

    id: str
    severity: Severity
    impact: Impact
    title: str = ""
    why: str = ""
    due: str = ""


def result_line(result: CheckResult, width: int = 80, *, unicode: bool = True) -> str:
    """Return one line: status, id, how long it took, the value or why; its colour is :func:`.lines.status_markup`."""
    width = max(width, NARROWEST)
    room = max(18, min(60, width - 37))
    name = shorten(one_line(result.id), room).ljust(room)
    start = f"{result.status!s:<12} {name} {seconds_text(result.duration):>7}"
    return plain(cut(f"{start}  {_brief(result)}".rstrip(), width), unicode=unicode)


def _brief(result: CheckResult) -> str:
    """Return what there is to say about a check in a few words: the measured values when all is well."""
    if result.status is not Status.PASS or not result.readings:
        return reason_of(result) if result.status is not Status.PASS else ""
    return ", ".join(
        repeated_text(reading.judgement.repeated)
        if reading.judgement.repeated is not None
        else value_text(reading.measurement, None)
        for reading in result.readings[:3]
    )


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
        lines += [(text, {}) for reason in skipped for text in wrapped(f"  {reason}", width, indent=4)]
    return plain_lines(lines, unicode=unicode)


def context_lines(known: Sequence[tuple[str, str, str]], width: int = 80, *, unicode: bool = True) -> list[Line]:
    """Return what is known of the deployment: each field with its value and where that came from."""
    width = max(width, NARROWEST)
    lines: list[Line] = [("the deployment", {"bold": True})]
    for name, text, origin in known:
        about = f"{one_line(text)}  ({one_line(origin)})"
        lines += [(part, {}) for part in wrapped(f"  {name.replace('_', ' '):<12}{about}", width, indent=14)]
    return plain_lines(lines, unicode=unicode)


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
    title, rest = _title(record, width)
    lines: list[Line] = [("", {}), ("═" * width, bar)]
    lines += [(text.ljust(width), {**bar, "invert": True}) for text in wrapped(title, width, indent=2)]
    lines.append(("═" * width, bar))
    lines += labelled("partial", [partial_text(record)], width, bold=True, yellow=True)
    lines += labelled("because", [one_line(verdict.rule)], width, bold=True)
    lines += _evidence(record, width)
    lines += rollback_lines(record, width)
    lines += labelled("checks", [counts_text(record)], width)
    lines += labelled("next", _numbered(next_steps(record)), width, hang=3)
    lines += labelled("deployment", [rest], width)
    lines += labelled("run", [run_text(record)], width)
    lines += labelled("left out", [one_line(text) for text in record.run.left_out], width)
    lines += labelled("note", [one_line(text) for text in record.run.notes], width)
    lines += labelled("reports", [one_line(path) for path in reports], width)
    lines += labelled("not written", [one_line(text) for text in problems], width, red=True)
    lines += labelled("exit code", [str(verdict.exit_code)], width)
    return plain_lines(lines, unicode=unicode)


def _title(record: RunRecord, width: int) -> tuple[str, str]:
    """Return the decision with as much of its occasion as one line takes, and what did not fit into it."""
    start = f" {record.verdict.decision}  "
    whole = f"{start}{headline(record)} · {occasion(record)}"
    if len(whole) <= width:
        return whole, ""
    name, short = one_line(record.deployment.id), start + headline(record, short=True)
    fitting = f"{short} · {occasion(record)}"
    return (fitting, name) if len(fitting) <= width else (short, f"{name}, {occasion(record)}")


def _evidence(record: RunRecord, width: int) -> list[Line]:
    found = evidence_of(record)
    texts = [f"{item.status}  {item.id}  {item.told}".rstrip() for item in found[:MOST_EVIDENCE]]
    more = len(found) - MOST_EVIDENCE
    rest = [f"+{more} more" if more > 0 else "", further_failed(record)]
    return labelled("evidence", [*texts, ", ".join(filter(None, rest))], width, hang=6)


def _numbered(found: NextSteps) -> list[str]:
    more = [f"+{found.more} more in the findings"] if found.more else []
    if len(found.steps) == 1:
        return [*found.steps, *more]
    return [*(f"{number}. {step}" for number, step in enumerate(found.steps, 1)), *more]
