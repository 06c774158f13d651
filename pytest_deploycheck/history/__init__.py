"""The memory across runs: one store on SQLAlchemy Core, a SQLite file by default, PostgreSQL for teams.

Stands beside the sources: read before judgement, written as observations come and when the verdict is there.
"""

from __future__ import annotations

from pytest_deploycheck.history.store import History, open_history
from pytest_deploycheck.history.values import (
    STATUS,
    Observation,
    Point,
    RunRow,
    Snapshot,
    State,
    Tally,
    observations_of,
)

__all__ = [
    "STATUS",
    "History",
    "Observation",
    "Point",
    "RunRow",
    "Snapshot",
    "State",
    "Tally",
    "observations_of",
    "open_history",
]
