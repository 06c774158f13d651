"""Runs, their records and the tallies of their checks: the rows that say what became of each run; above the tables."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from pytest_deploycheck import wire
from pytest_deploycheck.errors import WireError
from pytest_deploycheck.history.observations import chunks, read, series_of
from pytest_deploycheck.history.schema import deployments, records, runs, scopes, tallies
from pytest_deploycheck.history.texts import clean, or_replace, unless_there
from pytest_deploycheck.history.values import STATUS, RunRow, Tally, from_ms, looked_at, to_ms
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from pytest_deploycheck.model import Deployment, RunRecord

_MANY: Final = 5000
LARGEST_RECORD: Final = 64 * 1024 * 1024
_COUNTED: Final = {
    Status.PASS.rank: "passed",
    Status.WARN.rank: "warned",
    Status.INCONCLUSIVE.rank: "inconclusive",
    Status.ERROR.rank: "errors",
    Status.FAIL.rank: "failed",
}


def scope_id(connection: Connection, service: str, environment: str, *, create: bool) -> int | None:
    """Return the id of a service's environment, None when it is new and not to be made."""
    values = {"service": clean(service), "environment": clean(environment)}
    question = select(scopes.c.id).filter_by(**values)
    found = connection.scalar(question)
    if found is None and create:
        connection.execute(unless_there(connection, scopes).values(**values))
        found = connection.scalar(question)
    return found


def deployment_id(connection: Connection, scope: int | None, name: str) -> int | None:
    """Return the id of a deployment, None when it is new."""
    if scope is None:
        return None
    return connection.scalar(
        select(deployments.c.id).where(deployments.c.scope == scope, deployments.c.name == clean(name))
    )


def keep_deployment(connection: Connection, scope: int, deployment: Deployment) -> int:
    """Return the id of a deployment, and write down what is known about it now."""
    told = {"version": deployment.version and clean(deployment.version), "deployed_at": to_ms(deployment.deployed_at)}
    number = named_deployment(connection, scope, deployment.id, deployment.version, told["deployed_at"])
    if deployment.deployed_at_known or deployment.version:
        known = {key: value for key, value in told.items() if value is not None}
        connection.execute(deployments.update().where(deployments.c.id == number).values(**known))
    return number


def named_deployment(connection: Connection, scope: int, name: str, version: str | None, deployed_at: Any) -> int:
    """Return the id of a deployment, of a new one too."""
    values = {"version": version and clean(version), "deployed_at": int(deployed_at)}
    connection.execute(unless_there(connection, deployments).values(scope=scope, name=clean(name), **values))
    number = deployment_id(connection, scope, name)
    assert number is not None
    return number


def packed(record: RunRecord) -> bytes:
    """Return a record as it is stored."""
    return zlib.compress(wire.encode_record(record).encode(), 6)


def next_tick(connection: Connection, deployment: int | None, phase: str) -> int:
    """Return the number after the last run of a phase."""
    question = select(func.max(runs.c.tick)).where(runs.c.deployment == deployment, runs.c.phase == clean(phase))
    return int(connection.scalar(question) or 0) + 1


def begin(connection: Connection, deployment: int, phase: str, tick: int, started_at: datetime) -> int:
    """Write down that a run has begun and return its id; one with the same number gets the next one."""
    number = max(tick, next_tick(connection, deployment, phase))
    values = {"deployment": deployment, "phase": clean(phase), "tick": number, "started_at": to_ms(started_at)}
    return int(connection.execute(runs.insert().values(finished=False, **values).returning(runs.c.id)).scalar_one())


def finish(connection: Connection, run: int, record: RunRecord) -> None:
    """Write down what became of a run: its verdict, its whole record, and what it adds to the tallies."""
    verdict, info = record.verdict, record.run
    connection.execute(
        runs.update()
        .where(runs.c.id == run)
        .values(
            finished_at=to_ms(info.finished_at) if info.finished_at else None,
            finished=info.finished,
            decision=verdict.decision.value,
            exit_code=verdict.exit_code,
            rule=clean(verdict.rule),
            summary=clean(verdict.summary),
        )
    )
    connection.execute(or_replace(connection, records).values(run=run, data=packed(record)))
    if info.finished:
        deployment = connection.scalar(select(runs.c.deployment).where(runs.c.id == run))
        assert deployment is not None
        count(connection, deployment, record.phase, {check.id: looked_at(check).rank for check in record.checks})


def count(connection: Connection, deployment: int, phase: str, statuses: Mapping[str, int]) -> None:
    """Add one run's statuses to the tallies of its deployment and phase."""
    known = {tally.check: tally for tally in tallies_of(connection, deployment, phase)}
    phase = clean(phase)
    rows = [
        _row(deployment, counted(known.get(check, Tally(check=check, phase=phase)), status))
        for check, status in ((clean(name), status) for name, status in statuses.items())
    ]
    if rows:
        connection.execute(or_replace(connection, tallies), rows)


def counted(tally: Tally, status: int) -> Tally:
    """Return the tally after one more run."""
    name = _COUNTED[status]
    total = sum(getattr(tally, each) for each in _COUNTED.values())
    streak = tally.streak + 1 if total and tally.status == status else 1
    return replace(tally, **{name: getattr(tally, name) + 1}, status=status, streak=streak)


def _row(deployment: int, tally: Tally) -> dict[str, Any]:
    names = (*_COUNTED.values(), "status", "streak")
    return {
        "deployment": deployment,
        "phase": tally.phase,
        "check_id": tally.check,
        **{name: getattr(tally, name) for name in names},
    }


def tallies_of(connection: Connection, deployment: int | None, phase: str | None = None) -> list[Tally]:
    """Return the tallies of a deployment, of one phase or of all."""
    wanted = [tallies.c.deployment == deployment]
    wanted += [] if phase is None else [tallies.c.phase == clean(phase)]
    return [
        Tally(
            check=row.check_id,
            phase=row.phase,
            **{name: getattr(row, name) for name in (*_COUNTED.values(), "status", "streak")},
        )
        for row in connection.execute(select(tallies).where(*wanted))
    ]


def find(connection: Connection, *wanted: ColumnElement[bool], limit: int | None = None) -> list[RunRow]:
    """Return runs, the newest first."""
    columns = (runs, deployments.c.name, deployments.c.version, deployments.c.deployed_at, scopes.c.environment)
    question = select(*columns).join(deployments, runs.c.deployment == deployments.c.id)
    question = question.join(scopes, deployments.c.scope == scopes.c.id).where(*wanted)
    question = question.order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit)
    return [_run(row) for row in connection.execute(question)]


def usable_runs(connection: Connection, scope: int, seen: Collection[int], deployment: str | None) -> frozenset[int]:
    """Return those of the runs that are to be used, and of one deployment when it is named."""
    wanted: list[ColumnElement[bool]] = [runs.c.invalid.is_(None)]
    if deployment is not None:
        wanted.append(runs.c.deployment == (deployment_id(connection, scope, deployment) or 0))
    if len(seen) > _MANY:
        return frozenset(connection.scalars(select(runs.c.id).where(*wanted)))
    return frozenset(
        number
        for part in chunks(list(seen))
        for number in connection.scalars(select(runs.c.id).where(runs.c.id.in_(part), *wanted))
    )


def _run(row: Any) -> RunRow:
    return RunRow(
        id=row.id,
        deployment=row.name,
        environment=row.environment,
        version=row.version,
        deployed_at=from_ms(row.deployed_at),
        phase=row.phase,
        tick=row.tick,
        started_at=from_ms(row.started_at),
        finished_at=None if row.finished_at is None else from_ms(row.finished_at),
        finished=bool(row.finished),
        decision=row.decision,
        exit_code=row.exit_code,
        rule=row.rule,
        summary=row.summary,
        invalid=row.invalid,
    )


def record_of(connection: Connection, run: int) -> RunRecord | None:
    """Return the record of a run, None when there is none (any more).

    Raises:
        WireError: it cannot be read.
    """
    data = connection.scalar(select(records.c.data).where(records.c.run == run))
    if data is None:
        return None
    try:
        text = zlib.decompressobj().decompress(data, LARGEST_RECORD).decode()
    except (zlib.error, UnicodeDecodeError):
        raise WireError("the record of a run is damaged") from None
    return wire.decode_record(text)


def recount(connection: Connection, scope: int, deployment: int) -> None:
    """Work the tallies of a deployment out again from the runs that are still to be used."""
    connection.execute(tallies.delete().where(tallies.c.deployment == deployment))
    question = select(runs.c.id, runs.c.phase).where(
        runs.c.deployment == deployment, runs.c.finished.is_(True), runs.c.invalid.is_(None)
    )
    usable = {row.id: row.phase for row in connection.execute(question.order_by(runs.c.started_at, runs.c.id))}
    statuses: dict[int, dict[str, int]] = {}
    keys = series_of(connection, scope, metrics=(STATUS,))
    for number, listed in read(connection, list(keys)).items():
        for point in listed:
            if point.run in usable and point.value is not None:
                statuses.setdefault(point.run, {})[keys[number][1]] = int(point.value)
    for run, phase in usable.items():
        count(connection, deployment, phase, statuses.get(run, {}))


def mark_invalid(connection: Connection, numbers: Iterable[int], reason: str | None) -> int:
    """Mark runs as not to be used (or, without a reason, as good again) and return how many there were."""
    changed = 0
    for part in chunks(list(numbers)):
        done = connection.execute(runs.update().where(runs.c.id.in_(part)).values(invalid=reason and clean(reason)))
        changed += done.rowcount
    return changed
