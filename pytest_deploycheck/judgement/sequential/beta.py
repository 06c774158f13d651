"""The beta distribution's quantile, with nothing but ``math``; the ground floor of the sequential judgement.

The regularised incomplete beta function is the continued fraction of Didonato and Morris ("Algorithm 708", 1992,
equation 9), which takes x and 1 - x apart and so keeps its digits at both ends; it is evaluated after Lentz. Its factor
``x^a (1-x)^b / B(a, b)`` is written as a binomial density in Loader's saddle-point form ("Fast and Accurate Computation
of Binomial Probabilities", 2000), because differences of ``lgamma`` lose nine digits once a and b reach a million.
"""

from __future__ import annotations

import math
from typing import Final

_TINY: Final = 1e-300
_EPSILON: Final = 1e-16
_MAX_TERMS: Final = 200_000
_MAX_STEPS: Final = 200
_HALF_LOG_TWO_PI: Final = 0.5 * math.log(2 * math.pi)
_SERIES_FROM: Final = 16.0
# 1/12, -1/360, ...: the terms of Stirling's series, B(2k) / (2k (2k - 1))
_STIRLING: Final = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
_FAR: Final = 740.0


def beta_quantile(probability: float, a: float, b: float) -> float:
    """Return the x in 0..1 with ``P(X <= x) = probability`` for X ~ Beta(a, b).

    The limits are included: with ``a = 0`` all mass is at 0, with ``b = 0`` at 1.

    Raises:
        ValueError: the probability is not in 0..1, or a parameter is negative or not finite, or both are 0.
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"a probability lies in 0..1, not {probability}")
    if not (a >= 0 and b >= 0 and 0 < a + b < math.inf):
        raise ValueError(f"Beta({a}, {b}) is no distribution")
    if a == 0 or b == 0:
        return 0.0 if a == 0 else 1.0
    if probability in (0, 1):
        return float(probability)
    upper = probability > 0.5  # noqa: PLR2004  # the smaller tail keeps its digits
    return _solve(1 - probability if upper else probability, a, b, upper=upper)


def beta_tails(logit: float, a: float, b: float) -> tuple[float, float, float]:
    """Return ``P(X <= x)``, ``P(X > x)`` and ``x (1-x) density(x)`` of Beta(a, b), at ``logit = ln(x / (1-x))``."""
    x, y = _logistic(logit), _logistic(-logit)
    if x == 0 or y == 0:
        return (0.0, 1.0, 0.0) if x == 0 else (1.0, 0.0, 0.0)
    factor = _factor(a, b, x, y)
    if x < (a + 1) / (a + b + 2):
        lower = min(factor / _fraction(a, b, x, y), 1.0)
        return lower, 1 - lower, factor
    upper = min(factor / _fraction(b, a, y, x), 1.0)
    return 1 - upper, upper, factor


def _solve(target: float, a: float, b: float, *, upper: bool) -> float:
    """Newton's method on the logit and the logarithm of the tail, kept inside a bracket by bisection."""
    low, high = -_FAR, _FAR
    logit = min(max(math.log(a / b), low), high)
    for _ in range(_MAX_STEPS):
        below, above, slope = beta_tails(logit, a, b)
        tail = above if upper else below
        too_far = (tail < target) if upper else (tail > target)
        low, high = (low, logit) if too_far else (logit, high)
        step = math.inf
        if tail > 0 and slope > 0:
            step = math.log(tail / target) * tail / slope * (1 if upper else -1)
        moved = logit + step
        if not low < moved < high:
            if abs(step) <= 4 * _EPSILON * max(1.0, abs(logit)):
                break
            moved = (low + high) / 2
        if abs(moved - logit) <= _EPSILON * max(1.0, abs(moved)):
            logit = moved
            break
        logit = moved
    return _logistic(logit)


def _logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def _fraction(a: float, b: float, x: float, y: float) -> float:
    """Evaluate the continued fraction whose inverse, times ``x^a y^b / B``, is ``I_x(a, b)``; ``y`` is ``1 - x``."""
    spread = a * y - b * x + 1
    total = _away_from_zero(a * spread / (a + 1))
    c, d = total, 0.0
    for m in range(1, _MAX_TERMS):
        middle = a + 2 * m - 1
        numerator = (a + m - 1) * (a + b + m - 1) * m * (b - m) * x * x / (middle * middle)
        partial = m + m * (b - m) * x / middle + (a + m) * (spread + m * (1 + y)) / (middle + 2)
        d = 1 / _away_from_zero(partial + numerator * d)
        c = _away_from_zero(partial + numerator / c)
        total *= c * d
        if abs(c * d - 1) <= _EPSILON:
            break
    return total


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _factor(a: float, b: float, x: float, y: float) -> float:
    """Return ``x^a y^b / B(a, b)`` by the binomial density of a successes among a + b."""
    n = a + b
    log = _stirling_error(n) - _stirling_error(a) - _stirling_error(b) - _deviance(a, n * x) - _deviance(b, n * y)
    return math.exp(log - _HALF_LOG_TWO_PI) * math.sqrt(a * b / n)


def _stirling_error(n: float) -> float:
    """Return ``ln Γ(n + 1) - (n + 1/2) ln n + n - ln √2π``."""
    if n < _SERIES_FROM:
        return math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - _HALF_LOG_TWO_PI
    inverse = 1 / (n * n)
    total = 0.0
    for term in reversed(_STIRLING):
        total = total * inverse + term
    return total / n


def _deviance(observed: float, mean: float) -> float:
    """Return ``observed ln(observed / mean) + mean - observed`` without cancellation when they are close."""
    difference = observed - mean
    if abs(difference) >= 0.1 * (observed + mean):
        return observed * math.log(observed / mean) + mean - observed
    ratio = difference / (observed + mean)
    total = difference * ratio
    power = 2 * observed * ratio
    for odd in range(3, 2000, 2):
        power *= ratio * ratio
        added = total + power / odd
        if added == total:
            break
        total = added
    return total
