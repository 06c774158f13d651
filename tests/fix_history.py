"""A history on each database: a file of SQLite, and a fresh database of the embedded PostgreSQL."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pytest_deploycheck.history import Observation, open_history
from pytest_deploycheck.model import Deployment, RunInfo, RunRecord
from pytest_deploycheck.verdict import Case, decide
from tests.unit.verdict.conftest import make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_deploycheck.demo.postgres import EmbeddedPostgres
    from pytest_deploycheck.history import History

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DEPLOYMENT = Deployment(id="r1", deployed_at=NOW, version="1.2")
NUMBERS = itertools.count()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty history, once for each database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/history.sqlite"
    server: EmbeddedPostgres = request.getfixturevalue("server")
    name = f"history_{next(NUMBERS)}"
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    return server.dsn_for(name)


@pytest.fixture
def history(place: str) -> Iterator[History]:
    """An empty history."""
    with open_history(place) as opened:
        yield opened


def seen(value: float | None, *, after: float = 0, metric: str = "m", check: str = "c", **more: Any) -> Observation:
    """Return an observation some minutes after the deployment."""
    return Observation(check=check, metric=metric, at=NOW + after * MINUTE, value=value, **more)


def record(tick: int = 1, *, phase: str = "first-hour", deployment: Deployment = DEPLOYMENT, **more: Any) -> RunRecord:
    """Return a finished run of checks given by name to status."""
    checks = tuple(make(status, name=name) for name, status in more.pop("checks", {"good": "PASS"}).items())
    info = RunInfo(
        tool_version="0",
        started_at=more.pop("started_at", NOW + tick * MINUTE),
        finished_at=NOW + (tick + 0.5) * MINUTE,
        finished=more.pop("finished", True),
    )
    checks = more.pop("results", checks)
    return RunRecord(
        deployment=deployment, phase=phase, tick=tick, verdict=decide(Case(results=checks)), checks=checks, run=info
    )


def keep(history: History, kept: RunRecord, *found: Observation) -> int:
    """Write a whole run down: what it observed, the statuses of its checks, and its verdict."""
    run = history.begin_run(kept.deployment, kept.phase, kept.tick, kept.run.started_at)
    statuses = [
        Observation(check=check.id, metric="", at=kept.run.started_at, value=check.status.rank) for check in kept.checks
    ]
    history.append(run, [*statuses, *found])
    history.finish_run(run, kept)
    return run
