"""Between the reports and a GitHub workflow: annotations on its page, and the outputs of its step."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.reporting import layout
from pytest_deploycheck.reporting.workflow import commands_for, outputs

if TYPE_CHECKING:
    import pytest

    from pytest_deploycheck.plugin.state import DeployRun

STEP_OUTPUT: Final = "GITHUB_OUTPUT"


def tell_workflow(run: DeployRun, config: pytest.Config) -> None:
    """Write annotations and outputs when this process is a step of a GitHub workflow."""
    record = run.record
    assert record is not None
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is not None:
        reporter.ensure_newline()
        for line in commands_for(record):
            reporter.line(line)
    path = os.environ.get(STEP_OUTPUT)
    if path:
        html = getattr(config.option, "htmlpath", None)
        report = html if html and run.settings.reports.html else str(run.report_root / "verdict.json")
        run.report_problems.extend(layout.append_text(Path(path), outputs(record, report)))
