"""What earlier runs left behind for this one: passed checks, the run before, the baseline; read from the history.

Stands between the history and the settings. The controller reads it once; workers get it as text.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck import wire
from pytest_deploycheck.errors import WireError
from pytest_deploycheck.history import Tally
from pytest_deploycheck.model import Measurement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pytest_deploycheck.history import History, RunRow
    from pytest_deploycheck.model import CheckResult, Deployment

PLAN: Final = ".plan"
_NOTHING: Final[Mapping[str, float]] = MappingProxyType({})
CAPTURING: Final = "pre-deploy"
RECORD_NAME: Final = "verdict.json"
LARGEST_RECORD: Final = 64 * 1024 * 1024
_MOST_LOOKED_AT: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What this run knows of earlier ones.

    ``done`` are the checks that passed in a run of this deployment, ``before`` the results of its last run,
    ``baseline`` what was measured before the deployment, by metric; ``tallies`` how often each check came to what in
    this phase, ``looks`` what was measured lately by check and metric, the oldest first. ``problem`` says why nothing
    is known, ``notes`` what a person should hear about it.
    """

    done: frozenset[str] = frozenset()
    before: tuple[CheckResult, ...] | None = None
    baseline: Mapping[str, Measurement] = field(default_factory=dict)
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    looks: Mapping[tuple[str, str], tuple[Measurement, ...]] = field(default_factory=dict)
    problem: str | None = None
    notes: tuple[str, ...] = ()


def latest_deployment(root: Path) -> Deployment | None:
    """Return the deployment of the newest run in the report folder, None when there is none that can be read."""
    path = root / RECORD_NAME
    try:
        if path.stat().st_size > LARGEST_RECORD:
            return None
        found = wire.decode_record(path.read_text(encoding="utf-8")).deployment
    except (OSError, ValueError, WireError):
        return None
    return found if found.explicit else None


def read_past(
    history: History,
    deployment: Deployment,
    phase: str,
    *,
    spans: Mapping[str, float] = _NOTHING,
    now: datetime | None = None,
) -> Past:
    """Return what the history knows; of a deployment that nobody named only what was before it.

    ``spans`` says of which metrics the looks are wanted, and for how many seconds before ``now``.

    Raises:
        HistoryError: it cannot be read.
    """
    baseline, notes = captured_baseline(history, deployment)
    if not deployment.explicit:
        return Past(baseline=baseline, notes=notes)
    tallies = history.tallies(deployment)
    return Past(
        done=frozenset(tally.check for tally in tallies if tally.passed),
        before=_before(history, deployment),
        baseline=baseline,
        tallies={tally.check: tally for tally in tallies if tally.phase == phase},
        looks=_looks(history, deployment, spans, now or datetime.now(UTC)),
        notes=notes,
    )


def _looks(
    history: History, deployment: Deployment, spans: Mapping[str, float], now: datetime
) -> dict[tuple[str, str], tuple[Measurement, ...]]:
    found: dict[tuple[str, str], list[Measurement]] = {}
    known = history.metrics(deployment.environment) if spans else ()
    for metric, span in spans.items():
        for name in (each for each in known if _belongs(each, metric)):
            points = history.series(
                name,
                environment=deployment.environment,
                deployment=deployment.id,
                since=now - timedelta(seconds=span),
            )
            for point in points:
                look = Measurement(
                    metric=name,
                    value=point.value,
                    unit=point.unit,
                    n=point.n,
                    at=point.at,
                    lower_bound=point.lower_bound,
                )
                found.setdefault((point.check, name), []).append(look)
    return {key: tuple(looks) for key, looks in found.items()}


def _belongs(name: str, metric: str) -> bool:
    """Tell whether a series is of a metric: it bears its name, or its name and the group that it is about."""
    return name == metric or (name.startswith(metric) and not name[len(metric)].isalnum())


def _before(history: History, deployment: Deployment) -> tuple[CheckResult, ...] | None:
    last = history.runs(deployment.id, environment=deployment.environment, finished=True, limit=1)
    record = history.record(last[0].id) if last else None
    return None if record is None else record.checks


def captured_baseline(history: History, deployment: Deployment) -> tuple[dict[str, Measurement], tuple[str, ...]]:
    """Return what the newest run before the deployment measured, by metric, and what to say about it.

    A run that was made for this deployment by its id comes first, then the newest one from before it. One that was made
    after it counts only when there is no other, and is told.

    Raises:
        HistoryError: it cannot be read.
    """
    found = history.runs(
        environment=deployment.environment, phase=CAPTURING, finished=True, limit=_MOST_LOOKED_AT, until=None
    )
    if not found:
        return {}, _elsewhere(history, deployment)
    run, notes = _choose(found, deployment)
    record = history.record(run.id)
    if record is None:
        return {}, (f"the baseline of {run.started_at:%Y-%m-%d %H:%M} UTC is no longer in the history",)
    return baseline_of(record.checks), notes


def _choose(found: tuple[RunRow, ...], deployment: Deployment) -> tuple[RunRow, tuple[str, ...]]:
    own = next((run for run in found if deployment.explicit and run.deployment == deployment.id), None)
    earlier = next((run for run in found if run.started_at <= deployment.deployed_at), None)
    chosen = own or earlier
    if chosen is not None:
        return chosen, ()
    late = found[-1]
    note = (
        f"the baseline was captured at {late.started_at:%Y-%m-%d %H:%M:%S} UTC, after the deployment "
        f"({deployment.deployed_at:%Y-%m-%d %H:%M:%S} UTC)"
    )
    return late, (note,)


def _elsewhere(history: History, deployment: Deployment) -> tuple[str, ...]:
    others = history.runs(phase=CAPTURING, finished=True, limit=1)
    if not others:
        return ()
    return (f"the newest baseline was captured in {others[0].environment}: there is none for {deployment.environment}",)


def baseline_of(checks: Iterable[CheckResult]) -> dict[str, Measurement]:
    """Return every number that the checks measured, and every plan, by metric; a lower bound is no baseline."""
    measured = (reading.measurement for check in checks for reading in check.readings)
    return {m.metric: m for m in measured if (is_number(m.value) or _is_plan(m)) and not m.lower_bound}


def _is_plan(measurement: Measurement) -> bool:
    """Tell whether it is the plan of a key query, a text that is compared as it is."""
    return isinstance(measurement.value, str) and measurement.metric.endswith(PLAN)


def is_number(value: object) -> bool:
    """Tell whether a measured value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_TOLD: Final = ("metric", "value", "unit", "n", "window", "source", "note")


def to_text(past: Past) -> str:
    """Return what a worker needs of the past, as JSON."""
    baseline = [
        {name: getattr(each, name) for name in _TOLD} | {"at": each.at.isoformat() if each.at else None}
        for each in past.baseline.values()
    ]
    tallies = [[getattr(tally, one.name) for one in fields(Tally)] for tally in past.tallies.values()]
    looks = [
        [*key, [[m.at.isoformat() if m.at else None, m.value, m.unit, m.n, m.lower_bound] for m in measured]]
        for key, measured in past.looks.items()
    ]
    return json.dumps(
        {"looks": looks, "done": sorted(past.done), "baseline": baseline, "tallies": tallies, "problem": past.problem}
    )


def from_text(text: str) -> Past:
    """Return what the controller sent."""
    sent: dict[str, Any] = json.loads(text)
    names = [one.name for one in fields(Tally)]
    tallies = [Tally(**dict(zip(names, row, strict=True))) for row in sent["tallies"]]
    return Past(
        done=frozenset(sent["done"]),
        baseline={each["metric"]: _measurement(each) for each in sent["baseline"]},
        tallies={tally.check: tally for tally in tallies},
        looks={(check, metric): tuple(_look(metric, row) for row in rows) for check, metric, rows in sent["looks"]},
        problem=sent["problem"],
    )


def _measurement(sent: dict[str, Any]) -> Measurement:
    at = datetime.fromisoformat(sent["at"]).astimezone(UTC) if sent["at"] else None
    return Measurement(at=at, **{name: sent[name] for name in _TOLD})


def _look(metric: str, row: list[Any]) -> Measurement:
    at, value, unit, n, lower = row
    when = datetime.fromisoformat(at).astimezone(UTC)
    return Measurement(metric=metric, value=value, unit=unit, n=n, at=when, lower_bound=lower)
