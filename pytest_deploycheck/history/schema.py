"""The tables of the history, the same on SQLite and PostgreSQL, and the way from an older version to this one.

``points`` holds what was observed lately, one row each; ``blocks`` holds the rest, some hundred points of one series in
one packed row. A series is a metric of a check in one environment of one service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    select,
)

from pytest_deploycheck.errors import HistoryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

SCHEMA_VERSION: Final = 1
PREFIX: Final = "deploycheck_"
_VERSION: Final = "schema_version"

metadata: Final = MetaData()
_Id: Final = BigInteger().with_variant(Integer(), "sqlite")  # only INTEGER is SQLite's row id


def _table(name: str, *columns: Column[Any] | UniqueConstraint) -> Table:
    return Table(PREFIX + name, metadata, *columns)


def _refers(table: Table) -> ForeignKey:
    return ForeignKey(table.c.id)


meta: Final = _table("meta", Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

scopes: Final = _table(
    "scopes",
    Column("id", _Id, primary_key=True),
    Column("service", Text, nullable=False),
    Column("environment", Text, nullable=False),
    UniqueConstraint("service", "environment"),
)

deployments: Final = _table(
    "deployments",
    Column("id", _Id, primary_key=True),
    Column("scope", _Id, _refers(scopes), nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Text),
    Column("deployed_at", BigInteger, nullable=False),
    UniqueConstraint("scope", "name"),
)

runs: Final = _table(
    "runs",
    Column("id", _Id, primary_key=True),
    Column("deployment", _Id, _refers(deployments), nullable=False),
    Column("phase", Text, nullable=False),
    Column("tick", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("finished", Boolean, nullable=False, default=False),
    Column("decision", Text),
    Column("exit_code", Integer),
    Column("rule", Text),
    Column("summary", Text),
    Column("invalid", Text),
    UniqueConstraint("deployment", "phase", "tick"),
)
Index(f"{PREFIX}runs_by_time", runs.c.started_at)

records: Final = _table(
    "records",
    Column("run", _Id, _refers(runs), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

series: Final = _table(
    "series",
    Column("id", _Id, primary_key=True),
    Column("scope", _Id, _refers(scopes), nullable=False),
    Column("metric", Text, nullable=False),
    Column("check_id", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("lower_bound", Boolean, nullable=False),
    UniqueConstraint("scope", "metric", "check_id", "unit", "lower_bound"),
)

points: Final = _table(
    "points",
    Column("id", _Id, primary_key=True),
    Column("series", _Id, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("run", _Id, nullable=False),
    Column("value", Double),
    Column("n", BigInteger),
)
Index(f"{PREFIX}points_by_series", points.c.series, points.c.at)

blocks: Final = _table(
    "blocks",
    Column("id", _Id, primary_key=True),
    Column("series", _Id, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("points", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
Index(f"{PREFIX}blocks_by_series", blocks.c.series, blocks.c.last_at)

tallies: Final = _table(
    "tallies",
    Column("deployment", _Id, _refers(deployments), primary_key=True),
    Column("phase", Text, primary_key=True),
    Column("check_id", Text, primary_key=True),
    *(
        Column(name, Integer, nullable=False, default=0)
        for name in ("passed", "warned", "inconclusive", "errors", "failed", "status", "streak")
    ),
)

state: Final = _table(
    "state",
    Column("deployment", _Id, _refers(deployments), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
)

snapshots: Final = _table(
    "snapshots",
    Column("id", _Id, primary_key=True),
    Column("deployment", _Id, _refers(deployments), nullable=False),
    Column("name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
Index(f"{PREFIX}snapshots_by_name", snapshots.c.name, snapshots.c.at)

locks: Final = _table(
    "locks",
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("process", Text, nullable=False),
    Column("taken_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)

# from a version to the next one; each step runs in the transaction that writes the new version
STEPS: Final[Mapping[int, Callable[[Connection], None]]] = {}


def version_of(connection: Connection) -> int | None:
    """Return the version of the schema, None where there is none yet.

    Raises:
        HistoryError: the tables are there and hold no version.
    """
    if not inspect(connection).has_table(meta.name):
        return None
    found = connection.scalar(select(meta.c.value).where(meta.c.key == _VERSION))
    if found is None or not found.isdecimal():
        raise HistoryError(
            "the history holds no schema version", "It was not written by pytest-deploycheck: move it away"
        )
    return int(found)


def bring_up_to_date(
    connection: Connection,
    *,
    version: int = SCHEMA_VERSION,
    steps: Mapping[int, Callable[[Connection], None]] = STEPS,
) -> None:
    """Create the tables, or take an older schema step by step to ``version``, all in the caller's transaction.

    Raises:
        HistoryError: the schema is newer than this program, or no way leads from its version.
    """
    found = version_of(connection)
    if found is None:
        metadata.create_all(connection)
        connection.execute(meta.insert().values(key=_VERSION, value=str(version)))
        return
    require_known(found, version)
    for step in range(found, version):
        if step not in steps:
            raise HistoryError(
                f"no way leads from schema {step} of the history to {step + 1}", "Export it with the old program"
            )
        steps[step](connection)
    if found != version:
        connection.execute(meta.update().where(meta.c.key == _VERSION).values(value=str(version)))


def require_known(found: int, version: int = SCHEMA_VERSION) -> None:
    """Accept a schema that is not newer than this program.

    Raises:
        HistoryError: it is newer.
    """
    if found > version:
        raise HistoryError(
            f"the history has schema {found}, and this pytest-deploycheck reads {version}", "Update pytest-deploycheck"
        )
