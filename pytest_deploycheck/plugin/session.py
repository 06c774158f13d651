"""The run as a whole: what was planned, what reported, and the verdict that becomes pytest's exit status.

Lives where reports arrive: in the only process, or on the controller of pytest-xdist; never on a worker.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

from pytest_deploycheck import wire
from pytest_deploycheck.attestations import answers_of
from pytest_deploycheck.errors import WireError
from pytest_deploycheck.model import CheckResult, RunInfo, RunRecord, Verdict
from pytest_deploycheck.plugin import remembering
from pytest_deploycheck.plugin.checking import REQUESTS, RESULT
from pytest_deploycheck.plugin.names import check_id
from pytest_deploycheck.plugin.publishing import keep_copies, publish
from pytest_deploycheck.plugin.recording import write_records
from pytest_deploycheck.plugin.state import DeployRun, missing_result
from pytest_deploycheck.verdict import Case, decide, trend_between
from pytest_deploycheck.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

OVERRIDABLE: Final = frozenset({pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED})
STOPPED_EARLY: Final = "stopping after "
_UNFINISHED: Final = {
    int(pytest.ExitCode.INTERRUPTED): "the run was interrupted",
    int(pytest.ExitCode.INTERNAL_ERROR): "pytest had an internal error",
    int(pytest.ExitCode.USAGE_ERROR): "the run could not start: a usage error",
}


class SessionPlugin:
    """Gathers the results and decides."""

    def __init__(self, run: DeployRun) -> None:
        """Watch over ``run``."""
        self.run = run
        self._requests: dict[str, int] = {}
        self._owners: dict[str, str] = {}
        self._stopped_early = False
        self._uncollected = False

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write down what this process will run; on a controller of pytest-xdist there is nothing here."""
        self._plan([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Write down what the workers will run."""
        self._plan(ids)

    def _plan(self, nodeids: Sequence[str]) -> None:
        for nodeid in nodeids:
            check = self.run.by_nodeid.setdefault(nodeid, check_id(nodeid))
            self.run.planned.setdefault(check, nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool | None:
        """Run nothing when only the plan was asked for."""
        return True if self.run.options.plan else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the newest word on each check; a report without a result is a lost check."""
        text = getattr(report, RESULT, None)
        worker = getattr(report, "worker_id", "")
        self._requests[worker] = max(self._requests.get(worker, 0), getattr(report, REQUESTS, 0))
        if text is not None:
            result = self._decode(text, report)
            self._keep(result, worker)
        elif hasattr(report, REQUESTS):  # it went through our hands, and had nothing new to say
            self._keep_duration(report, worker)
        elif report.when not in {"setup", "teardown"}:
            self._lost(report, report.longreprtext.splitlines()[0] if report.longreprtext else "no result arrived")

    def _keep(self, result: CheckResult, worker: str) -> None:
        """Keep the newest word of a worker, and of two workers that ran the same check the worse one."""
        known = self.run.results.get(result.id)
        owner = self._owners.setdefault(result.id, worker)
        if known is None or owner == worker or result.status > known.status:
            self._settle(result)
            self._owners[result.id] = worker

    def _settle(self, result: CheckResult) -> None:
        self.run.results[result.id] = result
        if self.run.memory is not None:
            self.run.memory.add(result)

    def _keep_duration(self, report: pytest.TestReport, worker: str) -> None:
        """Add the time of a cleanup (or of a test after its subtests) that had nothing else to say."""
        check = self._id_of(report.nodeid)
        known = self.run.results.get(check)
        if known is not None and self._owners.get(check) == worker:
            self.run.results[check] = replace(known, duration=known.duration + report.duration)

    def _decode(self, text: str, report: pytest.TestReport) -> CheckResult:
        try:
            return wire.decode_result(text)
        except WireError as error:
            return self._lost(report, f"its result could not be read: {error}")

    def _lost(self, report: pytest.TestReport, reason: str) -> CheckResult:
        check = self._id_of(report.nodeid)
        result = missing_result(check, report.nodeid, self.run.redactor.text(reason), self.run.results.get(check))
        self._settle(result)
        return result

    def _id_of(self, nodeid: str) -> str:
        return self.run.by_nodeid.get(nodeid, nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember a file that could not be collected: its checks are missing."""
        self._uncollected = self._uncollected or report.failed
        if not report.passed and self.run.unfinished is None:
            what = "could not be collected" if report.failed else "skipped itself as a whole"
            self.run.unfinished = f"{report.nodeid or 'a file'} {what}"

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that somebody stopped the run; ``-x`` under pytest-xdist comes this way too, and is no stranger."""
        self._stopped_early = str(excinfo.value).startswith(STOPPED_EARLY)
        if not self._stopped_early:
            self.run.unfinished = self.run.unfinished or "the run was interrupted"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Decide, publish, and set the exit status."""
        run = self.run
        run.observatory.close()
        if not self._uncollected:
            _show_failures_once(session.config)
        if run.options.plan or run.collect_only:
            if run.options.plan and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and run.planned:
                session.exitstatus = pytest.ExitCode.OK
            return
        run.requests = max(run.observatory.requests, sum(self._requests.values()))
        if not self._stopped_early:
            run.unfinished = run.unfinished or _UNFINISHED.get(int(exitstatus))
        status = int(session.exitstatus)
        record = build_record(run, final=True)
        if session.exitstatus in OVERRIDABLE or self._stopped_early:
            status = 0 if run.options.dry_run else record.verdict.exit_code
        record = replace(record, verdict=replace(record.verdict, exit_code=status))
        session.exitstatus = status
        run.record = write_records(run, remembering.keep(run, record))
        publish(run, session.config)
        remembering.let_go(run)

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Keep a copy of what the other reporters wrote after the verdict."""
        remembering.let_go(self.run)
        if self.run.record is not None:
            keep_copies(self.run, config)


def _show_failures_once(config: pytest.Config) -> None:
    """Leave failures to our own findings, unless a form of traceback was asked for."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is None:
        return
    if config.option.tbstyle == "auto":
        config.option.tbstyle = "no"
    if config.option.reportchars == "fE":
        reporter.reportchars = ""


def build_record(run: DeployRun, *, final: bool) -> RunRecord:
    """Return the record of the run as it stands; without ``final`` it says that the run is not finished."""
    unfinished = run.unfinished if final else "the run has not finished"
    verdict = _decide(run, unfinished)
    now = datetime.now(UTC)
    return RunRecord(
        deployment=run.deployment,
        phase=run.phase.name,
        tick=run.tick,
        verdict=verdict,
        checks=_in_planned_order(run),
        not_reported=_not_reported(run),
        attestations=tuple(run.attestations.values()),
        service=run.settings.service.name,
        target=run.redactor.text(run.settings.service.base_url),
        run=RunInfo(
            tool_version=VERSION,
            started_at=run.now,
            finished_at=now if final else None,
            seconds=round(time.monotonic() - run.started, 3),
            finished=final and unfinished is None,
            interrupted=unfinished is not None and final,
            workers=run.workers,
            requests=run.requests,
            partial=run.partial,
            left_out=tuple(f"{reason}: {count}" for reason, count in run.left_out.items()),
            notes=tuple(run.notes),
            settings_file=run.settings.path.name,
        ),
    )


def _decide(run: DeployRun, unfinished: str | None) -> Verdict:
    results = _in_planned_order(run)
    case = Case(
        results=results,
        not_reported=_not_reported(run),
        answers=answers_of(run.attestations, run.now),
        trend=trend_between(run.past.before, results),
        unfinished=unfinished,
    )
    return decide(case, strict=run.options.strict, exit_codes=run.settings.exit_codes)


def _in_planned_order(run: DeployRun) -> tuple[CheckResult, ...]:
    """Return the results in the order of the plan, however many workers brought them in which order."""
    places = {check: place for place, check in enumerate(run.planned)}
    return tuple(sorted(run.results.values(), key=lambda result: places.get(result.id, len(places))))


def _not_reported(run: DeployRun) -> tuple[str, ...]:
    return tuple(check for check in run.planned if check not in run.results)
