"""A project with a history that was filled by simulated runs, for everything that makes records of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pytest_deploycheck import wire
from pytest_deploycheck.history import observations_of, open_history
from pytest_deploycheck.model import (
    CheckResult,
    Deployment,
    Judgement,
    Measurement,
    Reading,
    RunInfo,
    RunRecord,
)
from pytest_deploycheck.records.gathering import gather
from pytest_deploycheck.settings.load import load_settings
from pytest_deploycheck.status import Impact, Severity, Status
from pytest_deploycheck.verdict import Case, decide

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.history import History
    from pytest_deploycheck.records.material import Material
    from pytest_deploycheck.settings.schema import Settings

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
DEPLOYED = NOW - timedelta(hours=30)
SETTINGS = """
plan_version = "1.3"
[service]
name = "shop"
base_url = "http://127.0.0.1:1"
metrics = "/metrics"
[database]
dsn = "postgresql://nobody:geheim@127.0.0.1:1/shop"
[records]
subject = "deletion"
look_every = "1h"
[records.lines]
error_rate = "error-rate"
response_p95 = "latency"
response_time = "latency"
traffic = "traffic"
memory = "memory"
[[metric]]
id = "error-rate"
source = "openmetrics"
query = "value(errors)"
unit = "%"
levels = { medium = "> 0.5%", critical = "> 1%" }
[[integrity]]
id = "lost"
orphans = { child = "dispatches.user_id", parent = "users.id" }
[[kpi]]
id = "success-rate"
title = "Success rate"
metric = "success"
target = "> 99%"
section = "business"
[[kpi]]
id = "satisfaction"
title = "User satisfaction"
attest = "satisfaction"
target = "> 4"
records = ["success"]
[[kpi]]
id = "error-kpi"
title = "Error rate"
metric = "error-rate"
target = "< 1%"
records = ["success", "daily"]
[[attest]]
id = "satisfaction"
question = "How satisfied are users, of 5?"
required = false
[[attest]]
id = "staging-tests"
question = "Did the tests pass in staging?"
phases = ["pre-deploy"]
"""


def check(name: str, status: str = "PASS", **numbers: tuple[float | None, str, int | None]) -> CheckResult:
    """Return the result of a check with some numbers: ``metric=(value, unit, n)``; ``_`` of a name is a dash."""
    readings = tuple(
        Reading(
            measurement=Measurement(metric=metric.replace("_", "-"), value=value, unit=unit, n=n, source="simulated"),
            judgement=Judgement(status=Status[status], reason=""),
        )
        for metric, (value, unit, n) in numbers.items()
    )
    return CheckResult(
        id=name,
        nodeid=name,
        title=name,
        severity=Severity.HIGH,
        impact=Impact.OPS,
        status=Status[status],
        reason="beyond 5 of 17" if status == "FAIL" else "",
        action="look at the log" if status == "FAIL" else None,
        finding=Severity.HIGH if status == "FAIL" else None,
        readings=readings,
    )


@dataclass(frozen=True)
class Project:
    """A folder with settings and a history."""

    folder: Path
    settings: Settings
    history: History

    def run(
        self, *checks: CheckResult, at: datetime, deployment: str = "r1", phase: str = "first-24-hours", tick: int = 1
    ) -> RunRecord:
        """Simulate a run, through the wire like a real one."""
        made = RunRecord(
            deployment=Deployment(id=deployment, deployed_at=DEPLOYED, version="4.2"),
            phase=phase,
            tick=tick,
            verdict=decide(Case(results=checks)),
            checks=checks,
            service="shop",
            run=RunInfo(
                tool_version="0", started_at=at, finished_at=at + timedelta(seconds=20), seconds=20.0, finished=True
            ),
        )
        record = wire.decode_record(wire.encode_record(made))
        number = self.history.begin_run(record.deployment, phase, tick, at)
        for result in record.checks:
            self.history.append(number, observations_of(result, at))
        self.history.finish_run(number, record)
        return record

    def hours(self, count: int, *, bad: frozenset[int] = frozenset(), missed: frozenset[int] = frozenset()) -> None:
        """Simulate a run every hour until now; it was down in ``bad`` hours before, nobody looked in others."""
        for back in range(count, 0, -1):
            if back in missed:
                continue
            down = back in bad
            self.run(
                check("availability.service_answers", "FAIL" if down else "PASS"),
                check("metrics.metric[error-rate]", error_rate=(0.4 if back % 2 else 0.2, "%", 100)),
                check("metrics.metric[latency]", latency=(0.2 + 0.01 * (count - back), "s", 50)),
                check("metrics.metric[success]", success=(97.2, "%", 40)),
                check("integrity.count[lost]", lost=(0.0, "", 40)),
                at=NOW - timedelta(hours=back) + timedelta(minutes=30),
                tick=count - back + 1,
            )

    def material(self, name: str, **more: Any) -> Material:
        """Return the material of a report as of now."""
        return gather(name, self.settings, self.history, now=NOW, **more)


def project_in(folder: Path, settings: str = SETTINGS) -> Project:
    """Return a project with an empty history."""
    (folder / "deploycheck.toml").write_text(settings)
    loaded = load_settings(None, cwd=folder, environ={})
    history = open_history(folder / "reports" / "history.sqlite", service=loaded.service.name)
    return Project(folder, loaded, history)
