"""What the run itself costs and misses: its time, its requests, hosts that stopped answering, checks that never ran.

Measured by the process that decides, told as notes of the run, and kept as observations like everything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.history import Observation
from pytest_deploycheck.phases import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_deploycheck.history import History
    from pytest_deploycheck.model import RunInfo
    from pytest_deploycheck.plugin.state import DeployRun
    from pytest_deploycheck.settings.sections import Budget

RUN: Final = "deploycheck.run"
_MOST_NAMED: Final = 5


def overhead_notes(run: DeployRun, info: RunInfo) -> tuple[str, ...]:
    """Return what people should know about the run itself."""
    notes = list(_beyond(run.settings.run.budget, info))
    degraded = run.observatory.degraded
    if degraded:
        notes.append(f"stopped answering during the run: {_named(map(run.redactor.text, degraded))}")
    return tuple(notes)


def _beyond(budget: Budget, info: RunInfo) -> Iterator[str]:
    if budget.seconds is not None and info.seconds > budget.seconds:
        yield f"the run took {info.seconds:.1f} s, more than its budget of {format_duration(budget.seconds)}"
    if budget.requests is not None and info.requests > budget.requests:
        yield f"the run sent {info.requests:,} requests, more than its budget of {budget.requests:,}"


def keep_overhead(history: History, run: DeployRun, number: int, info: RunInfo) -> str | None:
    """Keep what the run cost, and return which declared checks never ran in any phase of the deployment so far.

    Raises:
        HistoryError: it cannot be written, or read.
    """
    at = info.finished_at or run.now
    load = info.requests / info.seconds if info.seconds > 0 else 0.0
    measured = (
        ("run.seconds", info.seconds, "s"),
        ("run.requests", float(info.requests), ""),
        ("run.load", load, "1/s"),
        ("run.degraded", float(len(run.observatory.degraded)), ""),
    )
    history.append(
        number, [Observation(check=RUN, metric=name, at=at, value=value, unit=unit) for name, value, unit in measured]
    )
    if not run.not_due or not run.deployment.explicit:
        return None
    ran = {tally.check for tally in history.tallies(run.deployment)}
    missing = sorted(run.not_due - ran)
    return f"declared, and not run in any phase so far: {_named(missing)}" if missing else None


def _named(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _MOST_NAMED} more" if len(listed) > _MOST_NAMED else ""
    return ", ".join(listed[:_MOST_NAMED]) + more
