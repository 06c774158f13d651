"""What an earlier watch of the same deployment left in the history; the watch goes on from there."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import HistoryError, StateConflictError
from pytest_deploycheck.status import Decision
from pytest_deploycheck.verdict import EXIT_CODES
from pytest_deploycheck.watch.outcome import Tally, TickResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.history import History
    from pytest_deploycheck.model import Deployment

STATE_KEY: Final = "watch"


@dataclass(frozen=True, slots=True)
class Past:
    """What an earlier watch left: when it began, when the deployment was, its ticks, and the age at its last look."""

    begun: float
    deployed_at: datetime
    tally: Tally
    looked: float | None


def past_of(
    history: History | None, deployment: Deployment, phase: str, now: float, note: Callable[[str], object]
) -> Past:
    """Return what an earlier watch of this deployment in this phase left, or the beginning of a new one."""
    fresh = Past(now, deployment.deployed_at, Tally(now), None)
    if history is None:
        return fresh
    try:
        stored = history.get_state(deployment, STATE_KEY)
        if stored is not None:
            known = json.loads(stored.value)
            if known.get("phase") == phase:
                # whoever did not say when it was deployed meant the time at which the first watch began
                at = datetime.fromisoformat(known["deployed_at"])
                same = deployment if deployment.deployed_at_known else replace(deployment, deployed_at=at)
                return _resumed(history, same, float(known["begun"]))
        value = json.dumps({"phase": phase, "begun": now, "deployed_at": deployment.deployed_at.isoformat()})
        history.set_state(deployment, STATE_KEY, value, expected=None)
    except (HistoryError, StateConflictError, ValueError, KeyError, TypeError, AttributeError) as error:
        note(f"what an earlier watch left cannot be read: {error}")
    return fresh


def _resumed(history: History, deployment: Deployment, begun: float) -> Past:
    tally, looked = Tally(begun), None
    runs = history.runs(deployment.id, environment=deployment.environment)
    for run in sorted(runs, key=lambda run: run.started_at):
        started = run.started_at.timestamp()
        if started < begun - 1:
            continue
        decision = Decision(run.decision) if run.finished and run.decision else None
        tally.add(
            TickResult(
                at=started,
                phase=run.phase,
                started=started,
                seconds=0.0,
                tick=run.tick,
                decision=decision,
                exit_code=EXIT_CODES[Decision.INCONCLUSIVE] if run.exit_code is None else run.exit_code,
            )
        )
        looked = started - deployment.deployed_at.timestamp()
    return Past(begun, deployment.deployed_at, tally, looked)
