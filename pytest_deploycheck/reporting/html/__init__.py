"""HTML pieces that go into pytest-html's self-contained report through its hooks; pure, everything escaped."""

from __future__ import annotations

from pytest_deploycheck.reporting.html.banner import banner_html
from pytest_deploycheck.reporting.html.charts import charts_html
from pytest_deploycheck.reporting.html.page import style_and_script
from pytest_deploycheck.reporting.html.rows import escape_cells, escape_environment, header_cells, row_cells
from pytest_deploycheck.reporting.html.table import filters_html, measurements_html

__all__ = [
    "banner_html",
    "charts_html",
    "escape_cells",
    "escape_environment",
    "filters_html",
    "header_cells",
    "measurements_html",
    "row_cells",
    "style_and_script",
]
