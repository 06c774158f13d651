"""The times to look, seen ones and missed ones, as the columns that every sparkline has in common. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.board.view import Going, Look
from pytest_deploycheck.status import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pytest_deploycheck.board.view import Pace
    from pytest_deploycheck.history.values import RunRow

MOST_LOOKS: Final = 60
# one that has begun and not ended is still under way for so long when no watch says so
UNDER_WAY: Final = timedelta(minutes=10)
_LATE: Final = 1.5
_SILENT_AFTER: Final = 15.0


def looks_of(runs: Iterable[RunRow], pace: Pace, now: datetime) -> tuple[Look, ...]:
    """Return the last looks of a deployment, the oldest first, with one for each time that was missed in between."""
    listed = sorted(runs, key=lambda run: (run.started_at, run.id))
    if listed and _runs_still(listed[-1], pace, now):
        listed.pop()
    interval = pace.interval or _usual(listed)
    found: list[Look] = []
    for before, run in zip([None, *listed], listed, strict=False):
        if before is not None and interval and before.phase == run.phase:
            apart = (run.started_at - before.started_at).total_seconds()
            missed = round(apart / interval) - 1 if apart > _LATE * interval else 0
            found += [Look(None)] * min(missed, MOST_LOOKS)
        found.append(Look(run.id, _decision(run)))
    return tuple(found[-MOST_LOOKS:])


def pace_now(pace: Pace, now: datetime) -> Pace:
    """Return the pace as it looks from outside: a watch that let its time pass without a look is silent."""
    if pace.going is not Going.WAITING or pace.due is None:
        return pace
    late = (now - pace.due).total_seconds()
    return replace(pace, going=Going.SILENT) if late > _SILENT_AFTER + (pace.interval or 0.0) else pace


def _runs_still(run: RunRow, pace: Pace, now: datetime) -> bool:
    if run.finished:
        return False
    if pace.going is Going.LOOKING:
        return pace.due is None or run.started_at >= pace.due - timedelta(seconds=1)
    return pace.going is Going.NONE and now - run.started_at < UNDER_WAY


def _usual(runs: Sequence[RunRow]) -> float | None:
    """Return the usual time between two looks (seconds), None when there are too few to tell."""
    apart = [
        (later.started_at - earlier.started_at).total_seconds()
        for earlier, later in pairwise(runs)
        if earlier.phase == later.phase
    ]
    return median(apart) if len(apart) > 2 else None  # noqa: PLR2004  # two distances have no usual one


def _decision(run: RunRow) -> Decision | None:
    return Decision(run.decision) if run.finished and run.decision else None
