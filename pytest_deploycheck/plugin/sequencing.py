"""The second reading of metrics that count: all looks since the deployment together, beside the levels of this one.

A check reads where its metric stands and looks once more; the process that decides does the same again with the result
that arrived, and keeps where the metric stands now. So workers need no history, and whatever their number, nothing is
counted twice.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asking.metrics import DEFAULT_WINDOW
from pytest_deploycheck.errors import HistoryError
from pytest_deploycheck.judgement.bounds import Form
from pytest_deploycheck.judgement.sequential import OutcomeKind, explain
from pytest_deploycheck.judgement.standing import look, overlaps
from pytest_deploycheck.metricquery import parse_query
from pytest_deploycheck.model import Judgement, Measurement, Reading, Repeated
from pytest_deploycheck.phases import PhaseKind, format_duration, parse_duration
from pytest_deploycheck.standings import CONTROL, SEQUENTIAL, Standings, Watched, keep_standings, read_standings, shared
from pytest_deploycheck.status import Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.history import History
    from pytest_deploycheck.judgement.standing import Look, Standing
    from pytest_deploycheck.model import CheckResult, Deployment
    from pytest_deploycheck.phases import Phase
    from pytest_deploycheck.plugin.state import CheckState, DeployRun
    from pytest_deploycheck.settings.schema import Settings

CHECK: Final = "metrics.metric[{}]"
_SHARES: Final = frozenset({"", "%"})
_PARTS: Final = re.compile(r"\b(bad|good)\b", re.IGNORECASE)
_WORSE_BELOW: Final = frozenset({"<", "<="})
_WORSE_ABOVE: Final = frozenset({">", ">="})
_COUNT: Final[Mapping[str, Callable[[Any], bool]]] = {
    "openmetrics": lambda metric: parse_query(metric.query).function.name == "ratio",
    "sql": lambda metric: not metric.by and _PARTS.search(metric.sql) is not None and metric.window is not None,
    "prometheus": lambda metric: (
        not metric.by and metric.reduce != "each" and bool(metric.samples_query) and metric.window is not None
    ),
    "log": lambda metric: metric.per == "lines" and metric.window is not None,
}


def watched_metrics(settings: Settings) -> tuple[Watched, ...]:
    """Return the declared metrics that are judged over all looks."""
    found = []
    for metric in settings.metrics:
        good = _is_good(metric)
        if not metric.enabled or (metric.judge or settings.judgement.judge) != "sequential" or good is None:
            continue
        if metric.unit in _SHARES and (metric.denominator or _COUNT.get(metric.source, lambda _: False)(metric)):
            found.append(
                Watched(
                    metric=metric.id,
                    check=CHECK.format(metric.id),
                    window=metric.window or DEFAULT_WINDOW,
                    good=good,
                    controlled=metric.control is not None,
                )
            )
    return tuple(found)


def _is_good(metric: Any) -> bool | None:
    """Return whether the metric is a share of good ones, None when its levels do not tell which side is bad.

    One without levels is a share of bad ones when the settings ask for the judge by name.
    """
    if metric.levels is None:
        return False if metric.judge == "sequential" else None
    operators = {condition.operator for _, condition in metric.levels.levels if condition.form is not Form.CAPACITY}
    if not operators:
        return None
    return True if operators <= _WORSE_BELOW else False if operators <= _WORSE_ABOVE else None


def standings_of(history: History, settings: Settings, deployment: Deployment, phase: Phase) -> Standings:
    """Return where the metrics of the settings stand; nowhere before the deployment, or when nobody named it.

    Raises:
        HistoryError: the history cannot be read.
    """
    if not deployment.explicit or phase.kind is PhaseKind.BEFORE:
        return Standings()
    watched = watched_metrics(settings)
    rules = shared(settings.judgement.rules(), len(watched))
    return read_standings(history, deployment, watched, rules, span=settings.judgement.span)


def second_reading(run: DeployRun, state: CheckState, measurement: Measurement) -> Reading | None:
    """Return what all looks together say after this one, None when the check is not judged that way."""
    standing, watched = run.past.standings.metrics.get(measurement.metric), _watched(run, measurement.metric)
    if standing is None or watched is None or watched.check != state.spec.id:
        return None
    severity = state.spec.severity
    measured = (reading.measurement for reading in state.readings)
    old = next((each for each in measured if each.metric == f"{measurement.metric}{CONTROL}"), None)
    seen = _seen(watched, measurement, old, run.now)
    after, used = look(standing, seen, run.past.standings.rules)
    judgement = _judged(run, severity, after, used=used, why=_unused(standing, seen))
    assert judgement.repeated is not None
    return Reading(
        measurement=replace(
            measurement,
            metric=f"{measurement.metric}{SEQUENTIAL}",
            value=judgement.repeated.ratio,
            unit="",
            n=measurement.n if used else None,
            source="sequential",
            query="all looks since the deployment, compared with " + ("the old version" if old else "the baseline"),
            note=judgement.reason,
            lower_bound=False,
            resolution=None,
        ),
        judgement=judgement,
    )


def _watched(run: DeployRun, metric: str) -> Watched | None:
    return next((each for each in watched_metrics(run.settings) if each.metric == metric), None)


def _seen(watched: Watched, measurement: Measurement, old: Measurement | None, now: datetime) -> Look:
    try:
        measured = parse_duration(measurement.window) if measurement.window else 0.0
    except ValueError:
        measured = 0.0
    wider = replace(watched, window=max(watched.window, measured))
    return wider.seen(measurement.at or now, measurement, old)


def _unused(standing: Standing, seen: Look) -> str:
    """Return why a look cannot be used, nothing when it can."""
    if standing.known and overlaps(seen.at, seen.window, standing.started):
        return f"this look's window of {format_duration(seen.window)} begins before the deployment"
    if overlaps(seen.at, seen.window, standing.at):
        return "this look's window overlaps the last one's, which was counted"
    return "" if seen.counts is not None else "nothing was counted this time"


def _judged(run: DeployRun, severity: Severity, after: Standing, *, used: bool, why: str) -> Judgement:
    rules, last = run.past.standings.rules, after.last
    rate = after.baseline.rate * 100 if after.baseline is not None else None
    if last is None:
        threshold = math.exp(0.0) / rules.alpha * (2 if after.baseline else 1)
        repeated = Repeated(outcome="no_data", evidence=0.0, threshold=threshold)
        return Judgement(status=Status.PASS, reason=f"undecided: {why}", repeated=repeated)
    words = explain(last, rules) if after.baseline is not None else _beside(explain(last, rules))
    repeated = Repeated(
        outcome=str(last.kind),
        evidence=last.evidence,
        threshold=math.exp(last.log_threshold),
        ratio=last.ratio if math.isfinite(last.ratio) else None,
        since=datetime.fromtimestamp(last.since, UTC) if math.isfinite(last.since) else None,
        needed=last.needed if after.baseline is not None else None,  # beside a control it counts errors
        looks=after.looks,
        used=used,
    )
    if last.kind is not OutcomeKind.REGRESSION:
        return Judgement(
            status=Status.PASS, reason="; ".join(filter(None, (words, why))), baseline=rate, repeated=repeated
        )
    short = after.baseline is not None and after.baseline.too_short
    found = Severity.ROLLBACK if severity is Severity.CRITICAL and not short else Severity.HIGH
    more = "the baseline is too short to roll back on" if short and severity is Severity.CRITICAL else ""
    return Judgement(
        status=Status.FAIL,
        reason="; ".join(filter(None, (words, more, why))),
        severity=found,
        condition=f"evidence >= {repeated.threshold:,.0f}",
        baseline=rate,
        repeated=repeated,
    )


def _beside(words: str) -> str:
    """Return what is said of a metric beside its control: the engine counts errors of both, and knows no baseline."""
    words = re.sub(r"request(s?) like the baseline's", r"error\1 at equal rates", words)
    return words.replace("the baseline's", "the old version's")


def after_run(run: DeployRun) -> Standings:
    """Return where the metrics stand after this run, by the results that arrived."""
    standings = run.past.standings
    moved = dict(standings.metrics)
    for result in run.results.values():
        for metric, seen in _looks_of(run, result):
            moved[metric], _ = look(standings.metrics[metric], seen, standings.rules)
    return replace(standings, metrics=moved)


def _looks_of(run: DeployRun, result: CheckResult) -> list[tuple[str, Look]]:
    found = {reading.measurement.metric: reading for reading in result.readings}
    looks = []
    for name, reading in found.items():
        metric = name.removesuffix(SEQUENTIAL)
        watched = _watched(run, metric) if reading.judgement.repeated is not None else None
        if watched is not None and metric in found and result.id == watched.check:
            old = found.get(f"{metric}{CONTROL}")
            seen = _seen(watched, found[metric].measurement, old.measurement if old else None, run.now)
            looks.append((metric, seen))
    return looks


def keep(run: DeployRun) -> str | None:
    """Keep where the metrics stand, and return why that was not possible."""
    memory = run.memory
    if memory is None or not run.past.standings.metrics:
        return None
    try:
        keep_standings(memory.history, run.deployment, after_run(run), memory.run)
    except HistoryError as error:
        return f"the looks of this run are not kept: {error}"
    return None
