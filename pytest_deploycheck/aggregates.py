"""Many samples to one number: between what the sources timed and what the judges compare. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import NoDataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One number made of ``n`` samples; ``note`` says how (``p95 of 20 samples``). The unit is that of the samples."""

    value: float
    n: int
    note: str


def mean(samples: Sequence[float]) -> float:
    """Return the arithmetic mean.

    Raises:
        NoDataError: there are no samples, or one of them is not a finite number.
    """
    # exact fractions: neither rounding nor overflow can carry a mean beyond the samples
    return float(sum(map(Fraction, _finite(samples))) / len(samples))


def percentile(samples: Sequence[float], q: float) -> float:
    """Return the ``q``-th percentile (0 to 100) by nearest rank: the smallest sample that ``q`` % of all do not exceed.

    The answer is always one of the samples, never an interpolation; of fewer than 20 samples p95 is the maximum.

    Raises:
        NoDataError: there are no samples, or one of them is not a finite number.
        ValueError: ``q`` is outside 0 to 100.
    """
    if not 0 <= q <= 100:  # noqa: PLR2004  # a percentage
        raise ValueError(f"a percentile lies between 0 and 100, not at {q}")
    ordered = sorted(_finite(samples))
    # multiplied before it is divided: 0.95 * 20 is above 19 in binary fractions and would move the rank
    rank = math.ceil(q * len(ordered) / 100)
    return ordered[max(rank, 1) - 1]


def maximum(samples: Sequence[float]) -> float:
    """Return the largest sample.

    Raises:
        NoDataError: there are no samples, or one of them is not a finite number.
    """
    return max(_finite(samples))


_PERCENTILES: Final = {"p50": 50, "p95": 95, "p99": 99}
STATISTICS: Final[dict[str, Callable[[Sequence[float]], float]]] = {
    "mean": mean,
    "p50": lambda samples: percentile(samples, 50),
    "p95": lambda samples: percentile(samples, 95),
    "p99": lambda samples: percentile(samples, 99),
    "max": maximum,
}


def aggregate(samples: Sequence[float], statistic: str) -> Aggregate:
    """Return the samples as one number, labelled with how many they were.

    Raises:
        NoDataError: there are no samples, or one of them is not a finite number.
        ValueError: the statistic is none of ``STATISTICS``.
    """
    compute = STATISTICS.get(statistic)
    if compute is None:
        raise ValueError(f"unknown statistic {statistic!r}; choose from {', '.join(STATISTICS)}")
    value = compute(samples)
    count = len(samples)
    note = f"{statistic} of {count} {'sample' if count == 1 else 'samples'}{extreme_note(statistic, count)}"
    return Aggregate(value, count, note)


def extreme_note(statistic: str, n: int) -> str:
    """Return an addition to a note where so few samples make a percentile that it is only their maximum."""
    if statistic not in _PERCENTILES or n <= 1:
        return ""
    return ", which is their maximum" if math.ceil(_PERCENTILES[statistic] * n / 100) >= n else ""


def _finite(samples: Sequence[float]) -> Sequence[float]:
    """Return the samples as they are."""
    if not samples:
        raise NoDataError("no samples were taken")
    if not all(math.isfinite(value) for value in samples):
        raise NoDataError("a sample is not a finite number")
    return samples
