"""Log likelihood ratios of a look, linear in its counts; stands on the rules, below the streams.

Every ratio here has the form ``l = slope * x + offset * n`` for x bad ones among n, so a look costs a few products.
Under its null each ``exp(l)`` has the expectation 1, and at most 1 for any lower rate (a higher one, when the
alternative is below the null): that makes the products of :mod:`mixture` e-processes. Formulas: JUDGEMENT, point 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Ratios:
    """The slopes and offsets of a grid of alternatives."""

    slopes: tuple[float, ...]
    offsets: tuple[float, ...]

    def at(self, x: float, n: float) -> tuple[float, ...]:
        """Return the log likelihood ratio of each alternative."""
        return tuple(x * slope + n * offset for slope, offset in zip(self.slopes, self.offsets, strict=True))


def times_odds(ratio: float, p: float) -> float:
    """Return the probability whose odds are ``ratio`` times those of ``p``."""
    return ratio * p / (1 - p + ratio * p)


def binomial(p: float, ratios: Sequence[float]) -> Ratios:
    """Return the binomial ratios against the null rate ``p``.

    ``p1 = r p / (1 - p + r p)`` and ``l = x ln(p1/p) + (n - x) ln((1 - p1)/(1 - p))``.
    """
    # with odds multiplied by r: (1 - p1)/(1 - p) = 1/(1 - p + r p) and (p1/p)/((1 - p1)/(1 - p)) = r
    return Ratios(tuple(math.log(r) for r in ratios), tuple(-math.log1p((r - 1) * p) for r in ratios))


def negative_binomial(p: float, phi: float, ratios: Sequence[float]) -> Ratios:
    """Return the ratios of counts with mean ``m = n p`` and variance ``phi m``.

    With ``k = m / (phi - 1)`` it is ``l = x ln r - (x + k) ln((k + r m) / (k + m))``, where the fraction is
    ``(1 + r (phi - 1)) / phi``.
    """
    logs = [math.log((1 + r * (phi - 1)) / phi) for r in ratios]
    return Ratios(
        tuple(math.log(r) - log for r, log in zip(ratios, logs, strict=True)),
        tuple(-p * log / (phi - 1) for log in logs),
    )


def likelihood_ratios(p: float, phi: float, ratios: Sequence[float], plain_phi: float) -> Ratios:
    """Return the ratios that fit the dispersion: binomial up to ``plain_phi``, negative binomial above."""
    return binomial(p, ratios) if phi <= plain_phi else negative_binomial(p, phi, ratios)
