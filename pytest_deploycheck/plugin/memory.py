"""One run's hold on the history; below the state of the run, above the history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_deploycheck.history import observations_of

if TYPE_CHECKING:
    from pytest_deploycheck.history import History
    from pytest_deploycheck.history.journal import Journal
    from pytest_deploycheck.history.lock import Lock
    from pytest_deploycheck.model import CheckResult


@dataclass(slots=True)
class Memory:
    """One run's hold on the history."""

    history: History
    run: int
    journal: Journal
    held: Lock | None
    timeout: float
    told: dict[str, tuple[int, object]]

    def add(self, result: CheckResult) -> None:
        """Write down what is new in a result; a check may report more than once."""
        readings, status = self.told.get(result.id, (0, None))
        fresh = replace(result, readings=result.readings[readings:])
        found = list(observations_of(fresh, datetime.now(UTC)))
        self.journal.add(found if status is not result.status else found[1:])
        self.told[result.id] = (max(readings, len(result.readings)), result.status)
