"""Sets of numbers as intervals: what a condition holds for; stands beside units, below conditions.

A cut ``(x, 0)`` lies just below ``x``, ``(x, 1)`` just above it, so open and closed ends need no flags.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

Cut = tuple["Fraction | float", int]
Interval = tuple[Cut, Cut]
Region = tuple[Interval, ...]

BOTTOM: Final[Cut] = (-math.inf, 0)
TOP: Final[Cut] = (math.inf, 1)

REGIONS: Final[dict[str, Callable[..., Region]]] = {
    ">": lambda x: (((x, 1), TOP),),
    ">=": lambda x: (((x, 0), TOP),),
    "<": lambda x: ((BOTTOM, (x, 0)),),
    "<=": lambda x: ((BOTTOM, (x, 1)),),
    "==": lambda x: (((x, 0), (x, 1)),),
    "!=": lambda x: ((BOTTOM, (x, 0)), ((x, 1), TOP)),
    "inside": lambda low, high: (((low, 0), (high, 1)),),
    "outside": lambda low, high: ((BOTTOM, (low, 0)), ((high, 1), TOP)),
}


def region_of(operator: str, limits: tuple[Fraction, ...]) -> Region:
    """Return the numbers for which the operator holds with these limits (one, or low and high)."""
    return REGIONS[operator](*limits)


def contains(region: Region, value: Fraction) -> bool:
    """Return whether the value lies in the region."""
    return any(low <= (value, 0) < high for low, high in region)


def within(inner: Region, outer: Region) -> bool:
    """Return whether every number of ``inner`` is one of ``outer``."""
    return all(any(low >= outer_low and high <= outer_high for outer_low, outer_high in outer) for low, high in inner)
