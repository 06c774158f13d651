"""Where a baseline comes from: captured before the deployment, the last good one, an earlier time, or a file.

Stands between the history and the settings. Several values become their median; what it is and how many there were goes
along, because people want to know what they are compared with.
"""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.model import Measurement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from pytest_deploycheck.history import History, RunRow
    from pytest_deploycheck.model import CheckResult, Deployment

CAPTURING: Final = "pre-deploy"
CAPTURED: Final = "captured"
LAST_GOOD: Final = "last-good"
BEFORE: Final = "before"
SAME_HOUR: Final = "same-hour"
FILE: Final = "file"
WEEKS: Final = 4
WEEK: Final = timedelta(days=7)
HALF_AN_HOUR: Final = timedelta(minutes=30)
A_DAY: Final = timedelta(days=1)
_GOOD: Final = frozenset({"PASS", "WARN"})
_MOST_LOOKED_AT: Final = 200
LARGEST_FILE: Final = 16 * 1024 * 1024

Choice = str | dict[str, str]
Found = dict[str, Measurement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Which baseline each metric has: ``usual`` unless ``own`` names another; ``root`` is where files are."""

    root: Path
    usual: Choice = CAPTURED
    own: Mapping[str, Choice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a baseline is looked for: the deployment, the time of this run, its phase."""

    deployment: Deployment
    now: datetime
    phase: str


def read_baselines(history: History | None, asked: Asked, choices: Choices) -> tuple[Found, tuple[str, ...]]:
    """Return the baseline of each metric, and what to say about them. Without a history there are only files.

    Raises:
        HistoryError: the history cannot be read.
    """
    notes: list[str] = []
    read: dict[str, Found] = {}

    def of(choice: Choice) -> Found:
        name = choice if isinstance(choice, str) else f"file {choice[FILE]}"
        if name not in read:
            if isinstance(choice, dict):
                read[name], said = _from_file(choices.root / choice[FILE], asked)
            else:
                read[name], said = ({}, ()) if history is None else _READ[choice](history, asked)
            notes.extend(said)
        return read[name]

    found = dict(of(choices.usual))
    for metric, choice in choices.own.items():
        for name in [name for name in found if belongs(name, metric)]:
            del found[name]
        found |= {name: value for name, value in of(choice).items() if belongs(name, metric)}
    return found, tuple(notes)


def belongs(name: str, metric: str) -> bool:
    """Tell whether a series is of a metric: it bears its name, or its name and the group that it is about."""
    return name == metric or (name.startswith(metric) and name[len(metric)] == "[")


def is_number(value: object) -> bool:
    """Tell whether a measured value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def baseline_of(checks: Iterable[CheckResult]) -> Found:
    """Return what the checks measured, by metric: numbers, and texts such as a plan; a lower bound is no baseline."""
    measured = (reading.measurement for check in checks for reading in check.readings)
    return {m.metric: m for m in measured if (is_number(m.value) or _is_text(m.value)) and not m.lower_bound}


def _is_text(value: object) -> bool:
    """Tell whether a value is words; NaN and infinity are kept as words, too, and are none."""
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False


def _captured(history: History, asked: Asked) -> tuple[Found, tuple[str, ...]]:
    """Return what the newest run before the deployment measured.

    A run that was made for this deployment by its id comes first, then the newest one from before it. One that was made
    after it counts only when there is no other, and is told.
    """
    deployment = asked.deployment
    found = history.runs(environment=deployment.environment, phase=CAPTURING, finished=True, limit=_MOST_LOOKED_AT)
    if not found:
        return {}, _elsewhere(history, deployment)
    run, notes = _choose(found, deployment)
    record = history.record(run.id)
    if record is None:
        return {}, (f"the baseline of {run.started_at:%Y-%m-%d %H:%M} UTC is no longer in the history",)
    said = f"captured {run.started_at:%Y-%m-%d %H:%M} UTC"
    return {name: replace(each, note=said) for name, each in baseline_of(record.checks).items()}, notes


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


def _last_good(history: History, asked: Asked) -> tuple[Found, tuple[str, ...]]:
    """Return the medians over the newest earlier deployment that ended well in this phase, or in any."""
    deployment = asked.deployment
    earlier = history.runs(environment=deployment.environment, finished=True, until=asked.now, limit=_MOST_LOOKED_AT)
    others = [run for run in earlier if run.deployment != deployment.id and run.phase != CAPTURING]
    ended = {run.deployment: run for run in reversed(others)}
    good = [run for run in ended.values() if run.decision in _GOOD and run.deployed_at <= deployment.deployed_at]
    good.sort(key=lambda run: (run.phase == asked.phase, run.started_at))
    if not good:
        return {}, ("there is no earlier deployment that ended well: no baseline",)
    chosen = good[-1].deployment
    environment = deployment.environment
    points = history.values(history.metrics(environment), environment=environment, deployment=chosen)
    return _medians([points], f"the last good deployment, {chosen}"), ()


def _before(history: History, asked: Asked) -> tuple[Found, tuple[str, ...]]:
    """Return the medians of what was measured in the day before the deployment."""
    if not asked.deployment.deployed_at_known:
        return {}, ("nobody said when it was deployed (--deployed-at): there is no time before it to compare with",)
    end, environment = asked.deployment.deployed_at, asked.deployment.environment
    points = history.values(history.metrics(environment), environment=environment, since=end - A_DAY, until=end)
    return _medians([points], "the day before the deployment"), ()


def _same_hour(history: History, asked: Asked) -> tuple[Found, tuple[str, ...]]:
    """Return the medians of the hour around this time of the week, in the four weeks before the deployment."""
    environment = asked.deployment.environment
    metrics = history.metrics(environment)
    hours = [
        history.values(
            metrics,
            environment=environment,
            since=end - HALF_AN_HOUR,
            until=min(end + HALF_AN_HOUR, asked.deployment.deployed_at),
        )
        for end in same_hours(asked)
    ]
    return _medians(hours, "this hour of earlier weeks"), ()


def same_hours(asked: Asked) -> list[datetime]:
    """Return this time in each of the four weeks before the deployment, the newest first."""
    weeks = max(0, math.ceil((asked.now - asked.deployment.deployed_at) / WEEK))
    newest = asked.now - max(weeks, 1) * WEEK
    return [newest - week * WEEK for week in range(WEEKS)]


def _medians(parts: Iterable[Mapping[str, Mapping[str, list[float]]]], said: str) -> Found:
    gathered: dict[str, dict[str, list[float]]] = {}
    for part in parts:
        for metric, by_unit in part.items():
            for unit, values in by_unit.items():
                gathered.setdefault(metric, {}).setdefault(unit, []).extend(values)
    found: Found = {}
    for metric, by_unit in gathered.items():
        unit, values = max(by_unit.items(), key=lambda each: len(each[1]))
        note = f"median of {len(values)} in {said}" + (", of one of several units" if len(by_unit) > 1 else "")
        found[metric] = Measurement(metric=metric, value=statistics.median(values), unit=unit, n=len(values), note=note)
    return found


_READ: Final[Mapping[str, Callable[[History, Asked], tuple[Found, tuple[str, ...]]]]] = {
    CAPTURED: _captured,
    LAST_GOOD: _last_good,
    BEFORE: _before,
    SAME_HOUR: _same_hour,
}


def _from_file(path: Path, asked: Asked) -> tuple[Found, tuple[str, ...]]:
    """Read ``{"measurements": [{"metric", "value", "unit"}, …]}``, or a verdict.json of a run before the deployment."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return {}, (f"{path.name} is too large for a baseline",)
        tree = json.loads(path.read_text(encoding="utf-8"))
        rows = (
            tree["measurements"] if "measurements" in tree else [m for c in tree["checks"] for m in c["measurements"]]
        )
        found = {str(row["metric"]): _row(row, path.name) for row in rows if is_number(row["value"])}
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        return {}, (f"{path.name} cannot be read ({type(error).__name__}); there is no baseline",)
    told = tree.get("environment") or (tree.get("deployment") or {}).get("environment")
    environment = told or asked.deployment.environment
    if environment != asked.deployment.environment:
        return {}, (f"{path.name} is of {str(environment)[:80]}, not of {asked.deployment.environment}: no baseline",)
    return found, ()


def _row(row: dict[str, Any], name: str) -> Measurement:
    n = row.get("n")
    return Measurement(
        metric=str(row["metric"]),
        value=float(row["value"]),
        unit=str(row.get("unit") or ""),
        n=n if isinstance(n, int) else None,
        note=f"from {name}",
    )
