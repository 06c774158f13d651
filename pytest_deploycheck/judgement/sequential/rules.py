"""The dials of the sequential judgement with their defaults; beside the beta quantile at the bottom of the room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RATE_RATIOS: Final = tuple(1.5**k for k in range(1, 12))
ODDS_RATIOS: Final = tuple(1.25**k for k in range(1, 21))
HEALTHY_RATIOS: Final = (0.25, 0.5, 0.75, 1.0, 1.25)
QUANTILES: Final = (0.5, 0.9, 0.95, 0.99)
MAX_NULL_RATE: Final = 0.5


class RulesError(ValueError):
    """A dial of the judgement is out of its range."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How sure, how strict and how patient the judgement is.

    ``alpha`` bounds the chance of ever calling a healthy one a regression, ``beta`` that of calling a bad one healthy.
    ``tolerated`` is the ratio to the baseline that is still fine, ``bad`` the one that "healthy" has to rule out.
    ``calm_tolerated`` takes its place in the null when the baseline has shown that its looks are independent: then only
    the alternatives, 1.5 times and more, and the minimum effect keep small changes out, and the delay is a third less.
    ``minimum_effect`` is the smallest observed odds ratio worth a rollback; None means the grid's first ratio.
    ``horizon`` is the number of looks of the watch, ``minimum_duration`` the seconds before anything can be healthy.
    Above ``plain_phi`` counts are overdispersed, above ``max_phi`` nothing can be concluded from them.
    """

    alpha: float = 0.01
    beta: float = 0.05
    tolerated: float = 1.25
    calm_tolerated: float = 1.0
    bad: float = 2.0
    minimum_effect: float | None = None
    horizon: int = 2880
    minimum_duration: float = 3600.0
    plain_phi: float = 1.2
    max_phi: float = 10.0

    def __post_init__(self) -> None:
        """Refuse values that make no sense.

        Raises:
            RulesError: with the name and the range of the first wrong one.
        """
        ranges = (
            ("alpha", self.alpha, 0 < self.alpha < 0.5, "between 0 and 0.5"),  # noqa: PLR2004
            ("beta", self.beta, 0 < self.beta < 0.5, "between 0 and 0.5"),  # noqa: PLR2004
            ("tolerated", self.tolerated, 1 <= self.tolerated < 100, "from 1 to 100"),  # noqa: PLR2004
            ("calm_tolerated", self.calm_tolerated, 1 <= self.calm_tolerated < 100, "from 1 to 100"),  # noqa: PLR2004
            ("bad", self.bad, max(HEALTHY_RATIOS) < self.bad < 100, "above 1.25, below 100"),  # noqa: PLR2004
            ("horizon", self.horizon, self.horizon >= 1, "at least 1"),
            ("minimum_duration", self.minimum_duration, self.minimum_duration >= 0, "at least 0"),
            ("plain_phi", self.plain_phi, self.plain_phi >= 1, "at least 1"),
            ("max_phi", self.max_phi, self.max_phi >= self.plain_phi, "at least plain_phi"),
        )
        for name, value, fine, wanted in ranges:
            if not fine:
                raise RulesError(f"{name} has to be {wanted}, not {value}")
