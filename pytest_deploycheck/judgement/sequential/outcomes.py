"""What a look ends in; the answer of the sequential judgement, read by reports, replay and the verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final

_LOG_LARGEST: Final = 700.0


class OutcomeKind(Enum):
    """The four answers."""

    REGRESSION = "regression"
    HEALTHY = "healthy"
    UNDECIDED = "undecided"
    NO_DATA = "no_data"

    def __str__(self) -> str:
        """Return the word that people and files see."""
        return self.value


class Obstacle(Enum):
    """Why something could not be concluded."""

    NONE = ""
    NO_DATA = "nothing usable was measured"
    DISORDER = "the time did not advance"
    NO_BASELINE = "there is no baseline"
    SHORT_BASELINE = "the baseline is too short"
    CLEAN_BASELINE = "the baseline has too few bad ones to tell twice as many from none"
    OVERDISPERSED = "the baseline varies too much"
    TOO_EARLY = "the minimum duration is not over"
    INCOMPLETE = "a part of the data is missing"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One look's answer with its evidence.

    ``log_evidence`` is ln E of the regression, which decides at ``log_threshold``; ``metric`` is the one that carries
    it; ``ratio`` is its rate over the baseline's since ``since`` (seconds since 1970), NaN when there is none.
    ``needed`` is the number of further requests after which a deployment like the baseline would be called healthy,
    None when that is not known or will not happen.
    """

    timestamp: float
    kind: OutcomeKind
    log_evidence: float
    log_threshold: float
    metric: str = ""
    ratio: float = math.nan
    since: float = math.nan
    phi: float = 1.0
    needed: int | None = None
    obstacle: Obstacle = Obstacle.NONE

    @property
    def evidence(self) -> float:
        """E itself; beyond 1e304 it stays there, so that it remains a number in every file."""
        return math.exp(min(self.log_evidence, _LOG_LARGEST))
