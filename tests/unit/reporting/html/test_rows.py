"""The columns in pytest-html's table are as many as their headings, and its gaps in escaping are closed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.reporting.html import escape_cells, escape_environment, header_cells, row_cells
from pytest_deploycheck.status import Severity, Status

if TYPE_CHECKING:
    from pytest_deploycheck.model import RunRecord

HOSTILE = "<img src=x onerror=alert(1)>"


def test_rows_have_as_many_cells_as_there_are_headings(record: RunRecord) -> None:
    """Checks and other tests alike, or the columns would shift."""
    counts = {len(row_cells(result)) for result in (*record.checks, None)}
    assert {len(header_cells())} == counts


def test_cells_carry_the_marks_of_the_filter(record: RunRecord) -> None:
    """Status and severity are readable for the script."""
    assert "data-status=FAIL data-severity=critical" in row_cells(record.checks[1])[0]


def test_cells_are_escaped(record: RunRecord) -> None:
    """A reason with markup stays text."""
    cells = "".join(row_cells(replace(record.checks[1], reason=HOSTILE)))
    assert "<img" not in cells


def test_the_test_id_is_escaped_once() -> None:
    """The id loses its markup, the other cells and an id that is escaped already stay."""
    nodeid = f"test_a.py::test[{HOSTILE}]"
    cells = ["<td>x</td>", f'<td class="col-testId">{nodeid}::setup</td>']
    escape_cells(nodeid, cells)
    expected = [
        "<td>x</td>",
        '<td class="col-testId">test_a.py::test[&lt;img src=x onerror=alert(1)&gt;]::setup</td>',
    ]
    assert expected == cells
    escape_cells(nodeid, cells)
    assert expected == cells


def test_the_environment_is_escaped_in_depth() -> None:
    """Values and the keys inside them, whatever their nesting; a second time changes nothing."""
    metadata: dict[str, Any] = {"branch": HOSTILE, "Packages": {HOSTILE: [HOSTILE, 1]}}
    escape_environment(metadata)
    once = str(metadata)
    escape_environment(metadata)
    assert "<img" not in once
    assert once == str(metadata)


def test_cells_hold_no_quotes(record: RunRecord) -> None:
    """Each quote would cost six characters for every row of the report."""
    assert [] == [cell for cell in row_cells(replace(record.checks[1], reason="r")) if '"' in cell]


def test_words_of_the_model_need_no_quotes() -> None:
    """An attribute without quotes holds none of the characters that would end it."""
    words = [member.value for scale in (Status, Severity) for member in scale]
    assert [] == [word for word in words if not word.isalpha()]
