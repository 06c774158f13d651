"""Where metrics stand after the looks of earlier runs; read from the history, and kept there. Below the earlier runs.

The controller reads and keeps them; workers get them as text. What was kept is only a shortcut: when it is lost, or
does not fit the runs that are still to be used, it is worked out again from what was observed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.history.values import to_ms
from pytest_deploycheck.judgement.sequential import Rules, StateError, fit_counts
from pytest_deploycheck.judgement.standing import (
    Look,
    Standing,
    counts_of,
    dump_standing,
    load_standing,
    look,
    overlaps,
)
from pytest_deploycheck.model import Measurement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from pytest_deploycheck.history import History, Point, RunRow
    from pytest_deploycheck.model import Deployment

KEY: Final = "sequential"
VERSION: Final = 1
SEQUENTIAL: Final = ".sequential"
CONTROL: Final = ".control"
CAPTURING: Final = "pre-deploy"
GOOD: Final = frozenset({"PASS", "WARN"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A metric that counts: its check, its window in seconds, whether its value is the share of good ones."""

    metric: str
    check: str
    window: float
    good: bool = False
    controlled: bool = False

    def seen(self, at: datetime, found: Measurement, old: Measurement | None = None) -> Look:
        """Return what a measurement (and one of the old version beside it) saw."""
        beside = None if old is None else counts_of(old, good=self.good)
        return Look(to_ms(at) / 1000, counts_of(found, good=self.good), self.window, beside)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """Where each metric stands, and the version of what was read. ``rules`` are those of one metric of them all."""

    rules: Rules = field(default_factory=Rules)
    metrics: Mapping[str, Standing] = field(default_factory=dict)
    version: int = 0
    invalid: int = 0


def shared(rules: Rules, count: int) -> Rules:
    """Return the rules of each of several metrics: together they stay below alpha, whatever their dependence."""
    return replace(rules, alpha=rules.alpha / max(count, 1))


def read_standings(
    history: History, deployment: Deployment, watched: Sequence[Watched], rules: Rules, *, span: float
) -> Standings:
    """Return where each metric stands; one without a baseline and without a control stands nowhere.

    ``rules`` are those of one metric, ``span`` is how many seconds before the deployment baselines reach back.

    Raises:
        HistoryError: it cannot be read.
    """
    if not watched:
        return Standings(rules=rules)
    runs = _Runs(history, deployment, span)
    state = history.get_state(deployment, KEY)
    kept = _kept(state.value if state else "", rules, runs.mark)
    found = {}
    for each in watched:
        standing = kept.get(each.metric)
        if standing is None or (standing.baseline is None) != each.controlled:
            standing = _worked_out(history, runs, each, rules)
        if standing is not None:
            found[each.metric] = standing
    return Standings(rules=rules, metrics=found, version=state.version if state else 0, invalid=runs.mark[1])


def keep_standings(history: History, deployment: Deployment, standings: Standings, run: int) -> None:
    """Keep where metrics stand after a finished run.

    Raises:
        HistoryError: it cannot be written, or another run wrote meanwhile.
    """
    metrics = {name: dump_standing(each) for name, each in sorted(standings.metrics.items())}
    data = {"v": VERSION, "rules": _shown(standings.rules), "mark": [run, standings.invalid], "metrics": metrics}
    history.set_state(deployment, KEY, json.dumps(data, separators=(",", ":")), expected=standings.version)


def to_data(standings: Standings) -> Any:
    """Return what a worker needs of it, as JSON can hold it."""
    rules = {name: getattr(standings.rules, name) for name in Rules.__slots__}
    return [rules, {name: dump_standing(each) for name, each in standings.metrics.items()}]


def from_data(data: Any) -> Standings:
    """Return what the controller sent."""
    rules = Rules(**data[0])
    return Standings(rules=rules, metrics={name: load_standing(text, rules) for name, text in data[1].items()})


def _shown(rules: Rules) -> str:
    return repr(rules)


def _kept(text: str, rules: Rules, mark: list[int]) -> dict[str, Standing]:
    """Return what was kept, nothing when it does not fit the runs that are to be used, or the rules."""
    try:
        data = json.loads(text or "{}")
        if data.get("v") != VERSION or data["rules"] != _shown(rules) or data["mark"] != mark:
            return {}
        return {name: load_standing(each, rules) for name, each in data["metrics"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, StateError):
        return {}


class _Runs:
    """The runs before and after the deployment, read when they are asked for."""

    def __init__(self, history: History, deployment: Deployment, span: float) -> None:
        self.deployment = deployment
        self.begin = deployment.deployed_at - timedelta(seconds=span)
        self._history = history
        self._rows: dict[int, RunRow] | None = None
        environment = deployment.environment
        newest = history.runs(deployment.id, environment=environment, finished=True, limit=1)
        invalid = history.runs(environment=environment, valid=False, since=self.begin)
        self.mark = [newest[0].id if newest else 0, len(invalid)]

    @property
    def rows(self) -> Mapping[int, RunRow]:
        """The finished runs since the beginning of the span, by id."""
        if self._rows is None:
            found = self._history.runs(environment=self.deployment.environment, since=self.begin, finished=True)
            self._rows = {row.id: row for row in found}
        return self._rows

    @property
    def started(self) -> datetime:
        """When the deployment was made, or first looked at."""
        if self.deployment.deployed_at_known:
            return self.deployment.deployed_at
        own = (row.started_at for row in self.rows.values() if self.is_look(row))
        return min(own, default=self.deployment.deployed_at)

    def is_look(self, row: RunRow) -> bool:
        """Tell whether a run looked at the deployment."""
        return row.deployment == self.deployment.id and row.phase != CAPTURING

    def is_baseline(self, row: RunRow) -> bool:
        """Tell whether a run saw what was before: a capture, or a good run of another deployment."""
        return row.phase == CAPTURING or (row.deployment != self.deployment.id and row.decision in GOOD)


def _worked_out(history: History, runs: _Runs, watched: Watched, rules: Rules) -> Standing | None:
    """Return where a metric stands by what was observed, None when there is nothing to compare it with."""
    points = list(_series(history, runs, watched, watched.metric))
    started = runs.started
    baseline = None
    if not watched.controlled:
        before = [p for p in points if p.at < started and runs.is_baseline(runs.rows[p.run])]
        baseline = fit_counts(_apart(before, watched))
        if not baseline.total:
            return None
    standing = Standing(started=to_ms(started) / 1000, known=runs.deployment.deployed_at_known, baseline=baseline)
    # only what was used is used again: whether windows overlapped, the run that saw them knew best
    used = {p.run for p in _series(history, runs, watched, f"{watched.metric}{SEQUENTIAL}") if p.n}
    old = (
        {p.run: p for p in _series(history, runs, watched, f"{watched.metric}{CONTROL}")} if watched.controlled else {}
    )
    for point in points:
        if point.run in used and runs.is_look(runs.rows[point.run]):
            beside = _measured(old[point.run]) if point.run in old else None
            standing, _ = look(standing, watched.seen(point.at, _measured(point), beside), rules)
    return standing


def _series(history: History, runs: _Runs, watched: Watched, metric: str) -> Iterator[Point]:
    """Yield the points of a metric that finished runs of its own check saw."""
    environment = runs.deployment.environment
    for point in history.series(metric, environment=environment, check=watched.check, since=runs.begin):
        if point.run in runs.rows:
            yield point


def _apart(points: Iterable[Point], watched: Watched) -> Iterator[tuple[float, float, float]]:
    """Yield the counts of points whose windows do not overlap."""
    last = float("nan")
    for point in points:
        seen = watched.seen(point.at, _measured(point))
        if seen.counts is not None and not overlaps(seen.at, seen.window, last):
            last = seen.at
            yield (seen.at, *seen.counts)


def _measured(point: Point) -> Measurement:
    return Measurement(
        metric="", value=point.value, unit=point.unit, n=point.n, at=point.at, lower_bound=point.lower_bound
    )
