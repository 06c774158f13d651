"""A metric ready to be watched: its null and alternatives at each hour; stands on the baselines, below the watch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.sequential.beta import beta_quantile
from pytest_deploycheck.judgement.sequential.dispersion import hour_of
from pytest_deploycheck.judgement.sequential.ratios import Ratios, binomial, likelihood_ratios, times_odds
from pytest_deploycheck.judgement.sequential.rules import HEALTHY_RATIOS, MAX_NULL_RATE, ODDS_RATIOS, RATE_RATIOS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_deploycheck.judgement.sequential.baselines import CountBaseline, LatencyBaseline, LatencyQuantile
    from pytest_deploycheck.judgement.sequential.rules import Rules

LOWER_RISK: Final = 0.01
_ALMOST_ONE: Final = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Terms:
    """What a look is compared with: the baseline's rate, the ratios that show a regression, those that show health.

    ``healthy`` is None when no number of requests could ever show that the deployment is healthy.
    """

    rate: float
    regression: Ratios
    healthy: Ratios | None


@dataclass(frozen=True, slots=True)
class Stream:
    """One metric of a watch: its share of the stake, its dispersion, its smallest effect, and its terms by hour.

    Where the baseline was ``calm`` the null tolerates nothing, so effects below ``Rules.bad`` need more evidence.
    ``control`` streams have no terms of their own: each look brings the old version's counts.
    """

    name: str
    share: float
    phi: float
    alternatives: int
    minimum_effect: float
    too_short: bool
    calm: bool = False
    hours: tuple[Terms, ...] = ()

    def terms(self, timestamp: float) -> Terms:
        """Return the terms of a look at a time in seconds since 1970."""
        return self.hours[hour_of(timestamp)]


def count_stream(name: str, baseline: CountBaseline, rules: Rules, share: float = 1.0) -> Stream:
    """Return the stream of errors among requests (JUDGEMENT, point 1): the baseline's bound uses half of alpha."""
    risk = rules.alpha * share / 2
    bad, good = baseline.bad / baseline.phi, (baseline.total - baseline.bad) / baseline.phi
    upper = beta_quantile(1 - risk, bad + 1, good)
    return _stream(name, baseline, upper=upper, grid=RATE_RATIOS, rules=rules, share=share)


def latency_streams(baseline: LatencyBaseline, rules: Rules, share: float = 1.0) -> tuple[Stream, ...]:
    """Return a stream for each order statistic of the latencies (JUDGEMENT, point 2), sharing the stake equally."""
    part = share / max(len(baseline.quantiles), 1)
    return tuple(_latency_stream(each, rules, part) for each in baseline.quantiles)


def _latency_stream(each: LatencyQuantile, rules: Rules, share: float) -> Stream:
    counts = each.counts
    above = (counts.total - each.rank + 1) / counts.phi
    upper = beta_quantile(1 - rules.alpha * share / 2, above, each.rank / counts.phi)
    return _stream(each.name, counts, upper=upper, grid=ODDS_RATIOS, rules=rules, share=share)


def _stream(
    name: str, baseline: CountBaseline, *, upper: float, grid: tuple[float, ...], rules: Rules, share: float
) -> Stream:
    bad, good = baseline.bad / baseline.phi, (baseline.total - baseline.bad) / baseline.phi
    lower = beta_quantile(LOWER_RISK, bad, good + 1)
    known: dict[float, Terms] = {}
    for factor in baseline.shape:
        if factor not in known:
            known[factor] = _terms(factor, baseline, rules, bounds=(lower, upper), grid=grid)
    effect = grid[0] if rules.minimum_effect is None else rules.minimum_effect
    hours = tuple(known[factor] for factor in baseline.shape)
    return Stream(name, share, baseline.phi, len(grid), effect, baseline.too_short, baseline.calm, hours)


def _terms(
    factor: float, baseline: CountBaseline, rules: Rules, *, bounds: tuple[float, float], grid: tuple[float, ...]
) -> Terms:
    lower, upper = bounds
    null = null_rate(upper * factor, rules.calm_tolerated if baseline.calm else rules.tolerated)
    rate = min(baseline.rate * factor, _ALMOST_ONE) if baseline.total else math.nan
    regression = likelihood_ratios(null, baseline.phi, grid, rules.plain_phi)
    return Terms(rate, regression, _healthy(min(lower * factor, _ALMOST_ONE), baseline.phi, rules))


def null_rate(upper: float, tolerated: float) -> float:
    """Return the highest rate that is still fine: the bound times the tolerated ratio, capped at 0.5.

    The cap takes back tolerance, never the bound itself: a baseline that is above a half is no regression of itself.
    """
    return min(max(min(tolerated * upper, MAX_NULL_RATE), upper), _ALMOST_ONE)


def _healthy(lower: float, phi: float, rules: Rules) -> Ratios | None:
    """Return the ratios against "at least ``bad`` times the baseline's lower bound", alternatives all below it.

    The multiples are of the odds, so that a rate of a half can be doubled; for small rates it is the same.
    """
    if lower <= 0:
        return None
    ratios = [ratio / rules.bad for ratio in HEALTHY_RATIOS]
    return likelihood_ratios(times_odds(rules.bad, lower), phi, ratios, rules.plain_phi)


def control_stream(name: str, rules: Rules, *, phi: float = 1.0, share: float = 1.0) -> Stream:
    """Return the stream of a deployment beside the version it replaces (JUDGEMENT, point 6)."""
    effect = RATE_RATIOS[0] if rules.minimum_effect is None else rules.minimum_effect
    return Stream(name, share, phi, len(RATE_RATIOS), effect, too_short=False)


def control_terms(new_total: float, old_total: float, rules: Rules) -> Terms:
    """Return the terms of a look in which both versions served; among all errors, those of the new one are counted.

    At equal rates an error is the new version's with the odds ``new_total : old_total``.
    """
    fair = new_total / (new_total + old_total)
    regression = binomial(times_odds(rules.tolerated, fair), RATE_RATIOS)
    healthy = binomial(times_odds(rules.bad, fair), [ratio / rules.bad for ratio in HEALTHY_RATIOS])
    return Terms(fair, regression, healthy)


def equal_shares(baselines: Mapping[str, CountBaseline], rules: Rules) -> tuple[Stream, ...]:
    """Return a stream for each of several metrics, sharing the stake equally (JUDGEMENT, point 5)."""
    share = 1 / max(len(baselines), 1)
    return by_name(count_stream(name, baseline, rules, share) for name, baseline in baselines.items())


def by_name(streams: Iterable[Stream]) -> tuple[Stream, ...]:
    """Return the streams in the order of their names: sums must not depend on the order they were given in."""
    return tuple(sorted(streams, key=lambda stream: stream.name))
