"""The words that all formats of a record share: a line in one sentence, a time, a mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.records.model import Line, Mark
from pytest_deploycheck.reporting.base import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pytest_deploycheck.records.model import Report

_BOXES: Final[Mapping[Mark, str]] = {
    Mark.DONE: "[x]",
    Mark.MET: "[x]",
    Mark.NOT_APPLICABLE: "[-]",
    Mark.FAILED: "[!]",
    Mark.MISSED: "[!]",
    Mark.OVERDUE: "[!]",
    Mark.UNKNOWN: "[?]",
    Mark.OPEN: "[ ]",
    Mark.NONE: "   ",
}


def box(mark: Mark) -> str:
    """Return a mark as a box of a checklist, three characters wide."""
    return _BOXES[mark]


def moment(at: datetime | None) -> str:
    """Return a time to the minute."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def told(line: Line) -> str:
    """Return the value of a line with its target, the number of samples, where it is from, and a remark."""
    verdict = f" {line.mark.value}" if line.mark in {Mark.MET, Mark.MISSED, Mark.FAILED, Mark.OVERDUE} else ""
    target = f" (target {line.target}:{verdict or ' unknown'})" if line.target else ""
    if not line.target and line.mark in {Mark.OVERDUE, Mark.FAILED}:
        target = f" ({line.mark.value})"
    rest = "; ".join(part for part in (origin(line), line.note) if part)
    return one_line(f"{line.value}{target}" + (f" – {rest}" if rest else "")).strip()  # noqa: RUF001  # a dash for people


def origin(line: Line) -> str:
    """Return where a value is from and of how many samples."""
    count = f"n={line.n:,}" if line.n is not None else ""
    return one_line(", ".join(part for part in (count, line.source) if part))


def head(report: Report) -> tuple[tuple[str, str], ...]:
    """Return what stands at the top of every record."""
    period = f"{moment(report.since)} to {moment(report.until)}" if report.since else ""
    release = " ".join(part for part in (report.deployment or "", report.version or "") if part)
    found = (
        ("Service", f"{report.service} in {report.environment}"),
        ("Deployment", release),
        ("Period", period),
        ("Written", moment(report.made_at)),
        ("Plan version", report.plan_version or ""),
        ("Result", report.headline),
    )
    return tuple((name, one_line(value)) for name, value in found if value)
