"""The history as JSON lines, for other programs and for moving it to another database; above the tables.

The first line says what it is; then come runs with their records, then the points of each series, then states. Reading
them into a history adds the runs that it does not have.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from pytest_deploycheck import wire
from pytest_deploycheck.errors import HistoryError, WireError
from pytest_deploycheck.history import ledger, observations
from pytest_deploycheck.history.keeping import get_state, set_state
from pytest_deploycheck.history.schema import deployments, records, runs, scopes, series, state
from pytest_deploycheck.history.texts import clean, or_replace
from pytest_deploycheck.history.values import from_ms, to_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from pytest_deploycheck.history.values import RunRow

VERSION: Final = 1
_MARK: Final = "deploycheck_history"
_AT_ONCE: Final = 1000
LARGEST_LINE: Final = 128 * 1024 * 1024
_RUN_KEYS: Final = ("decision", "exit_code", "rule", "summary", "invalid", "finished")


def export_lines(connection: Connection, service: str, listed: Iterable[RunRow]) -> Iterator[str]:
    """Yield the lines of some runs, the oldest first, with everything that they observed."""
    chosen = {row.id: row for row in sorted(listed, key=lambda row: (row.started_at, row.id))}
    yield _line({_MARK: VERSION, "service": service})
    for row in chosen.values():
        record = ledger.record_of(connection, row.id)
        yield _line(
            {
                "run": row.id,
                "deployment": row.deployment,
                "environment": row.environment,
                "version": row.version,
                "deployed_at": to_ms(row.deployed_at),
                "phase": row.phase,
                "tick": row.tick,
                "started_at": to_ms(row.started_at),
                "finished_at": None if row.finished_at is None else to_ms(row.finished_at),
                **{key: getattr(row, key) for key in _RUN_KEYS},
                "record": None if record is None else json.loads(wire.encode_record(record)),
            }
        )
    if chosen:
        yield from _points(connection, service, chosen)
        yield from _states(connection, service, {(row.environment, row.deployment) for row in chosen.values()})


def _points(connection: Connection, service: str, chosen: dict[int, RunRow]) -> Iterator[str]:
    columns = (
        series.c.id,
        series.c.metric,
        series.c.check_id,
        series.c.unit,
        series.c.lower_bound,
        scopes.c.environment,
    )
    question = select(*columns).join(scopes).where(scopes.c.service == clean(service)).order_by(series.c.id)
    for row in list(connection.execute(question)):
        found = iter(p for p in observations.read(connection, [row.id]).get(row.id, ()) if p.run in chosen)
        while part := list(islice(found, _AT_ONCE)):
            yield _line(
                {
                    "metric": row.metric,
                    "check": row.check_id,
                    "unit": row.unit,
                    "lower_bound": bool(row.lower_bound),
                    "environment": row.environment,
                    "points": [[p.run, p.at, p.value, p.n] for p in part],
                }
            )


def _states(connection: Connection, service: str, wanted: set[tuple[str, str]]) -> Iterator[str]:
    question = select(state.c.key, state.c.value, deployments.c.name, scopes.c.environment)
    question = question.join(deployments, state.c.deployment == deployments.c.id).join(scopes)
    for row in connection.execute(question.where(scopes.c.service == clean(service))):
        if (row.environment, row.name) in wanted:
            yield _line({"state": row.key, "value": row.value, "deployment": row.name, "environment": row.environment})


def _line(told: dict[str, Any]) -> str:
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False) + "\n"


class Import:
    """Reads the lines of another history; :meth:`take` for each, :meth:`finish` at the end."""

    def __init__(self, connection: Connection, service: str, now: datetime) -> None:
        """Add to the history of ``service``."""
        self._connection = connection
        self._service = service
        self._now = now
        self._runs: dict[int, int] = {}
        self._touched: set[tuple[int, int]] = set()
        self._begun = False
        self.added = 0
        self.known = 0
        self.points = 0

    def take(self, text: str, number: int) -> None:
        """Take in one line.

        Raises:
            HistoryError: it is not what :func:`export_lines` writes; the message names the line.
        """
        try:
            self._take(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, WireError) as error:
            raise HistoryError(f"line {number} is no line of an exported history ({type(error).__name__})") from None

    def _take(self, told: dict[str, Any]) -> None:
        if not self._begun:
            if told[_MARK] != VERSION:
                raise ValueError("another version")
            self._begun = True
        elif "run" in told:
            self._run(told)
        elif "points" in told:
            self._points(told)
        else:
            self._state(told)

    def _scope(self, environment: str) -> int:
        found = ledger.scope_id(self._connection, self._service, environment, create=True)
        assert found is not None
        return found

    def _run(self, told: dict[str, Any]) -> None:
        scope = self._scope(told["environment"])
        deployment = ledger.named_deployment(
            self._connection, scope, told["deployment"], told["version"], told["deployed_at"]
        )
        key = {"deployment": deployment, "phase": clean(told["phase"]), "tick": int(told["tick"])}
        if self._connection.scalar(select(runs.c.id).filter_by(**key)) is not None:
            self.known += 1
            return
        record = told["record"]
        packed = None if record is None else ledger.packed(wire.decode_record(json.dumps(record)))
        values = {name: _text(told[name]) for name in _RUN_KEYS}
        times = {"started_at": int(told["started_at"]), "finished_at": told["finished_at"]}
        from_ms(times["started_at"])
        inserted = self._connection.execute(runs.insert().values(**key, **values, **times).returning(runs.c.id))
        self._runs[int(told["run"])] = run = inserted.scalar_one()
        if packed is not None:
            self._connection.execute(or_replace(self._connection, records).values(run=run, data=packed))
        self._touched.add((scope, deployment))
        self.added += 1

    def _points(self, told: dict[str, Any]) -> None:
        key = (clean(told["metric"]), clean(told["check"]), clean(told["unit"]), bool(told["lower_bound"]))
        number = observations.ids_of(self._connection, self._scope(told["environment"]), [key])[key]
        rows = [
            {
                "series": number,
                "run": self._runs[run],
                "at": int(at),
                "value": None if value is None else float(value),
                "n": n,
            }
            for run, at, value, n in told["points"]
            if run in self._runs
        ]
        observations.insert(self._connection, rows)
        self.points += len(rows)

    def _state(self, told: dict[str, Any]) -> None:
        """Keep a state that is not there; one that is here is newer."""
        scope = self._scope(told["environment"])
        deployment = ledger.deployment_id(self._connection, scope, told["deployment"])
        if deployment is not None and get_state(self._connection, deployment, told["state"]) is None:
            set_state(self._connection, deployment, told["state"], told["value"], expected=0, now=self._now)

    def finish(self) -> None:
        """Work out what follows from the new runs."""
        for scope, deployment in self._touched:
            ledger.recount(self._connection, scope, deployment)


def _text(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value
