"""What a GitHub workflow reads: annotations as workflow commands, and the outputs of a step; a pure renderer.

Everything from outside is escaped: it ends no line, starts no command and sets no other output.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.reporting.base import cut, headline, one_line, reason_of, worst_first
from pytest_deploycheck.status import Decision, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.model import RunRecord

MOST: Final = 9  # GitHub shows ten of each kind for a step, and the verdict is one of them
LONGEST: Final = 500
_LEVELS: Final[Mapping[Status, str]] = {
    Status.FAIL: "error",
    Status.ERROR: "warning",
    Status.INCONCLUSIVE: "warning",
    Status.WARN: "warning",
}
_VERDICTS: Final[Mapping[Decision, str]] = {Decision.PASS: "notice", Decision.WARN: "warning"}


def commands_for(record: RunRecord) -> list[str]:
    """Return one workflow command for the verdict and one for each finding, the worst first, at most 9 of each kind."""
    verdict = record.verdict
    title = f"{verdict.decision}: {headline(record)}"
    lines = [_command(_VERDICTS.get(verdict.decision, "error"), title, f"{one_line(verdict.rule)}")]
    told = dict.fromkeys(_LEVELS.values(), 0)
    for result in worst_first(record.checks):
        level = _LEVELS.get(result.status)
        if level is None or told[level] >= MOST or result.dry_run:
            continue
        told[level] += 1
        action = f" {one_line(result.action)}" if result.action else ""
        lines.append(_command(level, f"{result.status} {result.id}", f"{reason_of(result)}{action}"))
    return lines


def _command(level: str, title: str, text: str) -> str:
    return f"::{level} title={_property(cut(one_line(title), LONGEST))}::{_data(cut(text, LONGEST) or title)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def outputs(record: RunRecord, report: str) -> str:
    """Return what to append to ``$GITHUB_OUTPUT``: ``decision``, ``exit-code`` and ``report-path``."""
    values = {
        "decision": record.verdict.decision.value,
        "exit-code": str(record.verdict.exit_code),
        "report-path": report,
    }
    return "".join(_output(name, text) for name, text in values.items())


def _output(name: str, text: str) -> str:
    # nobody can guess the end of the value, so no value can end itself and begin another output
    end = f"deploycheck_{secrets.token_hex(16)}"
    return f"{name}<<{end}\n{text}\n{end}\n"
