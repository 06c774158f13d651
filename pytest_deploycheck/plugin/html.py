"""The bridge to pytest-html: where report.html goes, what we add. pytest-html inserts raw, so all is escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_deploycheck.plugin.looking_back import LookBack, look_back
from pytest_deploycheck.reporting.html import (
    banner_html,
    charts_html,
    escape_cells,
    escape_environment,
    filters_html,
    header_cells,
    measurements_html,
    row_cells,
    style_and_script,
)

if TYPE_CHECKING:
    from pytest_deploycheck.plugin.state import DeployRun

NAME: Final = "deploycheck-html"


class HtmlPlugin:
    """Adds the verdict, the filters and the measurements to pytest-html's report."""

    def __init__(self, run: DeployRun) -> None:
        """Report about ``run``."""
        self.run = run
        self.past = LookBack()

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        """Name the deployment in the title."""
        report.title = f"Deployment {self.run.redactor.text(self.run.deployment.id)}"

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Put the verdict first."""
        record = self.run.record
        if record is not None:
            prefix += [style_and_script(), banner_html(record, self.past.changes), filters_html(record)]
            prefix += [charts_html(self.past.series), measurements_html(record)]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Add the columns of a check."""
        cells += header_cells()

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        """Add the cells of a check; the ids that pytest-html put in are escaped.

        pytest-html asks for a row of every setup and cleanup, too, and drops those that passed: they get none.
        """
        if report.when in {"setup", "teardown"} and report.outcome == "passed":
            if not report.sections:  # a cleanup's output would go to the row of the check
                cells.clear()
            return
        escape_cells(report.nodeid, cells)
        check = self.run.by_nodeid.get(report.nodeid)
        cells += row_cells(self.run.results.get(check) if check is not None else None)

    @pytest.hookimpl(optionalhook=True, trylast=True)
    def pytest_metadata(self, metadata: dict[str, Any]) -> None:
        """Escape the environment table."""
        escape_environment(metadata)


def register(config: pytest.Config, run: DeployRun) -> None:
    """Add our part to what pytest-html writes."""
    config.pluginmanager.register(HtmlPlugin(run), NAME)


def gather(config: pytest.Config) -> None:
    """Read what the report needs of the history, while it is open."""
    plugin = config.pluginmanager.get_plugin(NAME)
    if isinstance(plugin, HtmlPlugin) and config.option.htmlpath:
        plugin.past = look_back(plugin.run)
