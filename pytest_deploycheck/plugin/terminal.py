"""What a person sees while it runs and at its end: the plan, a line for each check, failures in full, the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.phases import format_duration
from pytest_deploycheck.plugin.spec import SPEC, CheckSpec
from pytest_deploycheck.redact import printable
from pytest_deploycheck.reporting.base import counts_in
from pytest_deploycheck.reporting.findings import findings_lines
from pytest_deploycheck.reporting.lines import status_markup
from pytest_deploycheck.reporting.terminal import Planned, context_lines, plan_lines, result_line, verdict_block
from pytest_deploycheck.status import Status
from pytest_deploycheck.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_deploycheck.plugin.state import DeployRun
    from pytest_deploycheck.reporting.lines import Line

LETTERS = {
    Status.PASS: ".",
    Status.WARN: "w",
    Status.INCONCLUSIVE: "?",
    Status.ERROR: "E",
    Status.FAIL: "F",
}
CATEGORIES = {
    Status.PASS: "passed",
    Status.WARN: "warned",
    Status.INCONCLUSIVE: "inconclusive",
    Status.ERROR: "error",
    Status.FAIL: "failed",
}


class TerminalPlugin:
    """Speaks through pytest's own terminal reporter; silent without one."""

    def __init__(self, run: DeployRun) -> None:
        """Speak about ``run``."""
        self.run = run
        self._reporter: Any = None
        self._lines = False
        self._line_width, self._line_unicode = 80, False
        self._shown: dict[str, Status] = {}

    def pytest_report_header(self) -> list[str]:
        """Say which deployment is checked, in which phase, and against what."""
        run = self.run
        deployment, settings = run.deployment, run.settings
        version = f" version {deployment.version}" if deployment.version else ""
        at = f"{deployment.deployed_at:%Y-%m-%d %H:%M:%S} UTC"
        age = format_duration(max(0, round((run.now - deployment.deployed_at).total_seconds())))
        when = f"{at} ({age} ago)" if deployment.deployed_at_known else "now (--deployed-at was not given)"
        target = printable(run.redactor.text(settings.service.base_url))
        return [
            f"deploycheck {VERSION}: {printable(deployment.id)}{printable(version)}, deployed {when}",
            (
                f"phase {run.phase.name}, {settings.service.name} at {target} ({deployment.environment}), "
                f"settings {settings.path.name}"
            ),
        ]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Find the terminal reporter, and take over its progress line where nobody asked for another form."""
        self._reporter = session.config.pluginmanager.getplugin("terminalreporter")
        self._lines = self._reporter is not None and session.config.get_verbosity() == 0 and not self.run.collect_only
        if self._lines:
            self._reporter.showfspath = False
            self._line_width, self._line_unicode = self._width(), self._unicode()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Show the plan: all of it with ``--deploy-plan``, else how much it is and what was left out."""
        if self._reporter is None or not session.items or self.run.collect_only:
            return
        if self.run.options.plan:
            self._write(self._plan(session.items))
            return
        self._summary_of_plan(len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Show how much the workers will run, once."""
        if self._reporter is not None and ids and not self._shown and not self.run.options.plan:
            self._summary_of_plan(len(ids))
            self._shown[""] = Status.PASS

    def _summary_of_plan(self, count: int) -> None:
        if not self._lines:
            return
        self._reporter.write_line(f"{count:,} {'check' if count == 1 else 'checks'} due in {self.run.phase.name}")
        for reason, left in self.run.left_out.items():
            self._reporter.write_line(f"  not planned: {left} {reason}", yellow=True)
        for note in self.run.notes:
            self._reporter.write_line(f"  note: {printable(note)}", yellow=True)

    def _plan(self, items: Iterable[pytest.Item]) -> list[Line]:
        planned = [self._planned(item.stash[SPEC]) for item in items if SPEC in item.stash]
        left_out = [f"{count} {reason}" for reason, count in self.run.left_out.items()]
        lines = plan_lines(
            planned, self._width(), phase=self.run.phase.name, left_out=left_out, unicode=self._unicode()
        )
        return [*context_lines(self._known(), self._width(), unicode=self._unicode()), *lines]

    def _known(self) -> list[tuple[str, str, str]]:
        """Return what is known of the deployment, with where each value came from; the names are also made up."""
        hide, context = self.run.redactor.text, self.run.context
        values = [(value.field, hide(value.text), hide(value.origin)) for value in context.values.values()]
        named = [] if context.text("id") else [("id", hide(self.run.deployment.id), "made up: nobody named it")]
        return [*named, *values]

    def _planned(self, spec: CheckSpec) -> Planned:
        return Planned(
            id=spec.id,
            severity=spec.severity,
            impact=spec.impact,
            title=printable(spec.title),
            why=", ".join(spec.phases) or "every run",
            due=self._due(spec),
        )

    def _due(self, spec: CheckSpec) -> str:
        if spec.due is None:
            return ""
        left = spec.due - (self.run.now - self.run.deployment.deployed_at).total_seconds()
        by = f"due by T+{format_duration(spec.due)}"
        return by if left >= 0 else f"{by}, overdue by {format_duration(round(-left))}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, Any] | None:
        """Give each check its status word; setup and cleanup are silent unless they changed it."""
        check = self._result_of(report)
        if check is None:
            return None
        status = check.status
        if self._shown.get(report.nodeid) is status or (report.when == "setup" and status is Status.PASS):
            return "", "", ""
        self._shown[report.nodeid] = status
        word = f"{status}{' (dry run)' if check.dry_run else ''}"
        category = CATEGORIES[status] if counts_in(check) else "not counted"
        if self._lines:
            return category, "", ""
        return category, LETTERS[status], (word, status_markup(status))

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the check's line as soon as its result is there."""
        check = self._result_of(report)
        if not self._lines or check is None or (report.when == "setup" and check.status is Status.PASS):
            return
        key = f"line:{report.nodeid}"
        if self._shown.get(key) is check.status:
            return
        self._shown[key] = check.status
        line = result_line(check, self._line_width, unicode=self._line_unicode)
        self._reporter.ensure_newline()
        # one write: an unbuffered output is slow, and slower while threads run beside it
        self._reporter.write(f"{line}\n", **status_markup(check.status))

    def _result_of(self, report: Any) -> Any:
        if not isinstance(report, pytest.TestReport):
            return None
        check = self.run.by_nodeid.get(report.nodeid)
        return self.run.results.get(check) if check is not None else None

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self) -> None:
        """Write the verdict last, where the eye is."""
        record = self.run.record
        if record is None or self._reporter is None:
            return
        if not self._reporter.no_summary:
            self._write_findings()
        self._write(
            verdict_block(
                record,
                self._width(),
                reports=self.run.report_paths,
                problems=self.run.report_problems,
                unicode=self._unicode(),
            )
        )

    def _write_findings(self) -> None:
        bad = [r for r in self.run.results.values() if r.status is not Status.PASS]
        if not bad:
            return
        self._reporter.section("findings")
        self._write(findings_lines(bad, self._width(), unicode=self._unicode()))

    def _write(self, lines: Iterable[Line]) -> None:
        for text, markup in lines:
            self._reporter.line(text, **markup)

    def _width(self) -> int:
        return max(40, int(self._reporter._tw.fullwidth))  # noqa: SLF001  # pytest has no public way to its width

    def _unicode(self) -> bool:
        encoding = getattr(getattr(self._reporter._tw, "_file", None), "encoding", None) or "ascii"  # noqa: SLF001
        return encoding.lower().replace("-", "").startswith("utf")
