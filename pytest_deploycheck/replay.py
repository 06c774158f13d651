"""Judge recorded data look by look: what would have been decided when, and which thresholds would have cried wolf.

This is how a team tunes its thresholds and how the judgement is proved. The functions take iterables, have no clock
and read no file; ``recordings`` brings the CSV files, ``commands/replay`` the command line::

    found = replay_counts(baseline, observed, ReplayOptions(levels=parse_ladder({"critical": "> 5%"}, "%")))
    found.first_regression, [rule.alarms for rule in found.rules]
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.sequential import (
    LatencyBaseline,
    Outcome,
    OutcomeKind,
    Rules,
    explain,
    fit_counts,
    fit_latency,
    look_at_latency,
    watch_counts,
    watch_latency,
)
from pytest_deploycheck.judgement.sequential.watch import Counted
from pytest_deploycheck.judgement.trend import Trend, leaks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_deploycheck.judgement.conditions import Condition
    from pytest_deploycheck.judgement.ladder import Ladder
    from pytest_deploycheck.judgement.sequential.baselines import CountRow, LatencyRow

GaugeRow = tuple[float, float]
QUANTILE_OF: Final = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}
_PERCENT: Final = 100.0


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """How to judge: the dials, the ladder to try with the unit of the values, and for how long it has to hold.

    ``started`` is the time of the deployment, NaN for the first look. ``statistic`` is what the ladder of a latency is
    asked about; counts are asked about in per cent, gauges as they are.
    """

    rules: Rules = field(default_factory=Rules)
    levels: Ladder | None = None
    unit: str = ""
    sustained: float = 0.0
    started: float = math.nan
    statistic: str = "p95"


@dataclass(frozen=True, slots=True)
class ReplayLook:
    """One look: its outcome, E, the value that thresholds are asked about (None without one), and a sentence."""

    timestamp: float
    outcome: OutcomeKind
    evidence: float
    value: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class RuleReplay:
    """One threshold: when it fired; looks in a row are one alarm. ``problem`` says why it could not be asked."""

    level: str
    condition: str
    firings: tuple[float, ...] = ()
    alarms: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """All that was decided; ``threshold`` is the evidence that decides, ``baseline`` its value in the ladder's unit."""

    looks: tuple[ReplayLook, ...]
    rules: tuple[RuleReplay, ...]
    threshold: float
    phi: float
    baseline: float | None
    trends: tuple[Trend, ...] = ()

    @property
    def first_regression(self) -> float | None:
        """The time of the first look at a regression, in seconds since 1970."""
        return self._first(OutcomeKind.REGRESSION)

    @property
    def first_healthy(self) -> float | None:
        """The time of the first look that called the deployment healthy, in seconds since 1970."""
        return self._first(OutcomeKind.HEALTHY)

    def _first(self, kind: OutcomeKind) -> float | None:
        return next((look.timestamp for look in self.looks if look.outcome is kind), None)


def replay_counts(
    baseline: Iterable[CountRow], observed: Iterable[CountRow], options: ReplayOptions | None = None
) -> Replay:
    """Replay bad ones among all, rows of ``(timestamp in seconds, bad, total)``; the ladder is asked in per cent."""
    options = replace(options or ReplayOptions(), unit="%")
    fitted, rows = fit_counts(baseline), list(observed)
    watch = watch_counts(fitted, _rules(options, len(rows)), started=options.started)
    outcomes = [watch.look(timestamp, (Counted(bad, total),)) for timestamp, bad, total in rows]
    values = [_PERCENT * bad / total if 0 <= bad <= total and total > 0 else None for _, bad, total in rows]
    reference = _PERCENT * fitted.rate if fitted.total else None
    return _replay(outcomes, values, options, phi=fitted.phi, reference=reference, what="errors")


def replay_latency(
    baseline: Iterable[LatencyRow], observed: Iterable[LatencyRow], options: ReplayOptions | None = None
) -> Replay:
    """Replay durations, rows of ``(timestamp in seconds, the durations of its requests)``."""
    options = options or ReplayOptions()
    quantile = QUANTILE_OF[options.statistic]
    known, looks = [(when, list(values)) for when, values in baseline], [(when, list(v)) for when, v in observed]
    fitted = fit_latency(known)
    outcomes = _order_statistics(fitted, looks, options, 0.0)
    values = [_quantile(durations, quantile) for _, durations in looks]
    reference = _quantile([value for _, durations in known for value in durations], quantile)
    return _replay(outcomes, values, options, phi=_phi(fitted), reference=reference, what="slow requests")


def replay_gauge(
    baseline: Iterable[GaugeRow], observed: Iterable[GaugeRow], options: ReplayOptions | None = None
) -> Replay:
    """Replay a gauge, rows of ``(timestamp in seconds, value)``, for values above the baseline's and for a leak.

    No judgement of a gauge is safe enough to roll back alone: a regression means WATCH at most.
    """
    options = options or ReplayOptions()
    half = replace(options.rules, alpha=options.rules.alpha / 2)
    known, rows = [_finite(row) for row in baseline], [_finite(row) for row in observed]
    fitted = fit_latency([(when, [value]) for when, value in known], lowest=-math.inf)
    looks = [(when, [value]) for when, value in rows]
    outcomes = _order_statistics(fitted, looks, replace(options, rules=half), -math.inf)
    trends = leaks(known, rows, options.started, alpha=half.alpha)
    values = [None if math.isnan(value) else value for _, value in rows]
    finite = [value for _, value in known if not math.isnan(value)]
    reference = fmean(finite) if finite else None
    found = _replay(outcomes, values, options, phi=_phi(fitted), reference=reference, what="high values")
    return replace(found, trends=trends, looks=_with_trends(found.looks, rows, trends, options.started))


def _rules(options: ReplayOptions, looks: int) -> Rules:
    return replace(options.rules, horizon=max(looks, 1))


def _order_statistics(
    fitted: LatencyBaseline, looks: Sequence[LatencyRow], options: ReplayOptions, lowest: float
) -> list[Outcome]:
    if not fitted.quantiles:
        # without a baseline nothing can be concluded; the counts of an empty one say so
        watch = watch_counts((), _rules(options, len(looks)), started=options.started)
        return [watch.look(when, (Counted(0, sum(value >= lowest for value in values)),)) for when, values in looks]
    watch = watch_latency(fitted, _rules(options, len(looks)), started=options.started)
    return [look_at_latency(watch, fitted, when, values, lowest=lowest) for when, values in looks]


def _replay(
    outcomes: Sequence[Outcome],
    values: Sequence[float | None],
    options: ReplayOptions,
    *,
    phi: float,
    reference: float | None,
    what: str,
) -> Replay:
    looks = tuple(
        ReplayLook(each.timestamp, each.kind, each.evidence, value, explain(each, options.rules, what=what))
        for each, value in zip(outcomes, values, strict=True)
    )
    threshold = math.exp(outcomes[0].log_threshold) if outcomes else math.nan
    levels = options.levels.levels if options.levels else ()
    rules = tuple(_rule(str(level), condition, looks, options, reference) for level, condition in levels)
    return Replay(looks, rules, threshold, phi, reference)


def _rule(
    level: str, condition: Condition, looks: Sequence[ReplayLook], options: ReplayOptions, reference: float | None
) -> RuleReplay:
    text = condition.describe(options.unit)
    problem = condition.missing(unit=options.unit, baseline=reference)
    if problem is not None:
        return RuleReplay(level, text, problem=problem)
    known: dict[float, bool] = {}
    firings: list[float] = []
    alarms, since, firing = 0, math.nan, False
    for look in looks:
        value = look.value
        if value is not None and value not in known:
            known[value] = condition.holds(value, unit=options.unit, baseline=reference)
        if value is None or not known[value]:
            since, firing = math.nan, False
            continue
        since = look.timestamp if math.isnan(since) else since
        if look.timestamp - since < options.sustained:
            continue
        firings.append(look.timestamp)
        alarms += not firing
        firing = True
    return RuleReplay(level, text, tuple(firings), alarms)


def _quantile(values: Sequence[float], quantile: float) -> float | None:
    """Return the order statistic that has at least this part of the finite values at or below it."""
    kept = sorted(value for value in values if 0 <= value < math.inf)
    return kept[max(math.ceil(quantile * len(kept)), 1) - 1] if kept else None


def _phi(fitted: LatencyBaseline) -> float:
    return max((each.counts.phi for each in fitted.quantiles), default=1.0)


def _finite(row: GaugeRow) -> GaugeRow:
    return row if math.isfinite(row[1]) else (row[0], math.nan)


def _with_trends(
    looks: tuple[ReplayLook, ...], rows: Sequence[GaugeRow], trends: Sequence[Trend], started: float
) -> tuple[ReplayLook, ...]:
    if not trends:
        return looks
    first = min(trends, key=lambda trend: trend.span)
    at = (rows[0][0] if math.isnan(started) else started) + first.span
    words = f"rises by {first.slope * 3600:.3g} an hour for {first.span / 3600:g} h (p = {first.p_value:.1g})"
    return tuple(
        replace(look, outcome=OutcomeKind.REGRESSION, reason=words)
        if look.timestamp >= at and look.outcome is not OutcomeKind.NO_DATA
        else look
        for look in looks
    )
