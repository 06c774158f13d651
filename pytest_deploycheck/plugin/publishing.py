"""The reports of a run: announced when it begins, written when it ends, copied into the folder of the run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from pytest_deploycheck.plugin import filing, html, notifying
from pytest_deploycheck.plugin.rolling_back import take_back
from pytest_deploycheck.plugin.workflow import tell_workflow
from pytest_deploycheck.reporting import layout
from pytest_deploycheck.reporting.summary import summary_markdown
from pytest_deploycheck.status import Decision
from pytest_deploycheck.verdict import EXIT_CODES
from pytest_deploycheck.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_deploycheck.plugin.state import DeployRun

STEP_SUMMARY: Final = "GITHUB_STEP_SUMMARY"


def arrange_reports(config: pytest.Config, run: DeployRun) -> None:
    """Let pytest-html and pytest's own JUnit writer put their files beside ours, unless the user chose other places."""
    if run.options.plan or run.collect_only:
        return
    settings = run.settings.reports
    if settings.html and config.pluginmanager.hasplugin("html"):
        if not config.option.htmlpath and _has_room(run, layout.HTML_NAME):
            config.option.htmlpath = str(run.report_root / layout.HTML_NAME)
            config.option.self_contained_html = True
        html.register(config, run)
    if settings.junit and config.pluginmanager.hasplugin("junitxml") and not config.option.xmlpath:
        config.option.xmlpath = str(run.report_root / layout.JUNIT_NAME) if _has_room(run, layout.JUNIT_NAME) else None
    config.pluginmanager.register(OtherReporters(run), "deploycheck-reporters")


class OtherReporters:
    """Keeps a report that another plugin could not write from changing the exit code."""

    def __init__(self, run: DeployRun) -> None:
        """Tell the problems of ``run``."""
        self.run = run

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Turn an error of the file system into a problem that is told with the verdict."""
        try:
            return (yield)
        except OSError as error:
            self.run.report_problems.append(f"another report could not be written: {error.strerror}")
            return None


def _has_room(run: DeployRun, name: str) -> bool:
    problems = layout.make_room(run.report_root / name)
    run.report_problems.extend(problems)
    return not problems


def announce(run: DeployRun) -> None:
    """Write that the run has begun: a run that is killed must not leave the verdict of an older one behind."""
    if run.options.plan or run.collect_only:
        return
    record = layout.unfinished_record(
        run.deployment,
        phase=run.phase.name,
        tick=run.tick,
        planned=(),
        started_at=run.now,
        tool_version=VERSION,
        exit_code=run.settings.exit_codes.get(Decision.INCONCLUSIVE, EXIT_CODES[Decision.INCONCLUSIVE]),
        service=run.settings.service.name,
        target=run.redactor.text(run.settings.service.base_url),
    )
    run.report_problems.extend(layout.start_run(record, run.report_root).problems)


def publish(run: DeployRun, config: pytest.Config) -> None:
    """Write the reports; what cannot be written is told and changes nothing about the verdict."""
    record = run.record
    assert record is not None
    written = layout.write_reports(record, run.report_root)
    run.report_problems.extend(written.problems)
    html.gather(config)
    notifying.tell(run, config)
    take_back(run, config)  # people hear of it before anything is rolled back, which may take long
    filing.file_tickets(run)  # tickets can wait
    first, record = record, run.record
    assert record is not None
    # the reports were there first: a channel that hangs, or a rollback, must not hold them back
    if record is not first:
        written = layout.write_reports(record, run.report_root)
    run.report_paths.extend(str(_shown(path, config)) for path in written.paths if path.parent == run.report_root)
    if run.settings.reports.html and config.pluginmanager.hasplugin("html") and config.option.htmlpath:
        run.report_paths.append(str(_shown(Path(config.option.htmlpath), config)))
    summary = os.environ.get(STEP_SUMMARY)
    if summary:
        run.report_problems.extend(layout.append_text(Path(summary), summary_markdown(record)))
    tell_workflow(run, config)


def keep_copies(run: DeployRun, config: pytest.Config) -> None:
    """Copy what other plugins wrote at the very end into the folder of the run."""
    if run.record is None:
        return
    for given in (config.getoption("htmlpath", None), config.getoption("xmlpath", None)):
        if given and Path(given).is_file():
            layout.keep_copy(Path(given), run.report_root, run.record)


def _shown(path: Path, config: pytest.Config) -> Path:
    try:
        return path.relative_to(config.invocation_params.dir)
    except ValueError:
        return path
