"""The Markdown summary: what a reviewer reads in a job summary or a chat without opening anything; a pure renderer.

Everything from outside is escaped: it starts no table cell, no link, no HTML and mentions nobody.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.reporting.base import cut, headline, occasion, one_line, run_text
from pytest_deploycheck.reporting.deciding import counts_text, evidence_of, further_failed, next_steps, partial_text
from pytest_deploycheck.reporting.rollback import step_text

if TYPE_CHECKING:
    from pytest_deploycheck.model import RunRecord

MOST_EVIDENCE: Final = 5
LONGEST_REASON: Final = 300
MOST_LEFT_OUT: Final = 5

_SPECIAL: Final = re.compile(r"[\\`*_\[\]#|~$]|^[-+=](?=\s|$)|(?<=^\d)[.)](?=\s|$)")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_REFERENCE: Final = re.compile(r"@(?=\w)|#(?=\d)|://|(?<=\bwww)\.", re.IGNORECASE)
_ZERO_WIDTH_SPACE: Final = "&#8203;"


def summary_markdown(record: RunRecord) -> str:
    """Return the run in some ten lines of GitHub-flavoured Markdown: decision, rule, evidence, counts, what to do."""
    verdict = record.verdict
    occasion_text = escape(f"{occasion(record)}, exit code {verdict.exit_code}")
    lines = [
        f"## {escape(str(verdict.decision))}: {escape(headline(record))}",
        "",
        *_partial(record),
        f"**{escape(one_line(verdict.rule))}** ({occasion_text})",
        "",
        *_evidence_table(record),
        f"**Checks:** {escape(counts_text(record))}",
        "",
        *_rollback(record),
        "**Next:**",
        "",
        *_next(record),
        "",
        f"**Run:** {escape(run_text(record))}",
        *_left_out(record),
    ]
    return "\n".join(lines) + "\n"


def _partial(record: RunRecord) -> list[str]:
    partial = partial_text(record)
    return [f"**{escape(partial[0].upper() + partial[1:])}**", ""] if partial else []


def _rollback(record: RunRecord) -> list[str]:
    steps = [f"- {escape(cut(step_text(step), LONGEST_REASON))}" for step in record.rollback]
    return ["**Rollback:**", "", *steps, ""] if steps else []


def _next(record: RunRecord) -> list[str]:
    found = next_steps(record)
    more = ["", f"+{found.more} more in the findings"] if found.more else []
    return [*(f"{number}. {escape(step)}" for number, step in enumerate(found.steps, 1)), *more]


def _evidence_table(record: RunRecord) -> list[str]:
    found, further = evidence_of(record), further_failed(record)
    beside = [f"{further}.", ""] if further else []
    if not found:
        return beside
    rows = [
        f"| {item.status} | {code(item.id)} | {escape(cut(item.told, LONGEST_REASON))} |"
        for item in found[:MOST_EVIDENCE]
    ]
    more = [f"| | +{len(found) - MOST_EVIDENCE} more | |"] if len(found) > MOST_EVIDENCE else []
    return ["| status | check | why |", "| --- | --- | --- |", *rows, *more, "", *beside]


def _left_out(record: RunRecord) -> list[str]:
    said = [*record.run.left_out, *record.run.notes]
    lines = [f"- {escape(cut(one_line(text), LONGEST_REASON))}" for text in said[:MOST_LEFT_OUT]]
    more = [f"- +{len(said) - MOST_LEFT_OUT} more"] if len(said) > MOST_LEFT_OUT else []
    return ["", *lines, *more] if lines else []


def escape(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no HTML, no links, no mentions or issue references."""
    safe = "".join(_ENTITIES.get(character, character) for character in text)
    marked = _REFERENCE.sub(lambda match: f"{match.group()}\0", safe)
    return _SPECIAL.sub(r"\\\g<0>", marked).replace("\0", _ZERO_WIDTH_SPACE)


def code(text: str) -> str:
    """Return text as a code span that also fits into a table cell."""
    if "`" in text or not text.strip():
        return escape(text)
    return "`{}`".format(text.replace("|", "\\|"))
