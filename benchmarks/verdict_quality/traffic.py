"""Simulated traffic with seeds: errors a minute, healthy and with a regression, and latencies of requests."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MINUTE = 60.0
DAY = 1440
START = 1_699_999_200.0 - 1_699_999_200.0 % 86400.0  # a midnight
REQUESTS = 200
BASE = 0.005

Row = tuple[float, float, float]
Noise = Callable[[random.Random], Iterator[float]]


def steady(_: random.Random) -> Iterator[float]:
    """Yield a rate that never changes: the counts of the minutes are independent."""
    while True:
        yield 1.0


def gamma_minutes(random_: random.Random) -> Iterator[float]:
    """Yield a rate of its own for each minute, so that the counts vary four times more than chance."""
    shape = REQUESTS * BASE / 3.0
    while True:
        yield random_.gammavariate(shape, 1 / shape)


def bursts(random_: random.Random) -> Iterator[float]:
    """Yield a daily season of +-40 % with bursts: every hour and a half the rate is 3.5 times higher for 4 minutes."""
    left, minute = 0, 0
    while True:
        if left == 0 and random_.random() < 1 / 90:
            left = 1 + int(random_.expovariate(1 / 4))
        season = 1 + 0.4 * math.sin(2 * math.pi * minute / DAY)
        yield 0.9 * season * (3.5 if left else 1.0)
        left -= left > 0
        minute += 1


def drifting(sigma: float) -> Noise:
    """Return a noise whose logarithm is an autoregression with 0.99 from minute to minute and this deviation."""

    def noise(random_: random.Random) -> Iterator[float]:
        state = random_.gauss(0, sigma)
        while True:
            yield math.exp(state - sigma * sigma / 2)
            state = 0.99 * state + random_.gauss(0, sigma * math.sqrt(1 - 0.99**2))

    return noise


NOISES: dict[str, Noise] = {
    "independent": steady,
    "overdispersed": gamma_minutes,
    "bursty": bursts,
    "autocorrelated": drifting(0.22),
    "drifting": drifting(0.6),
}


@dataclass(frozen=True, slots=True)
class Series:
    """A day before the deployment, and the looks after it; the regression begins at the look ``onset``."""

    baseline: list[Row]
    looks: list[Row]
    onset: int | None


def errors(seed: str, noise: str, *, looks: int = 2 * DAY, onset: int | None = None, factor: float = 1.0) -> Series:
    """Return a series of errors among 200 requests a minute; from ``onset`` on the rate is ``factor`` times higher."""
    random_ = random.Random(f"{noise}:{seed}")  # noqa: S311  # a simulation
    rates = NOISES[noise](random_)
    rows: list[Row] = []
    for minute in range(DAY + looks):
        bad = onset is not None and minute - DAY >= onset
        mean = REQUESTS * BASE * next(rates) * (factor if bad else 1.0)
        rows.append((START + minute * MINUTE, float(min(poisson(random_, mean), REQUESTS)), float(REQUESTS)))
    return Series(rows[:DAY], rows[DAY:], onset)


def poisson(random_: random.Random, mean: float) -> int:
    """Return a count with this mean, by multiplying uniform numbers; large means in parts."""
    count = 0
    while mean > 30.0:
        count += poisson(random_, 30.0)
        mean -= 30.0
    limit, product = math.exp(-mean), random_.random()
    while product > limit:
        count += 1
        product *= random_.random()
    return count


def latencies(seed: str, minutes: int, factor: float = 1.0, *, sigma: float = 0.5, start: int = 0) -> list[list[float]]:
    """Return the lognormal durations in ms of the requests of each minute, all ``factor`` times longer."""
    random_ = random.Random(f"latency:{seed}:{start}:{factor}")  # noqa: S311  # a simulation
    scale = math.log(100.0 * factor)
    return [[math.exp(random_.gauss(scale, sigma)) for _ in range(REQUESTS)] for _ in range(minutes)]


def counts_above(values: list[float], thresholds: list[float]) -> list[int]:
    """Return how many of the values lie above each threshold."""
    ordered = sorted(values)
    return [len(ordered) - bisect_right(ordered, threshold) for threshold in thresholds]
