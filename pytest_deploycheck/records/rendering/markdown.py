"""A report as Markdown, for tickets, wikis and summaries; nothing from outside becomes markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.records.model import BAD, TICKED, Mark
from pytest_deploycheck.records.wording import head, told
from pytest_deploycheck.redact import printable
from pytest_deploycheck.reporting.base import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.records.model import Chart, Grid, Line, Report, Section

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|!~&])")
_AT: Final = re.compile(r"@(?=\w)")


def escaped(text: str) -> str:
    """Return text from outside that Markdown shows as it is, mentions included."""
    return _AT.sub("@\u200b", _SPECIAL.sub(r"\\\1", one_line(text)))


def markdown(report: Report) -> str:
    """Return the report."""
    lines = [f"# {escaped(report.title)}", ""]
    lines += [f"**{name}:** {escaped(value)}  " for name, value in head(report)]
    for section in report.sections:
        lines += ["", *_section(section)]
    if report.missing:
        lines += ["", "## Missing", "", *(f"- {escaped(each)}" for each in report.missing)]
    if report.notes:
        lines += ["", *(f"> {escaped(each)}  " for each in report.notes)]
    return printable("\n".join(lines), multiline=True) + "\n"


def _section(section: Section) -> Iterator[str]:
    minutes = f" ({section.minutes} min)" if section.minutes else ""
    yield f"## {escaped(section.title)}{minutes}"
    yield ""
    yield from (_line(line) for line in section.lines)
    if not (section.lines or section.texts or section.grids or section.charts):
        yield "none"
    for each in section.texts:
        yield ""
        yield escaped(each)
    for grid in section.grids:
        yield from _grid(grid)
    for chart in section.charts:
        yield from _grid_of(chart)


def _line(line: Line) -> str:
    said = escaped(told(line))
    words = f"{escaped(line.label)}: {said}" if said else escaped(line.label)
    if line.mark is Mark.NONE:
        return f"- {words}"
    ticked = "x" if line.mark in TICKED else " "
    return f"- [{ticked}] {f'**{words}**' if line.mark in BAD else words}"


def _grid(grid: Grid) -> Iterator[str]:
    yield ""
    yield f"**{escaped(grid.title)}**" + ("" if grid.rows else f": {escaped(grid.empty)}")
    if not grid.rows:
        return
    yield ""
    yield _row(grid.columns)
    yield "|" + " --- |" * len(grid.columns)
    yield from (_row(row) for row in grid.rows)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(escaped(cell) for cell in cells) + " |"


def _grid_of(chart: Chart) -> Iterator[str]:
    yield ""
    yield f"**{escaped(chart.title)}**"
    yield ""
    yield _row(("", chart.unit or "value"))
    yield "| --- | ---: |"
    for name, value in chart.points:
        yield _row((name, "no data" if value is None else f"{value:,.6g}"))
