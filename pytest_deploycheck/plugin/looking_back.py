"""What the HTML report tells beside the run itself: what changed since the run before, and how each metric went.

Read from the history after the verdict is kept and before the history is closed. What cannot be read costs its part of
the report, never the verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_deploycheck.errors import HistoryError
from pytest_deploycheck.reporting.base import moment_text
from pytest_deploycheck.reporting.changes import Changes, changes_between
from pytest_deploycheck.reporting.series import LOOKED_BACK, Series, candidates, series_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_deploycheck.history import History, RunRow
    from pytest_deploycheck.model import CheckResult, Reading, RunRecord
    from pytest_deploycheck.plugin.state import DeployRun


@dataclass(frozen=True, slots=True, kw_only=True)
class LookBack:
    """What earlier runs add to a report; ``changes`` is None when nobody remembers them."""

    changes: Changes | None = None
    series: tuple[Series, ...] = ()


def look_back(run: DeployRun) -> LookBack:
    """Return what the history adds to the report of a run that has its record."""
    record, memory = run.record, run.memory
    if record is None or memory is None:
        return LookBack()
    try:
        if not memory.history.runs(environment=run.deployment.environment, until=run.now, limit=1):
            return LookBack(changes=changes_between(None, record.checks))
        return LookBack(
            changes=_changes(run, record, memory.history, memory.run),
            series=tuple(_series(run, record, memory.history)),
        )
    except HistoryError as error:
        run.report_problems.append(run.redactor.text(f"the report shows no earlier runs: {error}"))
        return LookBack()


def _changes(run: DeployRun, record: RunRecord, history: History, own: int) -> Changes:
    found = _earlier(run, history, own)
    if found is None:
        return changes_between(None, record.checks)
    same_phase = found.phase == run.phase.name
    named = f"run {found.tick} of {found.phase}"
    whose = "" if found.deployment == run.deployment.id else f" of {found.deployment}, the deployment before"
    return changes_between(
        _checks_of(run, history, found),
        record.checks,
        against=f"{named}{whose}, {moment_text(found.started_at)}",
        whole=same_phase and not record.run.partial,
    )


def _earlier(run: DeployRun, history: History, own: int) -> RunRow | None:
    """Return the last run of the deployment; of its first run the last one of the same phase before it."""
    where, deployment = run.deployment.environment, run.deployment
    # one's own run is finished in the history by now, and others may have run since it began
    if deployment.explicit:
        mine = history.runs(deployment.id, environment=where, finished=True, until=run.now, limit=2)
        before = _first_other(mine, own)
        if before is not None:
            return before
    return _first_other(
        history.runs(environment=where, phase=run.phase.name, finished=True, until=run.now, limit=2), own
    )


def _first_other(found: Iterable[RunRow], own: int) -> RunRow | None:
    return next((row for row in found if row.id != own), None)


def _checks_of(run: DeployRun, history: History, found: RunRow) -> tuple[CheckResult, ...] | None:
    if found.deployment == run.deployment.id and run.past.before is not None:
        return run.past.before  # read when the run began
    record = history.record(found.id)
    return None if record is None else record.checks


def _series(run: DeployRun, record: RunRecord, history: History) -> Iterator[Series]:
    since = min(run.deployment.deployed_at, run.now) - LOOKED_BACK
    for result, reading in candidates(record):
        points = history.series(
            reading.measurement.metric, environment=run.deployment.environment, check=result.id, since=since
        )
        yield series_of(result, reading, points, run.deployment, _declared(run, reading))


def _declared(run: DeployRun, reading: Reading) -> str | None:
    """Return the whole ladder of a declared metric: a reading that reached a level names that level only."""
    declared = run.settings.metric(reading.measurement.metric)
    levels = declared.levels if declared is not None else None
    return levels.describe(reading.measurement.unit) if levels is not None else None
