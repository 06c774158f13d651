"""Points: appended as they come, read back as series over fresh rows and packed blocks; above the tables."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import func, select

from pytest_deploycheck.history.packing import POINTS, Packed, pack, unpack
from pytest_deploycheck.history.schema import blocks, points, series
from pytest_deploycheck.history.texts import clean, unless_there
from pytest_deploycheck.history.values import Point, from_ms, to_ms

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from pytest_deploycheck.history.values import Observation

Key = tuple[str, str, str, bool]
"""What tells the series of one scope apart: metric, check, unit, whether the values are lower bounds."""

MOST_AT_ONCE: Final = 500  # ids in one question; SQLite takes 32,766 parameters
_LARGEST_COUNT: Final = 2**62


class Read(NamedTuple):
    """What was read: the series by id, their points, and the runs that count."""

    keys: Mapping[int, Key]
    found: Mapping[int, list[Packed]]
    usable: Container[int]


def key_of(observation: Observation) -> Key:
    """Return the series that an observation belongs to."""
    return (clean(observation.metric), clean(observation.check), clean(observation.unit), observation.lower_bound)


def ids_of(connection: Connection, scope: int, keys: Iterable[Key]) -> dict[Key, int]:
    """Return the ids of series, of new ones too."""
    wanted = dict.fromkeys(keys)
    found = _known(connection, scope, wanted)
    missing = [key for key in wanted if key not in found]
    if missing:
        names = ("metric", "check_id", "unit", "lower_bound")
        rows = [{**dict(zip(names, key, strict=True)), "scope": scope} for key in missing]
        connection.execute(unless_there(connection, series), rows)
        found |= _known(connection, scope, missing)
    return found


def _known(connection: Connection, scope: int, keys: Iterable[Key]) -> dict[Key, int]:
    wanted = set(keys)
    columns = (series.c.metric, series.c.check_id, series.c.unit, series.c.lower_bound, series.c.id)
    found: dict[Key, int] = {}
    names = sorted({key[0] for key in wanted})
    for part in chunks(names):
        for metric, check, unit, lower, number in connection.execute(
            select(*columns).where(series.c.scope == scope, series.c.metric.in_(part))
        ):
            if (metric, check, unit, lower) in wanted:
                found[metric, check, unit, lower] = number
    return found


def append(connection: Connection, run: int, found: Iterable[tuple[int, Observation]]) -> None:
    """Write down what a run observed, each with the id of its series."""
    rows = [
        {
            "series": number,
            "at": to_ms(each.at),
            "run": run,
            "value": each.value,
            "n": each.n if each.n is None else max(0, min(each.n, _LARGEST_COUNT)),
        }
        for number, each in found
    ]
    insert(connection, rows)


def insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows of points."""
    if rows:
        connection.execute(points.insert(), rows)


def read(
    connection: Connection,
    numbers: Sequence[int],
    *,
    since: int | None = None,
    until: int | None = None,
) -> dict[int, list[Packed]]:
    """Return the points of series between two times (ms, ``until`` left out), the oldest first; invalid runs too."""
    found: dict[int, list[Packed]] = defaultdict(list)
    for part in chunks(numbers):
        for number, data in connection.execute(
            select(blocks.c.series, blocks.c.data).where(*_block_span(part, since, until))
        ):
            found[number] += [point for point in unpack(data) if _within(point.at, since, until)]
        columns = (points.c.series, points.c.at, points.c.run, points.c.value, points.c.n)
        for number, *rest in connection.execute(select(*columns).where(*_point_span(part, since, until))):
            found[number].append(Packed(*rest))
    for listed in found.values():
        listed.sort(key=lambda point: point.at)
    return found


def _block_span(part: Sequence[int], since: int | None, until: int | None) -> list[ColumnElement[bool]]:
    span: list[ColumnElement[bool]] = [blocks.c.series.in_(part)]
    span += [] if since is None else [blocks.c.last_at >= since]
    return span + ([] if until is None else [blocks.c.first_at < until])


def _point_span(part: Sequence[int], since: int | None, until: int | None) -> list[ColumnElement[bool]]:
    span: list[ColumnElement[bool]] = [points.c.series.in_(part)]
    span += [] if since is None else [points.c.at >= since]
    return span + ([] if until is None else [points.c.at < until])


def _within(at: int, since: int | None, until: int | None) -> bool:
    return (since is None or at >= since) and (until is None or at < until)


def series_of(
    connection: Connection, scope: int, *, metrics: Iterable[str] | None = None, check: str | None = None
) -> dict[int, Key]:
    """Return the series of a scope by id, of all metrics or of some (their names as they are stored)."""
    own = [series.c.scope == scope]
    own += [] if check is None else [series.c.check_id == clean(check)]
    columns = (series.c.id, series.c.metric, series.c.check_id, series.c.unit, series.c.lower_bound)
    parts = [own] if metrics is None else [[*own, series.c.metric.in_(part)] for part in chunks(list(metrics))]
    return {
        row.id: (row.metric, row.check_id, row.unit, bool(row.lower_bound))
        for wanted in parts
        for row in connection.execute(select(*columns).where(*wanted))
    }


def as_points(found: Mapping[int, list[Packed]], keys: Mapping[int, Key], usable: Container[int]) -> list[Point]:
    """Return what was read as points, the oldest first; ``usable`` are the runs that count."""
    made = [
        Point(
            at=from_ms(point.at),
            value=point.value,
            n=point.n,
            unit=keys[number][2],
            run=point.run,
            check=keys[number][1],
            lower_bound=keys[number][3],
        )
        for number, listed in found.items()
        for point in listed
        if point.run in usable
    ]
    return sorted(made, key=lambda point: (point.at, point.run, point.check))


def compact(connection: Connection, *, most: int, least: int = POINTS) -> int:
    """Pack the oldest fresh points of up to ``most`` series that have ``least`` of them, and return how many points."""
    count = func.count()
    crowded = (
        select(points.c.series).group_by(points.c.series).having(count >= least).order_by(count.desc()).limit(most)
    )
    return sum(_pack(connection, number) for number in list(connection.scalars(crowded)))


def _pack(connection: Connection, number: int) -> int:
    packed = 0
    columns = (points.c.id, points.c.at, points.c.run, points.c.value, points.c.n)
    question = select(*columns).where(points.c.series == number).order_by(points.c.at, points.c.id)
    rows = list(connection.execute(question))
    for start in range(0, len(rows), POINTS):
        some = rows[start : start + POINTS]
        connection.execute(
            blocks.insert().values(
                series=number,
                first_at=some[0].at,
                last_at=some[-1].at,
                points=len(some),
                data=pack([Packed(*row[1:]) for row in some]),
            )
        )
        packed += len(some)
    # by their ids: what somebody else writes meanwhile stays
    for part in chunks([row.id for row in rows]):
        connection.execute(points.delete().where(points.c.id.in_(part)))
    return packed


def chunks(numbers: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Yield parts that fit into one question."""
    for start in range(0, len(numbers), MOST_AT_ONCE):
        yield numbers[start : start + MOST_AT_ONCE]
