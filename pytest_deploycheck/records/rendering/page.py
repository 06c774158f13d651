"""A report as one HTML page that opens anywhere: no script, no network, light and dark, a table beside each chart."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.records.model import BAD, TICKED, Mark
from pytest_deploycheck.records.rendering.charts import svg
from pytest_deploycheck.records.wording import head, origin
from pytest_deploycheck.redact import printable
from pytest_deploycheck.reporting.base import one_line

if TYPE_CHECKING:
    from pytest_deploycheck.records.model import Chart, Grid, Line, Report, Section

_STYLE: Final = """
:root{color-scheme:light dark;--back:#fff;--text:#1c2024;--soft:#5b6470;--rule:#d7dce2;--good:#146c2e;--bad:#b3261e;
--unknown:#7a5200;--line:#1f5fbf}
@media (prefers-color-scheme:dark){:root{--back:#15181c;--text:#e8eaed;--soft:#a3adb8;--rule:#363d46;--good:#7bd88f;
--bad:#ff8a80;--unknown:#f2c36b;--line:#8ab4f8}}
body{margin:0 auto;max-width:70rem;padding:1rem;
background:var(--back);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid var(--rule)}h3{font-size:1rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}dt{color:var(--soft)}dd{margin:0}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--rule);vertical-align:top;overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600}.good{color:var(--good)}.bad{color:var(--bad);font-weight:600}
.unknown{color:var(--unknown)}
.soft{color:var(--soft)}.chart{width:100%;max-width:44rem;height:auto;display:block}
.chart text{fill:var(--soft);font-size:11px}
.grid{stroke:var(--rule)}.bar{fill:var(--line)}.line{fill:none;stroke:var(--line);stroke-width:2}.dot{fill:var(--line)}
.limit{stroke:var(--bad);stroke-dasharray:5 4}.chart .limit-name{fill:var(--bad)}
.mark{stroke:var(--soft);stroke-dasharray:2 3}
@media print{body{max-width:none}details{display:block}details>*{display:block}}
"""


def page(report: Report) -> str:
    """Return the whole page."""
    facts = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in head(report))
    sections = "".join(_section(section) for section in report.sections)
    missing = "".join(f"<li>{_text(each)}</li>" for each in report.missing)
    notes = "".join(f"<p class=soft>{_text(each)}</p>" for each in report.notes)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<link rel="icon" href="data:,"><title>{_text(report.title)}</title><style>{_STYLE}</style></head>'
        f"<body><main><h1>{_text(report.title)}</h1><dl>{facts}</dl>{sections}"
        + (f"<section><h2>Missing</h2><ul>{missing}</ul></section>" if missing else "")
        + f"{notes}</main></body></html>\n"
    )


def _text(text: object) -> str:
    return escape(printable(one_line(str(text))), quote=True)


def _section(section: Section) -> str:
    minutes = f" ({section.minutes} min)" if section.minutes else ""
    rows = "".join(_line(line) for line in section.lines)
    columns = "".join(f'<th scope="col">{name}</th>' for name in ("", "what", "value", "target", "from", "remark"))
    table = f'<div class="wide"><table><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table></div>'
    return (
        f"<section><h2>{_text(section.title)}{minutes}</h2>{table if rows else ''}"
        + "".join(f"<p>{_text(each)}</p>" for each in section.texts)
        + "".join(_grid(grid) for grid in section.grids)
        + "".join(_chart(chart) for chart in section.charts)
        + "</section>"
    )


def _line(line: Line) -> str:
    cells = (line.label, line.value, line.target, origin(line), line.note)
    return (
        f'<tr><td class="{_class(line.mark)}">{_text(line.mark.value)}</td>'
        + "".join(f"<td>{_text(cell)}</td>" for cell in cells)
        + "</tr>"
    )


def _class(mark: Mark) -> str:
    return "bad" if mark in BAD else "good" if mark in TICKED else "unknown" if mark is Mark.UNKNOWN else "soft"


def _grid(grid: Grid) -> str:
    if not grid.rows:
        return f"<h3>{_text(grid.title)}</h3><p class=soft>{_text(grid.empty)}</p>"
    columns = "".join(f'<th scope="col">{_text(each)}</th>' for each in grid.columns)
    rows = "".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in grid.rows)
    return (
        f'<h3>{_text(grid.title)}</h3><div class="wide"><table><thead><tr>{columns}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _chart(chart: Chart) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_text(name)}</th><td>{"no data" if value is None else f"{value:,.6g}"}</td></tr>'
        for name, value in chart.points
    )
    unit = f" [{_text(chart.unit)}]" if chart.unit else ""
    return (
        f"<figure><h3>{_text(chart.title)}{unit}</h3>{svg(chart) or '<p class=soft>no data</p>'}"
        f"<details><summary>the numbers</summary><table><tbody>{rows}</tbody></table></details></figure>"
    )
