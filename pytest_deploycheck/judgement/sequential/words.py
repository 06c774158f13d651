"""Outcomes in words that an engineer on call understands; the last stage of the sequential judgement."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.sequential.outcomes import Obstacle, Outcome, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.judgement.sequential.rules import Rules

_DAY: Final = 86400.0
_CERTAIN: Final = 1_000_000_000
_MANY: Final = 100.0


def explain(outcome: Outcome, rules: Rules, *, what: str = "errors", zone: tzinfo = UTC) -> str:
    """Return one sentence about an outcome; ``what`` is counted, times are told in ``zone``."""
    return _SENTENCES[outcome.kind](outcome, rules, what, zone)


def once_in(outcome: Outcome, rules: Rules) -> int:
    """Return the N of "a healthy deployment would look like this less than once in N", cautiously rounded down.

    Ville's inequality bounds the evidence by 1 / E; the part of alpha that the finite baseline uses comes on top.
    """
    baseline_risk = max(rules.alpha - math.exp(-outcome.log_threshold), 0.0)
    risk = math.exp(-outcome.log_evidence) + baseline_risk
    many = min(1 / risk if risk > 0 else math.inf, _CERTAIN) * (1 + 1e-12)
    digits = max(math.floor(math.log10(max(many, 1))) - 1, 0)
    unit: int = 10**digits
    return max(int(many // unit) * unit, 1)


def _regression(outcome: Outcome, rules: Rules, what: str, zone: tzinfo) -> str:
    since = _clock(outcome.since, outcome.timestamp, zone)
    rare = f"a healthy deployment would look like this less than once in {once_in(outcome, rules):,}"
    return f"{_times(outcome.ratio, _counted(outcome, what))} since {since}; {rare}"


def _healthy(_outcome: Outcome, rules: Rules, what: str, _zone: tzinfo) -> str:
    sure = f"{100 * (1 - rules.beta):g} %"
    return f"healthy: {rules.bad:g} times the baseline's {what} or more is ruled out ({sure} sure)"


def _undecided(outcome: Outcome, rules: Rules, what: str, zone: tzinfo) -> str:
    if outcome.obstacle is Obstacle.OVERDISPERSED:
        return f"undecided: {outcome.obstacle.value} to conclude anything (phi {outcome.phi:.3g} > {rules.max_phi:g})"
    if outcome.obstacle is not Obstacle.NONE:
        return f"undecided: {outcome.obstacle.value}"
    if outcome.needed is not None:
        more = f"{outcome.needed:,} more request{'' if outcome.needed == 1 else 's'}"
        return f"undecided: {more} like the baseline's would show that the deployment is healthy"
    if outcome.log_evidence < 0:
        return "undecided: with this baseline no number of requests would show that the deployment is healthy"
    suspicion = _times(outcome.ratio, _counted(outcome, what))
    return f"undecided: {suspicion} since {_clock(outcome.since, outcome.timestamp, zone)}, not enough to be sure"


def _no_data(outcome: Outcome, _rules: Rules, _what: str, _zone: tzinfo) -> str:
    return f"no data: {outcome.obstacle.value}"


def _counted(outcome: Outcome, what: str) -> str:
    return f"{what} (slower than its {outcome.metric})" if outcome.metric.startswith("p") else what


def _times(ratio: float, what: str) -> str:
    if not math.isfinite(ratio):
        return f"{what} where the baseline had none"
    shown = f"{ratio:.0f}" if ratio >= _MANY else f"{ratio:.2g}"
    return f"{shown} times the baseline's {what}"


def _clock(timestamp: float, now: float, zone: tzinfo) -> str:
    try:
        moment = datetime.fromtimestamp(timestamp, zone)
    except (ValueError, OverflowError, OSError):
        return "the start"
    return f"{moment:%H:%M}" if now - timestamp < _DAY else f"{moment:%Y-%m-%d %H:%M}"


_SENTENCES: Final[Mapping[OutcomeKind, Callable[[Outcome, Rules, str, tzinfo], str]]] = MappingProxyType(
    {
        OutcomeKind.REGRESSION: _regression,
        OutcomeKind.HEALTHY: _healthy,
        OutcomeKind.UNDECIDED: _undecided,
        OutcomeKind.NO_DATA: _no_data,
    }
)
