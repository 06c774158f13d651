"""How long what is remembered is kept, by class of data; above the tables."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from pytest_deploycheck.history.observations import chunks
from pytest_deploycheck.history.schema import (
    blocks,
    deployments,
    points,
    records,
    runs,
    scopes,
    series,
    snapshots,
    state,
    tallies,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Column, Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoffs:
    """Before when (ms since 1970) each class of data is deleted."""

    observations: int
    records: int
    runs: int
    snapshots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How much of each class was deleted; packed observations count by their points."""

    observations: int = 0
    records: int = 0
    runs: int = 0
    snapshots: int = 0


def prune(connection: Connection, service: str, cutoffs: Cutoffs, *, capturing: str) -> Pruned:
    """Delete what is older than its cutoff and return how much that was.

    A packed block goes when its last point is too old. A whole record stays when its verdict differs from the one
    before, when it is the newest of its deployment, or when it is a baseline (a run of the phase ``capturing``).
    """
    scope = select(scopes.c.id).where(scopes.c.service == service)
    own_series = select(series.c.id).where(series.c.scope.in_(scope))
    own_deployments = select(deployments.c.id).where(deployments.c.scope.in_(scope))
    old_blocks = (blocks.c.series.in_(own_series), blocks.c.last_at < cutoffs.observations)
    packed = sum(connection.scalars(select(blocks.c.points).where(*old_blocks)))
    connection.execute(blocks.delete().where(*old_blocks))
    fresh = connection.execute(
        points.delete().where(points.c.series.in_(own_series), points.c.at < cutoffs.observations)
    ).rowcount
    thinned = _deleted(connection, records.c.run, _thin(connection, own_deployments, cutoffs.records, capturing))
    question = select(runs.c.id).where(runs.c.deployment.in_(own_deployments), runs.c.started_at < cutoffs.runs)
    gone = list(connection.scalars(question))
    thinned += _deleted(connection, records.c.run, gone)
    _deleted(connection, runs.c.id, gone)
    taken = connection.execute(
        snapshots.delete().where(snapshots.c.deployment.in_(own_deployments), snapshots.c.at < cutoffs.snapshots)
    ).rowcount
    _forget_deployments(connection, own_deployments, cutoffs.runs)
    return Pruned(observations=packed + fresh, records=thinned, runs=len(gone), snapshots=taken)


def _thin(connection: Connection, own: Any, before: int, capturing: str) -> list[int]:
    """Return the runs whose record nobody will miss."""
    columns = (runs.c.id, runs.c.deployment, runs.c.phase, runs.c.decision, runs.c.started_at)
    question = (
        select(*columns).where(runs.c.deployment.in_(own)).order_by(runs.c.deployment, runs.c.phase, runs.c.started_at)
    )
    rows = list(connection.execute(question))
    newest = {row.deployment: row.id for row in sorted(rows, key=lambda row: (row.started_at, row.id))}
    return [
        row.id
        for earlier, row in pairwise([None, *rows])
        if row is not None
        and row.started_at < before
        and row.phase != capturing
        and newest[row.deployment] != row.id
        and earlier is not None
        and (earlier.deployment, earlier.phase, earlier.decision) == (row.deployment, row.phase, row.decision)
    ]


def _forget_deployments(connection: Connection, own: Any, before: int) -> None:
    """Forget deployments of which nothing is left but their name and states that nobody changed for long."""
    kept = select(state.c.deployment).where(state.c.at >= before)
    used = (select(runs.c.deployment), select(snapshots.c.deployment), kept)
    idle = list(
        connection.scalars(
            select(deployments.c.id).where(deployments.c.id.in_(own), *(deployments.c.id.not_in(each) for each in used))
        )
    )
    for column in (tallies.c.deployment, state.c.deployment, deployments.c.id):
        _deleted(connection, column, idle)


def _deleted(connection: Connection, column: Column[Any], numbers: Iterable[int]) -> int:
    table = column.table
    return sum(connection.execute(table.delete().where(column.in_(part))).rowcount for part in chunks(list(numbers)))
