"""What the board's tests are made of: runs, points and checks without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_deploycheck.board.building import Seen
from pytest_deploycheck.history import STATUS, Point, RunRow
from pytest_deploycheck.judgement.judge import judge
from pytest_deploycheck.model import CheckResult, Deployment, Measurement, Reading, RunInfo, RunRecord
from pytest_deploycheck.status import Impact, Severity, Status
from pytest_deploycheck.verdict import Case, decide

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DEPLOYMENT = Deployment(id="r42", deployed_at=NOON, version="4.2.1")


def row(number: int, minute: float, decision: str | None = "PASS", *, phase: str = "first-hour") -> RunRow:
    """Return a run that began so many minutes after noon; without a decision it never finished."""
    return RunRow(
        id=number,
        deployment="r42",
        environment="production",
        version="4.2.1",
        deployed_at=NOON,
        phase=phase,
        tick=number,
        started_at=NOON + minute * MINUTE,
        finished_at=None if decision is None else NOON + minute * MINUTE + timedelta(seconds=9),
        finished=decision is not None,
        decision=decision,
        exit_code=None,
        rule=None,
        summary=None,
    )


def point(number: int, minute: float, value: float | None, check: str = "metrics.metric[errors]") -> Point:
    """Return what a run observed."""
    return Point(at=NOON + minute * MINUTE, value=value, n=None, unit="", run=number, check=check)


def check(name: str = "metrics.metric[errors]", status: str = "PASS", **more: Any) -> CheckResult:
    """Return a check, without a measurement unless it is given one."""
    fields: dict[str, Any] = {
        "title": f"title of {name}",
        "severity": Severity.CRITICAL,
        "impact": Impact.PERFORMANCE,
        **more,
    }
    return CheckResult(id=name, nodeid=name, status=Status(status), **fields)


def measured(measurement: Measurement, ladder: Any, name: str = "metrics.metric[errors]", **more: Any) -> CheckResult:
    """Return the check of a measurement as a run judges it."""
    found = judge(measurement, ladder)
    reading = Reading(measurement=measurement, judgement=found)
    return check(name, found.status.value, readings=(reading,), finding=found.severity, reason=found.reason, **more)


def record(*checks: CheckResult, tick: int = 1, minute: float = 1) -> RunRecord:
    """Return the finished run of these checks."""
    started = NOON + minute * MINUTE
    info = RunInfo(
        tool_version="0", started_at=started, finished_at=started + timedelta(seconds=9), seconds=9.0, finished=True
    )
    verdict = decide(Case(results=checks))
    return RunRecord(deployment=DEPLOYMENT, phase="first-hour", tick=tick, verdict=verdict, checks=checks, run=info)


def seen(*checks: CheckResult, **more: Any) -> Seen:
    """Return what the history knows after one look with these checks, and what else is said."""
    fields: dict[str, Any] = {
        "deployment": DEPLOYMENT,
        "service": "shop",
        "target": "http://127.0.0.1:8000",
        "phase": "first-hour",
        "runs": (row(1, 1),),
        "record": record(*checks) if checks else None,
        "series": {},
        **more,
    }
    return Seen(**fields)


def statuses(name: str, *words: str) -> dict[tuple[str, str], tuple[Point, ...]]:
    """Return the series of a check's statuses, one a minute from the first minute on."""
    listed = tuple(point(number, number, Status(word).rank, name) for number, word in enumerate(words, start=1))
    return {(name, STATUS): listed}
