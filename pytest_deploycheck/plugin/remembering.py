"""The memory of a run: opened when it begins, written as results arrive, closed when the verdict is there.

Only the process that decides does this, never a worker. A history that cannot be used is a note, and what would have
come from it is missing: that is never a PASS, and never a lost verdict.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.baselines import Asked, Choices, baseline_of, read_baselines
from pytest_deploycheck.counted import keep_counters
from pytest_deploycheck.errors import HistoryError, LockHeldError
from pytest_deploycheck.history import open_history
from pytest_deploycheck.history.journal import Journal
from pytest_deploycheck.phases import PhaseKind
from pytest_deploycheck.places import place_of
from pytest_deploycheck.plugin import sequencing
from pytest_deploycheck.plugin.memory import Memory
from pytest_deploycheck.plugin.overhead import keep_overhead, overhead_notes
from pytest_deploycheck.runs import Past, read_past

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_deploycheck.history import History
    from pytest_deploycheck.history.lock import Lock
    from pytest_deploycheck.model import Deployment, RunRecord
    from pytest_deploycheck.phases import Phase
    from pytest_deploycheck.plugin.state import DeployRun
    from pytest_deploycheck.settings.schema import Settings

LONGEST_INTERVAL: Final = 86400.0


def open_past(
    settings: Settings, deployment: Deployment, phase: Phase, now: datetime, *, measures: bool
) -> tuple[History | None, Lock | None, Past]:
    """Return the history, the lock of the deployment, and what earlier runs left; without ``measures`` only look.

    Raises:
        LockHeldError: another run of the deployment is under way and did not end in time.
    """
    history, held = None, None
    try:
        history = open_history(
            place_of(settings), service=settings.service.name, timeout=settings.history.timeout, create=measures
        )
        if measures and deployment.explicit:
            held = history.acquire(f"{deployment.environment}/{deployment.id}", settings.run.lock_timeout)
        past = read_past(history, deployment, phase.name, now=now, choices=choices_of(settings), spans=_spans(settings))
        standings = sequencing.standings_of(history, settings, deployment, phase)
        return history, held, replace(past, standings=standings)
    except LockHeldError:
        assert history is not None
        history.close()
        raise
    except HistoryError as error:
        _close(history, held)
        quiet = not measures and "there is no history" in error.message
        asked = Asked(deployment=deployment, now=now, phase=phase.name)
        baseline, notes = read_baselines(None, asked, choices_of(settings))
        if quiet:
            return None, None, Past(baseline=baseline, notes=notes)
        return None, None, Past(baseline=baseline, problem=str(error), notes=(f"no history: {error}", *notes))


def choices_of(settings: Settings) -> Choices:
    """Return which baseline each metric has."""
    own = {metric.id: metric.baseline for metric in settings.metrics if metric.baseline is not None}
    return Choices(root=settings.root, usual=settings.history.baseline, own=own)


def _spans(settings: Settings) -> dict[str, float]:
    """Return for how long before now the looks at a metric are wanted: those of ``for``, and the gap before it."""
    holding = {metric.id: metric.holding(LONGEST_INTERVAL, math.inf) for metric in settings.metrics}
    return {name: each.longest + each.max_gap for name, each in holding.items() if each is not None}


def begin(run: DeployRun, history: History, held: Lock | None) -> Memory | None:
    """Write down that the run has begun; None (and a note) when that is not possible."""
    try:
        number = history.begin_run(run.deployment, run.phase.name, run.tick, run.now)
    except HistoryError as error:
        run.notes.append(f"this run is not remembered: {error}")
        _close(history, held)
        return None
    memory = Memory(history, number, Journal(history, number, held), held, run.settings.history.timeout, {})
    memory.journal.start()
    return memory


def keep(run: DeployRun, record: RunRecord) -> RunRecord:
    """Write down what became of the run and return its record, with a note when that was not possible.

    The history stays open, and the lock fresh, until :func:`let_go`.
    """
    memory = run.memory
    record = _with_notes(record, *overhead_notes(run, record.run))
    if memory is None:
        return _with_notes(record, _lost_baseline(run, "there is no history"))
    problem = None
    try:
        memory.journal.flush(2 * memory.timeout + 1)
        memory.history.finish_run(memory.run, record)
        keep_counters(
            memory.history,
            run.deployment,
            run.past.counters,
            run.counters,
            run.now,
            before=run.phase.kind is PhaseKind.BEFORE,
        )
        never = keep_overhead(memory.history, run, memory.run, record.run)
        record = _with_notes(record, sequencing.keep(run) if record.run.finished else None, never)
    except HistoryError as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001  # whatever happens here, the verdict must not be lost
        problem = f"internal error: {type(error).__name__}"
    if memory.journal.lost_lock:
        record = _with_notes(record, "another run of this deployment took over while this one was silent")
    if problem is not None:
        problem = run.redactor.text(problem)
        return _with_notes(record, f"this run is not remembered: {problem}", _lost_baseline(run, problem))
    if run.phase.kind is PhaseKind.BEFORE:
        count = len(baseline_of(record.checks))
        record = _with_notes(record, f"baseline captured: {count} metric{'' if count == 1 else 's'}")
    return record


def let_go(run: DeployRun) -> None:
    """Close the history and give the lock back; also when the run ends without a verdict. May be called again."""
    memory, run.memory = run.memory, None
    if memory is not None:
        with suppress(HistoryError):  # what could not be written was told before
            memory.journal.close(memory.timeout)
        _close(memory.history, memory.held)


def _lost_baseline(run: DeployRun, reason: str) -> str | None:
    return f"the baseline was not captured: {reason}" if run.phase.kind is PhaseKind.BEFORE else None


def _with_notes(record: RunRecord, *notes: str | None) -> RunRecord:
    added = tuple(note for note in notes if note is not None)
    return replace(record, run=replace(record.run, notes=(*record.run.notes, *added)))


def _close(history: History | None, held: Lock | None) -> None:
    if history is None:
        return
    if held is not None:
        with suppress(HistoryError):  # then its lease ends by itself
            history.release(held)
    history.close()
