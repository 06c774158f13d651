"""E-processes in log space: mixtures over alternatives and start times; stands on the likelihood ratios.

The weighted Shiryaev-Roberts mixture ``S <- (S + w_t) exp(l)`` bets a part of its stake on each start time. Its mean
over the alternatives has an expectation of at most ``w_1 + ... + w_t <= 1`` under the null, whatever the look, and
minus its growing stake it is a supermartingale: by Ville's inequality P(ever >= c) <= 1/c (JUDGEMENT, point 4).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_deploycheck.judgement.sequential.ratios import Ratios

FIRST_WEIGHT: Final = 0.5
_NEGLIGIBLE: Final = 40.0  # exp(-40) is below the last digit of a float
_exp, _log1p = math.exp, math.log1p


def log_weight(look: int, horizon: int) -> float:
    """Return ln of the stake on a start at this look (1, 2, ...): a half, then the other half in equal parts.

    Beyond the horizon nothing is left to bet: minus infinity.
    """
    if look == 1:
        return math.log(FIRST_WEIGHT)
    return math.log((1 - FIRST_WEIGHT) / (horizon - 1)) if look <= horizon else -math.inf


def advance_mixture(logs: tuple[float, ...], stake: float, ratios: Ratios, x: float, n: float) -> tuple[float, ...]:
    """Return ``ln((S + w) exp(l))`` for each alternative, from ``ln S``, ``stake = ln w`` and the counts of a look."""
    found = []
    for old, slope, offset in zip(logs, ratios.slopes, ratios.offsets, strict=True):
        lead = old - stake
        if lead > _NEGLIGIBLE:
            log = old
        elif lead < -_NEGLIGIBLE:
            log = stake
        elif lead > 0:
            log = old + _log1p(_exp(-lead))
        else:
            log = stake + _log1p(_exp(lead))
        found.append(log + x * slope + n * offset)
    return tuple(found)


def advance_product(logs: tuple[float, ...], ratios: Ratios, x: float, n: float) -> tuple[float, ...]:
    """Return the log likelihood ratios of everything since the start, one look further."""
    return tuple(
        log + x * slope + n * offset for log, slope, offset in zip(logs, ratios.slopes, ratios.offsets, strict=True)
    )


def log_mean(logs: tuple[float, ...]) -> float:
    """Return the logarithm of the mean of numbers given by their logarithms."""
    top = max(logs)
    if not math.isfinite(top):
        return top
    return top + math.log(sum([_exp(log - top) for log in logs]) / len(logs))
