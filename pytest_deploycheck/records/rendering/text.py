"""A report as plain text for a terminal or a log."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.records.wording import box, head, told
from pytest_deploycheck.redact import printable
from pytest_deploycheck.reporting.base import cut, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.records.model import Chart, Grid, Line, Report, Section

_WIDTH: Final = 100
_WIDEST: Final = 44
_BAR: Final = 30


def text(report: Report) -> str:
    """Return the report."""
    lines = [f"=== {one_line(report.title)} ==="]
    lines += [f"{name}: {value}" for name, value in head(report)]
    for section in report.sections:
        lines += ["", *_section(section)]
    if report.missing:
        lines += ["", "Missing:", *(f"  - {one_line(each)}" for each in report.missing)]
    lines += [f"Note: {one_line(each)}" for each in report.notes]
    lines.append(f"=== end of {one_line(report.title)} ===")
    return printable("\n".join(lines), multiline=True) + "\n"


def _section(section: Section) -> Iterator[str]:
    minutes = f" ({section.minutes} min)" if section.minutes else ""
    yield f"{one_line(section.title)}{minutes}"
    yield "-" * len(f"{section.title}{minutes}")
    for line in section.lines:
        yield from _line(line)
    if not (section.lines or section.texts or section.grids or section.charts):
        yield "  none"
    for each in section.texts:
        yield from textwrap.wrap(one_line(each), _WIDTH, initial_indent="  ", subsequent_indent="  ")
    for grid in section.grids:
        yield from _grid(grid)
    for chart in section.charts:
        yield from _chart(chart)


def _line(line: Line) -> Iterator[str]:
    said = told(line)
    whole = f"{box(line.mark)} {one_line(line.label)}" + (f": {said}" if said else "")
    yield from textwrap.wrap(whole, _WIDTH, initial_indent="  ", subsequent_indent="        ", break_on_hyphens=False)


def _grid(grid: Grid) -> Iterator[str]:
    if not grid.rows:
        yield f"  {one_line(grid.title)}: {one_line(grid.empty)}"
        return
    yield f"  {one_line(grid.title)}"
    rows = [tuple(cut(one_line(cell), _WIDEST) for cell in row) for row in (grid.columns, *grid.rows)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(grid.columns))]
    for row in rows:
        yield "    " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _chart(chart: Chart) -> Iterator[str]:
    values = [abs(value) for _, value in chart.points if value is not None]
    most = max(values, default=0.0)
    yield f"  {one_line(chart.title)}" + (f" [{chart.unit}]" if chart.unit else "")
    width = max((len(name) for name, _ in chart.points), default=0)
    for name, value in chart.points:
        if value is None:
            yield f"    {name.ljust(width)}  no data"
        else:
            bar = "#" * round(_BAR * abs(value) / most) if most else ""
            yield f"    {name.ljust(width)}  {bar} {value:,.6g}"
