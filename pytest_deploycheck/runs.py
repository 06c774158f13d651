"""What earlier runs left behind for this one: passed checks, the run before, the baseline; read from the history.

Stands between the history and the settings. The controller reads it once; workers get it as text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck import wire
from pytest_deploycheck.baselines import Asked, Choices, belongs, read_baselines
from pytest_deploycheck.counted import read_counters
from pytest_deploycheck.errors import WireError
from pytest_deploycheck.history import Tally
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.standings import Standings, from_data, to_data

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_deploycheck.history import History
    from pytest_deploycheck.model import CheckResult, Deployment

PLAN: Final = ".plan"
_NOTHING: Final[Mapping[str, float]] = MappingProxyType({})
RECORD_NAME: Final = "verdict.json"
LARGEST_RECORD: Final = 64 * 1024 * 1024
_MOST_LOOKED_AT: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What this run knows of earlier ones.

    ``done`` are the checks that passed in a run of this deployment, ``before`` the results of its last run,
    ``baseline`` what was measured before the deployment, by metric; ``tallies`` how often each check came to what in
    this phase, ``looks`` what was measured lately by check and metric, the oldest first; ``counters`` how cumulative
    statistics stood at the deployment, ``standings`` where metrics stand that are judged over all looks. ``problem``
    says why nothing is known, ``notes`` what a person should hear about it.
    """

    done: frozenset[str] = frozenset()
    before: tuple[CheckResult, ...] | None = None
    baseline: Mapping[str, Measurement] = field(default_factory=dict)
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    looks: Mapping[tuple[str, str], tuple[Measurement, ...]] = field(default_factory=dict)
    counters: Mapping[str, Any] = field(default_factory=dict)
    standings: Standings = field(default_factory=Standings)
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
    now: datetime,
    choices: Choices,
    spans: Mapping[str, float] = _NOTHING,
) -> Past:
    """Return what the history knows; of a deployment that nobody named only what was before it.

    ``choices`` say which baseline each metric has, ``spans`` of which metrics the looks are wanted, and for how many
    seconds before ``now``.

    Raises:
        HistoryError: it cannot be read.
    """
    asked = Asked(deployment=deployment, now=now, phase=phase)
    baseline, notes = read_baselines(history, asked, choices)
    if not deployment.explicit:
        return Past(baseline=baseline, counters=read_counters(history, deployment), notes=notes)
    tallies = history.tallies(deployment)
    return Past(
        done=frozenset(tally.check for tally in tallies if tally.passed),
        before=_before(history, deployment),
        baseline=baseline,
        tallies={tally.check: tally for tally in tallies if tally.phase == phase},
        looks=_looks(history, deployment, spans, now),
        counters=read_counters(history, deployment),
        notes=notes,
    )


def _looks(
    history: History, deployment: Deployment, spans: Mapping[str, float], now: datetime
) -> dict[tuple[str, str], tuple[Measurement, ...]]:
    if not spans:
        return {}
    known = history.metrics(deployment.environment)
    owners = {name: metric for metric in spans for name in known if belongs(name, metric)}
    since = now - timedelta(seconds=max(spans.values()))
    points = history.many(owners, environment=deployment.environment, deployment=deployment.id, since=since)
    found: dict[tuple[str, str], list[Measurement]] = {}
    for name, listed in points.items():
        for point in listed:
            if (now - point.at).total_seconds() <= spans[owners[name]]:
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


def _before(history: History, deployment: Deployment) -> tuple[CheckResult, ...] | None:
    last = history.runs(deployment.id, environment=deployment.environment, finished=True, limit=1)
    record = history.record(last[0].id) if last else None
    return None if record is None else record.checks


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
    sent: dict[str, Any] = {
        "baseline": baseline,
        "tallies": tallies,
        "counters": past.counters,
        "problem": past.problem,
    }
    sent |= {"standings": to_data(past.standings)}
    return json.dumps({"looks": looks, "done": sorted(past.done), **sent})


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
        counters=sent["counters"],
        standings=from_data(sent["standings"]),
        problem=sent["problem"],
    )


def _measurement(sent: dict[str, Any]) -> Measurement:
    at = datetime.fromisoformat(sent["at"]).astimezone(UTC) if sent["at"] else None
    return Measurement(at=at, **{name: sent[name] for name in _TOLD})


def _look(metric: str, row: list[Any]) -> Measurement:
    at, value, unit, n, lower = row
    when = datetime.fromisoformat(at).astimezone(UTC)
    return Measurement(metric=metric, value=value, unit=unit, n=n, at=when, lower_bound=lower)
