"""The formats of records, with hostile words in them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from pytest_deploycheck.records.model import Chart, Grid, Line, Mark, Report, Section
from pytest_deploycheck.records.rendering.charts import svg
from pytest_deploycheck.records.rendering.registry import FORMATS

EVIL = "<script>alert(1)</script> \x1b[31m | @all\n# x"
REPORT = Report(
    name="daily",
    title=f"Daily {EVIL}",
    service="shop",
    environment="production",
    made_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
    sections=(
        Section(
            title="Status",
            lines=(
                Line(label=EVIL, value="5 %", raw=5.0, n=3, source="here", target="< 1 %", mark=Mark.MISSED),
                Line(label="gone", value="no data", mark=Mark.UNKNOWN, note="nobody looked"),
            ),
            grids=(Grid(title="Table", columns=("a", EVIL), rows=((EVIL, "1"),)),),
            charts=(Chart(title=EVIL, points=(("1", 2.0), ("2", None), ("3", 4.0)), limits=((EVIL, 5.0),)),),
        ),
    ),
)


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_nothing_from_outside_is_markup(form: str) -> None:
    """No escape sequence and no element gets through; what is missing is named in each format."""
    found = FORMATS[form](REPORT)
    assert "\x1b" not in found
    assert "nobody looked" in found
    if form in {"html", "markdown"}:
        assert None is re.search(r"(?<!\\)<script", found)


def test_markdown_mentions_nobody() -> None:
    """A mention in a name does not call anybody."""
    assert "@all" not in FORMATS["markdown"](REPORT)


def test_json_has_the_model() -> None:
    """Numbers are numbers, unknown values are named."""
    found = json.loads(FORMATS["json"](REPORT))
    assert (1, 5.0, "missed") == (
        found["schema_version"],
        found["sections"][0]["lines"][0]["raw"],
        found["sections"][0]["lines"][0]["mark"],
    )
    assert ["gone: nobody looked"] == found["missing"]


def test_the_page_needs_no_network() -> None:
    """The page loads nothing, and says so to the browser."""
    found = FORMATS["html"](REPORT)
    assert [] == re.findall(r'(?:src|href)="(?!data:)', found)
    assert "default-src 'none'" in found


def test_a_hole_in_the_data_is_a_hole_in_the_line() -> None:
    """Two stretches are two lines; nothing is drawn where there is no data."""
    found = svg(Chart(title="t", points=(("1", 2.0), ("2", 2.0), ("3", None), ("4", 4.0), ("5", 4.0))))
    assert 2 == found.count("<polyline")


def test_a_chart_without_data_is_none() -> None:
    """A chart of nothing is not drawn."""
    assert "" == svg(Chart(title="t", points=(("1", None),)))
