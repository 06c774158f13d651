"""Likelihood ratios: their expectation under the null, summed exactly, is 1, and below it at most 1."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pytest_deploycheck.judgement.sequential.mixture import advance_mixture, log_mean, log_weight
from pytest_deploycheck.judgement.sequential.ratios import Ratios, binomial, negative_binomial, times_odds
from pytest_deploycheck.judgement.sequential.rules import HEALTHY_RATIOS, ODDS_RATIOS, RATE_RATIOS

RATES = st.floats(0.001, 0.5)


def binomial_pmf(n: int, p: float) -> list[float]:
    """Return the probabilities of 0..n successes."""
    logs = [
        math.lgamma(n + 1) - math.lgamma(x + 1) - math.lgamma(n - x + 1) + x * math.log(p) + (n - x) * math.log1p(-p)
        for x in range(n + 1)
    ]
    return [math.exp(log) for log in logs]


def negative_binomial_pmf(mean: float, size: float, most: int) -> list[float]:
    """Return the probabilities of 0..most of a count with this mean and variance ``mean (1 + mean / size)``."""
    p = size / (size + mean)
    logs = [
        math.lgamma(x + size) - math.lgamma(size) - math.lgamma(x + 1) + size * math.log(p) + x * math.log1p(-p)
        for x in range(most)
    ]
    return [math.exp(log) for log in logs]


def expectations(ratios: Ratios, pmf: list[float], n: float) -> list[float]:
    """Return the expectation of each likelihood ratio."""
    rows = [ratios.at(x, n) for x in range(len(pmf))]
    return [
        math.fsum(math.exp(math.log(weight) + row[k]) for weight, row in zip(pmf, rows, strict=True) if weight > 0)
        for k in range(len(ratios.slopes))
    ]


@given(RATES, st.integers(1, 80), st.sampled_from([RATE_RATIOS, ODDS_RATIOS]))
@settings(max_examples=60)
def test_a_binomial_look_is_worth_1_at_the_null(p: float, n: int, grid: tuple[float, ...]) -> None:
    """At the null's edge each ratio has the expectation 1."""
    assert pytest.approx([1.0] * len(grid), rel=1e-7) == expectations(binomial(p, grid), binomial_pmf(n, p), n)


@given(RATES, st.floats(0, 1), st.integers(1, 80))
@settings(max_examples=60)
def test_a_lower_rate_is_worth_at_most_1(p: float, share: float, n: int) -> None:
    """Inside the null, at any lower rate, the expectation is at most 1."""
    lower = max(p * share, 1e-6)
    assert all(one <= 1 + 1e-7 for one in expectations(binomial(p, RATE_RATIOS), binomial_pmf(n, lower), n))


@given(st.floats(0.001, 0.2), st.floats(1.2, 10), st.integers(10, 400), st.floats(0.05, 1))
@settings(max_examples=40)
def test_an_overdispersed_look_is_worth_at_most_1(p: float, phi: float, n: int, share: float) -> None:
    """The negative binomial has the expectation 1 at its null and at most 1 at a lower rate (moderate alternatives)."""
    grid = RATE_RATIOS[:3]
    mean, size = n * p, n * p / (phi - 1)
    ratios = negative_binomial(p, phi, grid)
    most = int(40 * (mean * grid[-1] + phi * 10))
    assert pytest.approx([1.0] * 3, rel=1e-3) == expectations(ratios, negative_binomial_pmf(mean, size, most), n)
    lower = negative_binomial_pmf(mean * share, size, most)
    assert all(one <= 1 + 1e-3 for one in expectations(ratios, lower, n))


@given(st.floats(0.002, 0.2), st.floats(1.2, 10), st.integers(10, 60))
@settings(max_examples=40)
def test_less_dispersion_than_assumed_is_worth_at_most_1(p: float, phi: float, n: int) -> None:
    """Plain binomial counts judged with a larger phi have an expectation of at most 1."""
    assert all(one <= 1 + 1e-9 for one in expectations(negative_binomial(p, phi, RATE_RATIOS), binomial_pmf(n, p), n))


@given(st.floats(0.001, 0.3), st.integers(1, 80), st.floats(1, 3), st.sampled_from([1.0, 3.0]))
@settings(max_examples=60)
def test_health_is_worth_at_most_1_when_the_deployment_is_bad(p: float, n: int, worse: float, phi: float) -> None:
    """Against "at least twice the rate" the worst case is its edge: there it is 1, beyond it less."""
    edge = times_odds(2.0, p)
    grid = [ratio / 2.0 for ratio in HEALTHY_RATIOS]
    ratios = binomial(edge, grid) if phi == 1 else negative_binomial(edge, phi, grid)
    found = expectations(ratios, binomial_pmf(n, min(edge * worse, 0.999)), n)
    assert all(one <= 1 + 1e-7 for one in found)


@given(st.floats(0.005, 0.4), st.integers(1, 40), st.lists(st.integers(0, 6), max_size=20), st.integers(25, 3000))
@settings(max_examples=60)
def test_the_mixture_with_its_unspent_stake_never_expects_to_grow(
    p: float, n: int, past: list[int], horizon: int
) -> None:
    """Whatever was counted before, the next look's expectation is what was there and the stake of that look."""
    ratios = binomial(p, RATE_RATIOS)
    logs: tuple[float, ...] = (-math.inf,) * len(RATE_RATIOS)
    for look, x in enumerate(past, 1):
        logs = advance_mixture(logs, log_weight(look, horizon), ratios, min(x, n), n)
    assume(log_mean(logs) < 500)
    stake = log_weight(len(past) + 1, horizon)
    expected = math.fsum(
        math.exp(math.log(weight) + log_mean(advance_mixture(logs, stake, ratios, x, n)))
        for x, weight in enumerate(binomial_pmf(n, p))
        if weight > 0
    )
    before = math.exp(log_mean(logs)) + math.exp(stake)
    assert pytest.approx(before, rel=1e-6) == expected


@given(st.integers(1, 5000))
def test_the_stakes_sum_to_1(horizon: int) -> None:
    """All stakes together are 1 (a half when there is only one look), and nothing is left beyond the horizon."""
    total = math.fsum(math.exp(log_weight(look, horizon)) for look in range(1, horizon + 1))
    assert pytest.approx(0.5 if horizon == 1 else 1.0) == total
    assert -math.inf == log_weight(horizon + 1, horizon)
