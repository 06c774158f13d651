"""What a report is made of: the history of a time, incidents and people's answers; between the history and figures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.history import STATUS
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pytest_deploycheck.analysis.audit import AuditFindings
    from pytest_deploycheck.history import History, Point, RunRow
    from pytest_deploycheck.model import Attestation, CheckResult, RunRecord
    from pytest_deploycheck.notify.memory import Incident, Told
    from pytest_deploycheck.settings.schema import Settings

_STATUSES: Final = tuple(Status)
_RECORDS_READ: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What people and alerts said: incidents (the open one first), messages, the newest answers and all of them.

    ``recorded`` is False when nobody writes incidents down: then none is no good news.
    """

    incidents: tuple[Incident, ...] = ()
    told: tuple[Told, ...] = ()
    attestations: Mapping[str, Attestation] = field(default_factory=dict)
    said: tuple[Attestation, ...] = ()
    recorded: bool = False


@dataclass(frozen=True, kw_only=True)
class Material:
    """Everything between ``since`` and ``until`` in one environment; ``deployment`` is the one that is reported on."""

    settings: Settings
    history: History
    since: datetime
    until: datetime
    now: datetime
    answers: Answers = field(default_factory=Answers)
    deployment: RunRow | None = None
    of_deployment: bool = False
    audit: AuditFindings | None = None
    problems: tuple[str, ...] = ()

    def reaching_back(self, seconds: float) -> Material:
        """Return the same material over a time of so many seconds, when that is longer."""
        begin = self.until - timedelta(seconds=seconds)
        return self if begin >= self.since else replace(self, since=begin)

    @property
    def environment(self) -> str:
        """The environment that is reported on."""
        return self.settings.service.environment

    @property
    def _only(self) -> str | None:
        return self.deployment.deployment if self.of_deployment and self.deployment is not None else None

    @cached_property
    def runs(self) -> tuple[RunRow, ...]:
        """The runs of the time, the newest first; those that never finished included."""
        return self.history.runs(self._only, environment=self.environment, since=self.since, until=self.until)

    @cached_property
    def records(self) -> tuple[RunRecord, ...]:
        """The newest whole records of the time, the newest first; the retention thins older ones."""
        found = (self.history.record(run.id) for run in self.runs[:_RECORDS_READ] if run.finished)
        return tuple(record for record in found if record is not None)

    def points(self, metric: str, *, check: str | None = None) -> tuple[Point, ...]:
        """Return what was observed of a metric in the time, the oldest first."""
        return self.history.series(
            metric,
            environment=self.environment,
            check=check,
            deployment=self._only,
            since=self.since,
            until=self.until,
        )

    @cached_property
    def statuses(self) -> Mapping[str, tuple[tuple[Point, Status], ...]]:
        """Every status of every check in the time, the oldest first."""
        found: dict[str, list[tuple[Point, Status]]] = {}
        for point in self.points(STATUS):
            if point.value is not None:
                found.setdefault(point.check, []).append((point, _STATUSES[int(point.value)]))
        return {check: tuple(points) for check, points in found.items()}

    @cached_property
    def results(self) -> Mapping[str, CheckResult]:
        """The newest whole result of each check."""
        found: dict[str, CheckResult] = {}
        for record in self.records:
            for result in record.checks:
                found.setdefault(result.id, result)
        return found

    @cached_property
    def incidents(self) -> tuple[Incident, ...]:
        """The incidents that were open at any time of the period."""
        return tuple(
            each
            for each in self.answers.incidents
            if each.opened < self.until and (each.closed is None or each.closed >= self.since)
        )
