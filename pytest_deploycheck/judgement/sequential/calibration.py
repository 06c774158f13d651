"""The baseline judged by the judgement itself: what it alarms about there is no regression; stands on the mixture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.sequential import mixture
from pytest_deploycheck.judgement.sequential.ratios import likelihood_ratios

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_deploycheck.judgement.sequential.dispersion import Prediction, Row

RATIOS: Final = (1.5, 2.25, 3.375)
TOLERATED: Final = 1.25
PEAK: Final = -1.0
UNEVEN_PEAK: Final = -2.0
CALM_PEAK: Final = 1.0
MAX_PHI: Final = 12.0
_STEP: Final = 1.25
_PLAIN: Final = 1.2
_HOUR: Final = 3600.0
_HIGHEST: Final = 0.5
_SHRINKAGE: Final = 50.0


def calibrate(rows: Sequence[Row], rate: float, phi: float, hours: Mapping[int, Prediction], *, even: bool) -> float:
    """Return phi, raised until the baseline's own looks give no more evidence than chance does.

    Bursts and slow waves can be rarer and longer than a variance tells. A baseline is known to be without a regression,
    so evidence above ``exp(PEAK)`` on it shows that; a larger phi only weakens all evidence and is never unsafe. Where
    minutes depend on each other (not ``even``) one day shows too little of what the next ones bring: less is accepted.
    """
    highest = PEAK if even else UNEVEN_PEAK
    while phi < MAX_PHI and peak(rows, rate, phi, hours) > highest:
        phi *= _STEP
    return phi


def is_calm(rows: Sequence[Row], rate: float, phi: float, hours: Mapping[int, Prediction]) -> bool:
    """Return whether the baseline gives little evidence against itself even when nothing is tolerated."""
    return peak(rows, rate, phi, hours, 1.0) <= CALM_PEAK


def peak(
    rows: Sequence[Row], rate: float, phi: float, hours: Mapping[int, Prediction], tolerated: float = TOLERATED
) -> float:
    """Return the logarithm of the highest evidence that the looks of the baseline give against itself."""
    terms = {
        hour: likelihood_ratios(min(tolerated * rate * prediction.factor, _HIGHEST), phi, RATIOS, _PLAIN)
        for hour, prediction in hours.items()
    }
    stake = -math.log(max(len(rows), 1))
    logs, highest = (-math.inf,) * len(RATIOS), -math.inf
    for timestamp, x, n in rows:
        logs = mixture.advance_mixture(logs, stake, terms[int(timestamp // _HOUR)], x, n)
        highest = max(highest, *logs)
    return highest - math.log(len(RATIOS))
