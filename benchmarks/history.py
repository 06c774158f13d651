"""Four weeks of 100 metrics a minute in the history: bytes a point, and what a run's reading and judgement cost.

    python benchmarks/history.py                     # SQLite
    python benchmarks/history.py --postgres          # the embedded PostgreSQL
    python benchmarks/history.py --minutes 4320      # three days only

Fills a history through the same calls as a run (observations, statuses, verdict, record), packs it as runs do, prunes
it by the default retention, and then reads it as the start of a run does, beside an empty history: the past with
captured baselines, ``for`` on every metric, and the judgement of all; and with the slowest baseline, the same hour of
earlier weeks. Times of reading are those of the processor, because they have to hold on a busy machine, too; what a
PostgreSQL server takes beside is not in them.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.baselines import CAPTURING, SAME_HOUR, Choices
from pytest_deploycheck.demo.postgres import EmbeddedPostgres
from pytest_deploycheck.history import History, open_history
from pytest_deploycheck.history.retention import Cutoffs
from pytest_deploycheck.history.values import observations_of, to_ms
from pytest_deploycheck.judgement.judge import judge
from pytest_deploycheck.judgement.ladder import parse_ladder
from pytest_deploycheck.judgement.sustain import Holding, Reference, judge_sustained
from pytest_deploycheck.model import (
    CheckResult,
    Deployment,
    Judgement,
    Measurement,
    Reading,
    RunInfo,
    RunRecord,
    Verdict,
)
from pytest_deploycheck.runs import read_past
from pytest_deploycheck.status import Decision, Impact, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

METRICS: Final = 100
MINUTES: Final = 28 * 24 * 60
MINUTE: Final = timedelta(minutes=1)
STARTED: Final = datetime.now(UTC) - MINUTES * MINUTE
DEPLOYMENT: Final = Deployment(id="benchmark", deployed_at=STARTED, version="1.2.3")
LADDER: Final = parse_ladder({"high": "> +900%", "critical": "> 9999"}, "")
HOLDING: Final = Holding(levels={Severity.HIGH: 300.0, Severity.CRITICAL: 300.0}, max_gap=150.0)
SPAN: Final = HOLDING.longest + HOLDING.max_gap
FRESH: Final = Deployment(id="next", deployed_at=datetime.now(UTC), version="1.2.4")


def result(number: int, at: datetime, chance: random.Random) -> CheckResult:
    """Return a check with one metric, as a run has it: a value of a few decimals, a count, a query."""
    value = round(chance.lognormvariate(0, 0.5) * (number + 1), 4)
    measured = Measurement(
        metric=f"metric_{number}", value=value, n=chance.randrange(100, 400), window="1m", source="prometheus", at=at,
        query=f'sum(rate(http_requests_total{{route="/{number}"}}[1m]))', target="http://prometheus.internal:9090",
    )  # fmt: skip
    judged = Judgement(status=Status.PASS, reason=f"{value} is clear of high > 9000, critical > 9999")
    return CheckResult(
        id=f"metrics.metric[metric_{number}]", nodeid=f"checks/test_metrics.py::test_metric[metric_{number}]",
        title=f"The metric is within its limits (metric_{number})", severity=Severity.MEDIUM, impact=Impact.PERFORMANCE,
        status=Status.PASS, reason=judged.reason, readings=(Reading(measurement=measured, judgement=judged),),
    )  # fmt: skip


def run_of(tick: int, at: datetime, checks: tuple[CheckResult, ...], phase: str) -> RunRecord:
    """Return the record of a run that passed."""
    return RunRecord(
        deployment=DEPLOYMENT, phase=phase, tick=tick, checks=checks,
        verdict=Verdict(decision=Decision.PASS, exit_code=0, rule="everything planned ran and passed", summary="ok"),
        run=RunInfo(tool_version="0", started_at=at, finished_at=at + MINUTE / 2, finished=True),
    )  # fmt: skip


def fill(history: History, minutes: int) -> int:
    """Write the runs down and return how many numbers they observed."""
    chance = random.Random(7)  # noqa: S311  # no secret
    points = 0
    for tick in range(minutes):
        at = STARTED + tick * MINUTE
        checks = tuple(result(number, at, chance) for number in range(METRICS))
        phase = CAPTURING if tick == 0 else "first-month"
        run = history.begin_run(DEPLOYMENT, phase, tick, at)
        history.append(run, [each for check in checks for each in observations_of(check, at)])
        history.finish_run(run, run_of(tick, at, checks, phase))
        points += METRICS
    return points


def measured(history: History, deployment: Deployment, usual: str) -> float:
    """Return the seconds of the processor that a run's reading and judgement take, the median of five."""
    now = STARTED + MINUTES * MINUTE
    spans = {f"metric_{number}": SPAN for number in range(METRICS)}
    looks = [Measurement(metric=name, value=5.0, n=200, at=now) for name in spans]
    taken = []
    for _ in range(5):
        began = time.process_time()
        choices = Choices(root=Path(), usual=usual)
        past = read_past(history, deployment, "first-month", now=now, choices=choices, spans=spans)
        history.next_tick(deployment, "first-month")
        for look in looks:
            kept = past.baseline.get(look.metric)
            baseline = float(kept.value) if kept and isinstance(kept.value, float) else None
            earlier = past.looks.get((f"metrics.metric[{look.metric}]", look.metric), ())
            found = judge(look, LADDER, baseline=baseline)
            judge_sustained(found, (*earlier, look), LADDER, HOLDING, Reference(baseline=baseline))
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def places(*, postgres: bool) -> Iterator[tuple[str, str]]:
    """Yield the addresses of two empty histories."""
    if not postgres:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/full.sqlite", f"sqlite:///{folder}/empty.sqlite"
        return
    server = EmbeddedPostgres()
    server.start()
    try:
        with open_history(server.dsn) as history, history._engine.connect() as opened:  # noqa: SLF001
            connection = opened.execution_options(isolation_level="AUTOCOMMIT")
            for name in ("full", "empty"):
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield server.dsn_for("full"), server.dsn_for("empty")
    finally:
        server.close()


def size(history: History) -> int:
    """Return the bytes on disk."""
    with history._engine.connect() as connection:  # noqa: SLF001  # nobody else needs this
        if connection.dialect.name == "postgresql":
            return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar() or 0)
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(history._engine.url.database or "").stat().st_size  # noqa: SLF001


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--minutes", type=int, default=MINUTES)
    args = parser.parse_args()
    for full, empty in places(postgres=args.postgres):
        with open_history(full) as history, open_history(empty) as nothing:
            began = time.perf_counter()
            points = fill(history, args.minutes)
            print(f"{points:,} points written in {time.perf_counter() - began:.0f} s")
            history.compact(10_000, least=1)
            print(f"before retention: {size(history) / points:.1f} bytes a point")
            now = datetime.now(UTC)
            week = to_ms(now - timedelta(days=7))
            began = time.perf_counter()
            history.prune(Cutoffs(observations=0, records=week, runs=0, snapshots=0), capturing=CAPTURING)
            if args.postgres:
                with history._engine.connect() as connection:  # noqa: SLF001
                    connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM FULL")
            taken = time.perf_counter() - began
            print(f"after default retention: {size(history) / points:.1f} bytes a point ({taken:.1f} s)")
            for usual, deployment in (("captured", DEPLOYMENT), (SAME_HOUR, replace(FRESH, deployed_at=now))):
                here, there = measured(history, deployment, usual), measured(nothing, deployment, usual)
                more = (here - there) * 1000
                print(f"{usual}: {here * 1000:.0f} ms, empty {there * 1000:.0f} ms, more by {more:.0f} ms")


if __name__ == "__main__":
    main()
