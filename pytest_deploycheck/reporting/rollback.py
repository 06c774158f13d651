"""What became of a rollback, in the words of all reports; pure, between model and renderers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.reporting.base import one_line, seconds_text
from pytest_deploycheck.reporting.lines import labelled, wrapped

if TYPE_CHECKING:
    from pytest_deploycheck.model import HookStep, RunRecord
    from pytest_deploycheck.reporting.lines import Line

MOST_LINES: Final = 10


def step_text(step: HookStep) -> str:
    """Return one line: what was to be done, what became of it, why, and how long it took."""
    took = f" after {seconds_text(step.seconds)}" if step.seconds else ""
    reason = f": {one_line(step.reason)}" if step.reason else ""
    return f"{one_line(step.name)} {one_line(step.state)}{took}{reason}"


def rollback_lines(record: RunRecord, width: int) -> list[Line]:
    """Return the steps for the terminal, with the end of what a failed command wrote."""
    lines: list[Line] = []
    for step in record.rollback:
        lines += labelled("rollback" if not lines else "", [step_text(step)], width, hang=2, bold=True)
        if step.state == "failed":
            written = step.output.splitlines()[-MOST_LINES:]
            lines += [(part, {}) for text in written for part in wrapped(f"{' ' * 17}{text}", width, indent=17)]
    return lines
