"""Reads from the history what a board is made of, the same for the watch itself and for whoever looks from afar."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.board.building import Seen, board_of
from pytest_deploycheck.board.looks import MOST_LOOKS
from pytest_deploycheck.board.view import Alert, Going, Pace
from pytest_deploycheck.errors import HistoryError, StateError, WireError
from pytest_deploycheck.model import Deployment
from pytest_deploycheck.notify import codec
from pytest_deploycheck.notify.memory import Memory
from pytest_deploycheck.notify.remembered import HistoryState
from pytest_deploycheck.reporting.base import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_deploycheck.board.panels import Own
    from pytest_deploycheck.board.view import Board
    from pytest_deploycheck.history import History, RunRow
    from pytest_deploycheck.model import RunRecord

PACE_KEY: Final = "watch.pace"


@dataclass(slots=True)
class BoardReader:
    """Makes boards of a deployment; None stands for the deployment of the newest run in the environment."""

    history: History
    environment: str
    service: str
    target: str = ""
    deployment: str | None = None
    own: tuple[Own, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    _last: tuple[int, RunRecord] | None = field(default=None, init=False)

    def board(self, now: datetime | None = None) -> Board:
        """Return the board as it stands.

        Raises:
            HistoryError: the history cannot be read, or knows no run of the deployment.
        """
        now = now or datetime.now(UTC)
        return board_of(self.seen(), now)

    def seen(self) -> Seen:
        """Return what the history knows of the deployment.

        Raises:
            HistoryError: it cannot be read, or knows no run of the deployment.
        """
        runs = self.history.runs(self._name(), environment=self.environment, limit=MOST_LOOKS)
        if not runs:
            raise HistoryError(
                f"the history {self.history.place} knows no run of {self.deployment or 'any deployment'} "
                f"in {self.environment}",
                "Run pytest --deploy-phase=… first, or give another --deploy-id or --deploy-environment",
            )
        newest = runs[0]
        deployment = Deployment(
            id=newest.deployment,
            deployed_at=newest.deployed_at,
            version=newest.version,
            environment=newest.environment,
        )
        seen = Seen(
            deployment=deployment,
            service=self.service,
            target=self.target,
            phase=newest.phase,
            runs=runs,
            pace=self._pace(deployment),
            alerts=self._alerts(),
            own=self.own,
            links=self.links,
        )
        record = self._record(runs)
        if record is None:
            return seen
        return replace(
            seen,
            record=record,
            deployment=record.deployment,
            series=self.history.observed(
                environment=self.environment, deployment=newest.deployment, since=runs[-1].started_at
            ),
        )

    def _name(self) -> str | None:
        if self.deployment is not None:
            return self.deployment
        newest = self.history.runs(environment=self.environment, limit=1)
        return newest[0].deployment if newest else None

    def _record(self, runs: Iterable[RunRow]) -> RunRecord | None:
        for run in runs:
            if not run.finished:
                continue
            if self._last is not None and self._last[0] == run.id:
                return self._last[1]
            record = self.history.record(run.id)
            if record is not None:
                self._last = run.id, record
                return record
        return None

    def _pace(self, deployment: Deployment) -> Pace:
        stored = self.history.get_state(deployment, PACE_KEY)
        return Pace() if stored is None else pace_of(stored.value)

    def _alerts(self) -> tuple[Alert, ...] | None:
        try:
            text = HistoryState(self.history, self.environment).load()
            memory = Memory() if text is None else codec.load(Memory, text)
        except (StateError, WireError):
            return None
        return tuple(
            Alert(
                at=told.at,
                kind=one_line(told.kind),
                severity=told.severity.value,
                title=one_line(told.title),
                channel=one_line(told.channel),
            )
            for told in sorted(memory.recent, key=lambda told: told.at, reverse=True)
        )


def pace_text(pace: Pace) -> str:
    """Return what a watch says about itself, for the history."""
    return json.dumps(
        {
            "going": pace.going.value,
            "begun": _seconds(pace.begun),
            "ends": _seconds(pace.ends),
            "due": _seconds(pace.due),
            "interval": pace.interval,
            "missed": pace.missed,
        }
    )


def pace_of(text: str) -> Pace:
    """Return what a watch said about itself; nothing when the text says something else."""
    try:
        found = json.loads(text)
        return Pace(
            going=Going(found["going"]),
            begun=_time(found.get("begun")),
            ends=_time(found.get("ends")),
            due=_time(found.get("due")),
            interval=_positive(found.get("interval")),
            missed=int(found.get("missed", 0)),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError):
        return Pace()


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(float(seconds), UTC)


def _positive(seconds: float | None) -> float | None:
    return float(seconds) if seconds is not None and math.isfinite(seconds) and seconds > 0 else None
