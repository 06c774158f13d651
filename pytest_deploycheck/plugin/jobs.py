"""The ``jobs`` fixture: by how much a declared job is overdue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_deploycheck.asking import job_asks
from pytest_deploycheck.measuring import overdue, succeeded_at, succeeded_by
from pytest_deploycheck.plugin.metering import Metrics

if TYPE_CHECKING:
    from pytest_deploycheck.model import Measurement
    from pytest_deploycheck.plugin.state import CheckState, DeployRun


class Jobs:
    """Asks when jobs last succeeded."""

    def __init__(self, run: DeployRun, state: CheckState) -> None:
        """Ask for one check."""
        self._run = run
        self._metrics = Metrics(run, state)

    def overdue(self, entry: Any) -> Measurement:
        """Return by how many seconds a declared job is overdue, 0 when it is not.

        Raises:
            CheckFailedError: it never succeeded.
            SourceError: what tells its last success gave no answer.
            InconclusiveError: it cannot be told.
        """
        run = self._run
        if entry.metric is not None:
            succeeded = succeeded_by(entry, self._metrics(entry.metric), run.now)
        else:
            (ask,) = job_asks(run.settings, entry, run.deployment, run.now)
            succeeded = succeeded_at(entry, run.observatory.observe(ask))
        return overdue(entry, succeeded, run.now)
