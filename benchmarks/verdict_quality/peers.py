"""The judgements to compare with, each as a path of one statistic that fires above a threshold.

That makes retuning plain: a peer's threshold for a false-rollback rate is a quantile of its largest statistic over
healthy series. Each peer has the threshold its users start with, too.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass
from heapq import heappush, heappushpop
from typing import TYPE_CHECKING

from pytest_deploycheck.judgement.burn_rate import WINDOWS, Urgency, burn_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.verdict_quality.traffic import Row

Path = list[float]
NEVER = -math.inf
SUSTAIN = 5
KAYENTA_WINDOW = 60
KAYENTA_TOLERANCE = 0.25
SLO = 0.999


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer: its statistic over the looks, given the baseline, and the threshold as it comes."""

    name: str
    statistic: Callable[[Sequence[Row], Sequence[Row]], Path]
    threshold: float


def fixed(_: Sequence[Row], looks: Sequence[Row]) -> Path:
    """Return the error rate of each look."""
    return [bad / total for _, bad, total in looks]


def sustained(baseline: Sequence[Row], looks: Sequence[Row]) -> Path:
    """Return the lowest rate of the last five looks: above the threshold when all of them are."""
    rates = fixed(baseline, looks)
    return [min(rates[i - SUSTAIN + 1 : i + 1]) if i + 1 >= SUSTAIN else NEVER for i in range(len(rates))]


def own_p99(baseline: Sequence[Row], looks: Sequence[Row]) -> Path:
    """Return the sustained rate over the baseline's own p99."""
    rates = sorted(bad / total for _, bad, total in baseline)
    limit = max(rates[math.ceil(0.99 * len(rates)) - 1], 1e-9)
    return [rate / limit for rate in sustained(baseline, looks)]


def failures(limit: int) -> Callable[[Sequence[Row], Sequence[Row]], Path]:
    """Return the statistic of "more than ``limit`` looks failed since the deployment": the limit + 1st highest rate."""

    def statistic(baseline: Sequence[Row], looks: Sequence[Row]) -> Path:
        highest: list[float] = []
        path = []
        for rate in fixed(baseline, looks):
            (heappush if len(highest) <= limit else heappushpop)(highest, rate)
            path.append(highest[0] if len(highest) > limit else NEVER)
        return path

    return statistic


def kayenta(baseline: Sequence[Row], looks: Sequence[Row]) -> Path:
    """Return the one-sided z of Mann and Whitney's test of the last hour against the baseline raised by the tolerance.

    That the lower end of the 98 % interval of the shift lies above 0.25 of the baseline's mean is z > 2.326.
    """
    control = [bad / total for _, bad, total in baseline]
    shift = KAYENTA_TOLERANCE * sum(control) / len(control)
    below = _counter_below(sorted(value + shift for value in control))
    ties = sum(count**3 - count for count in Counter(control).values()) / (len(control) ** 3 - len(control))
    window: deque[float] = deque()
    wins, path = 0.0, []
    for rate in fixed(baseline, looks):
        window.append(below(rate))
        wins += window[-1]
        if len(window) > KAYENTA_WINDOW:
            wins -= window.popleft()
        n, m = len(window), len(control)
        deviation = math.sqrt(n * m * (n + m + 1) / 12 * max(1 - ties, 1e-9))
        path.append((wins - n * m / 2 - 0.5) / deviation if n >= SUSTAIN else NEVER)
    return path


def _counter_below(values: list[float]) -> Callable[[float], float]:
    known: dict[float, float] = {}

    def below(value: float) -> float:
        if value not in known:
            known[value] = sum((one < value) + 0.5 * (one == value) for one in values)
        return known[value]

    return below


def burn(baseline: Sequence[Row], looks: Sequence[Row]) -> Path:
    """Return the burn rate of the paging windows over their factors: above 1 when one of the pairs pages.

    The windows are full at the deployment, with what was before it.
    """
    pages = [window for window in WINDOWS if window.urgency is Urgency.PAGE]
    before = baseline[-6 * 60 :]
    path = [
        max(min(each.long_rate, each.short_rate) / each.window.factor for each in found)
        for found in burn_rates([*before, *looks], SLO, pages)
    ]
    return path[len(before) :]


PEERS = (
    Peer("fixed: > 1 % in a minute", fixed, 0.01),
    Peer("sustained: > 1 % for 5 min", sustained, 0.01),
    Peer("own p99 for 5 min", own_p99, 1.0),
    Peer("Argo style: > 2 %, failureLimit 3", failures(3), 0.02),
    Peer("Flagger style: > 1 %, threshold 5", failures(5), 0.01),
    Peer("Kayenta style, each minute", kayenta, 2.326),
    Peer("burn-rate page, SLO 99.9 %", burn, 1.0),
)


def first_above(path: Sequence[float], threshold: float) -> int | None:
    """Return the first look at which the statistic is above the threshold."""
    return next((look for look, value in enumerate(path) if value > threshold), None)
