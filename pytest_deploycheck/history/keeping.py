"""Small things kept from run to run: states with a version, snapshots of cumulative statistics; above the tables."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from pytest_deploycheck.errors import HistoryError, StateConflictError
from pytest_deploycheck.history.schema import deployments, snapshots, state
from pytest_deploycheck.history.texts import clean, inserted, or_replace
from pytest_deploycheck.history.values import Snapshot, State, from_ms, to_ms

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection


def get_state(connection: Connection, deployment: int | None, key: str) -> State | None:
    """Return what was kept under a key, None when nothing was."""
    question = select(state).where(state.c.deployment == deployment, state.c.key == clean(key))
    row = connection.execute(question).first()
    return None if row is None else State(value=row.value, version=row.version, at=from_ms(row.at))


def set_state(
    connection: Connection, deployment: int, key: str, value: str, *, expected: int | None, now: datetime
) -> int:
    """Keep a text and return its new version.

    Raises:
        StateConflictError: the version that is there is not the expected one.
    """
    row = {"deployment": deployment, "key": clean(key), "value": clean(value), "at": to_ms(now)}
    if expected is None:
        found = get_state(connection, deployment, key)
        version = 1 if found is None else found.version + 1
        connection.execute(or_replace(connection, state).values(version=version, **row))
        return version
    if expected == 0:
        done = inserted(connection, state, version=1, **row)
    else:
        here = (state.c.deployment == deployment, state.c.key == clean(key), state.c.version == expected)
        change = state.update().where(*here).values(version=expected + 1, value=row["value"], at=row["at"])
        done = connection.execute(change).rowcount == 1
    if not done:
        raise StateConflictError(
            f"the state {key!r} was changed by somebody else", "Read it again and repeat the change"
        )
    return expected + 1


def delete_state(connection: Connection, deployment: int | None, key: str) -> None:
    """Forget what was kept under a key."""
    connection.execute(state.delete().where(state.c.deployment == deployment, state.c.key == clean(key)))


def save_snapshot(connection: Connection, deployment: int, name: str, data: Any, at: datetime) -> None:
    """Keep statistics as they stand now.

    Raises:
        HistoryError: JSON cannot hold them.
    """
    try:
        text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        raise HistoryError(f"the snapshot {name!r} is not what JSON can hold") from None
    packed = zlib.compress(text.encode(), 6)
    connection.execute(snapshots.insert().values(deployment=deployment, name=clean(name), at=to_ms(at), data=packed))


def find_snapshot(connection: Connection, name: str, *wanted: ColumnElement[bool]) -> Snapshot | None:
    """Return the newest snapshot of a name, None when there is none.

    Raises:
        HistoryError: it cannot be read.
    """
    question = select(snapshots, deployments.c.name.label("deployed")).join(deployments)
    question = question.where(snapshots.c.name == clean(name), *wanted)
    row = connection.execute(question.order_by(snapshots.c.at.desc(), snapshots.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    try:
        data = json.loads(zlib.decompress(row.data))
    except (zlib.error, ValueError, RecursionError):
        raise HistoryError(f"the snapshot {name!r} is damaged") from None
    return Snapshot(name=row.name, deployment=row.deployed, at=from_ms(row.at), data=data)
