"""Cumulative statistics kept across runs: as they stood before a deployment, else as its first run saw them.

Stands between the history and what earlier runs left; what is in them only those who counted know.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pytest_deploycheck.history import History, Snapshot
    from pytest_deploycheck.model import Deployment

BEFORE: Final = "counters.before"
FIRST: Final = "counters.first"
#: Older ones would mix what came with the deployment with days of what was before.
OLDEST: Final = timedelta(hours=24)


def read_counters(history: History, deployment: Deployment) -> dict[str, Any]:
    """Return the statistics of the run before this deployment; what that did not count, as its first run saw it.

    Raises:
        HistoryError: they cannot be read.
    """
    found: list[Snapshot | None] = []
    environment = deployment.environment
    if deployment.explicit:
        found = [history.snapshot(name, environment=environment, deployment=deployment.id) for name in (FIRST, BEFORE)]
    if not found or found[1] is None:
        last = history.snapshot(BEFORE, environment=environment, before=deployment.deployed_at)
        found += [last] if last is not None and deployment.deployed_at - last.at <= OLDEST else []
    counters: dict[str, Any] = {}
    for each in found:
        counters |= each.data if each is not None and isinstance(each.data, dict) else {}
    return counters


def keep_counters(
    history: History,
    deployment: Deployment,
    known: Mapping[str, Any],
    counted: Mapping[str, Any],
    at: datetime,
    *,
    before: bool,
) -> None:
    """Keep what was counted: by each run before a deployment, and by the first one after it that counts them.

    Raises:
        HistoryError: they cannot be written.
    """
    new = {name: counts for name, counts in counted.items() if before or name not in known}
    if new and (before or deployment.explicit):
        history.save_snapshot(deployment, BEFORE if before else FIRST, new if before else {**known, **new}, at)
