"""Burn rates of an error budget over several windows; pure, beside the sequential judgement.

Source: Google, "The Site Reliability Workbook", chapter 5, "Multiwindow, Multi-Burn-Rate Alerts": an alert fires when
the error rate of both a long and a short window exceeds ``factor * (1 - SLO)``. The long window makes it meaningful,
the short one lets it end soon after the errors do.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
_DAY: Final = 86400.0


class Urgency(Enum):
    """Who is told: somebody at once, or somebody in the morning."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class BurnWindow:
    """A pair of windows, in seconds, and the multiple of the budget's pace at which it fires."""

    factor: float
    long: float
    short: float
    urgency: Urgency


WINDOWS: Final = (
    BurnWindow(14.4, _HOUR, 5 * _MINUTE, Urgency.PAGE),
    BurnWindow(6.0, 6 * _HOUR, 30 * _MINUTE, Urgency.PAGE),
    BurnWindow(3.0, _DAY, 2 * _HOUR, Urgency.TICKET),
    BurnWindow(1.0, 3 * _DAY, 6 * _HOUR, Urgency.TICKET),
)


@dataclass(frozen=True, slots=True)
class Burning:
    """What a look says about one pair of windows: how fast the budget burns (1 is its even pace), and if that fires.

    A rate is NaN as long as the window holds no request. ``coverage`` is the part of the long window since the first
    look: a window that is not full yet can fire, but it cannot clear anybody.
    """

    timestamp: float
    window: BurnWindow
    long_rate: float
    short_rate: float
    coverage: float
    fires: bool


def burn_rates(
    looks: Iterable[tuple[float, float, float]], slo: float, windows: Sequence[BurnWindow] = WINDOWS
) -> Iterator[tuple[Burning, ...]]:
    """Yield for each look at ``(timestamp in seconds, bad, total)`` what each pair of windows says.

    ``slo`` is the share of requests that are promised to be good, such as 0.999. Looks that cannot be are passed over.

    Raises:
        ValueError: the objective is not between 0 and 1.
    """
    if not 0 < slo < 1:
        raise ValueError(f"an objective lies between 0 and 1, such as 0.999, not {slo}")
    pairs = [(window, _Window(window.long), _Window(window.short)) for window in windows]
    first = last = -math.inf
    for timestamp, bad, total in looks:
        if not (0 <= bad <= total < math.inf and last < timestamp < math.inf):
            continue
        first = timestamp if first == -math.inf else first
        last = timestamp
        yield tuple(_burning(pair, timestamp, bad, total, (1 - slo, first)) for pair in pairs)


def _burning(
    pair: tuple[BurnWindow, _Window, _Window], timestamp: float, bad: float, total: float, fixed: tuple[float, float]
) -> Burning:
    window, long, short = pair
    budget, first = fixed
    long_rate, short_rate = (one.add(timestamp, bad, total) / budget for one in (long, short))
    fires = long_rate > window.factor and short_rate > window.factor
    return Burning(timestamp, window, long_rate, short_rate, min((timestamp - first) / window.long, 1.0), fires)


class _Window:
    """Running totals over the last so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.rows: deque[tuple[float, float, float]] = deque()
        self.bad = self.total = 0.0

    def add(self, timestamp: float, bad: float, total: float) -> float:
        """Take a look in, let old ones go, and return the share of bad ones, NaN without any request."""
        self.rows.append((timestamp, bad, total))
        self.bad += bad
        self.total += total
        while self.rows[0][0] <= timestamp - self.seconds:
            _, old_bad, old_total = self.rows.popleft()
            self.bad -= old_bad
            self.total -= old_total
        return max(self.bad, 0.0) / self.total if self.total > 0 else math.nan
