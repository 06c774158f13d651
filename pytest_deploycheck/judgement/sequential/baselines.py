"""What is known from before the deployment: counts, and latencies as order statistics; stands on dispersion."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.sequential.calibration import calibrate, is_calm
from pytest_deploycheck.judgement.sequential.dispersion import (
    FLAT,
    Row,
    hour_shape,
    overdispersion,
    predict_hours,
    unseen_overdispersion,
)
from pytest_deploycheck.judgement.sequential.rules import QUANTILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MIN_LOOKS: Final = 30

CountRow = tuple[float, float, float]  # time in seconds since 1970, bad ones, total
LatencyRow = tuple[float, "Sequence[float]"]  # time in seconds since 1970, the duration of each request


@dataclass(frozen=True, slots=True)
class CountBaseline:
    """How many were bad among how many, how much more they vary than chance (phi), and the shape of the day.

    ``looks`` is the number of rows it was made of, 0 when only the totals are known (a flake rate, for example).
    ``calm`` says that its looks vary independently of each other, by as much as phi tells.
    """

    bad: float
    total: float
    phi: float = 1.0
    shape: tuple[float, ...] = FLAT
    looks: int = 0
    calm: bool = False

    @property
    def rate(self) -> float:
        """The share of bad ones, NaN without any."""
        return self.bad / self.total if self.total > 0 else math.nan

    @property
    def too_short(self) -> bool:
        """Whether there is too little of it to ever call a deployment healthy."""
        return not self.total > 0 or 0 < self.looks < MIN_LOOKS


@dataclass(frozen=True, slots=True)
class LatencyQuantile:
    """One order statistic of the baseline: its value, its rank among how many, and the counts of slower requests."""

    quantile: float
    threshold: float
    rank: int
    counts: CountBaseline

    @property
    def name(self) -> str:
        """The name that people know: ``p95``."""
        return f"p{self.quantile * 100:g}"


@dataclass(frozen=True, slots=True)
class LatencyBaseline:
    """The order statistics that requests are compared with, from the fastest to the slowest."""

    quantiles: tuple[LatencyQuantile, ...]

    def exceedances(self, values: Iterable[float]) -> tuple[tuple[float, float], ...]:
        """Return for each quantile how many of the requests were slower, among how many; NaN is no request."""
        ordered = sorted(value for value in values if value == value)  # noqa: PLR0124  # NaN is unequal to itself
        n = len(ordered)
        return tuple((n - bisect_right(ordered, each.threshold), n) for each in self.quantiles)


def usable_counts(bad: float, total: float) -> bool:
    """Return whether the counts can be counts: finite, none negative, no more bad ones than all, and not empty."""
    return 0 <= bad <= total < math.inf and total > 0


def fit_counts(rows: Iterable[CountRow]) -> CountBaseline:
    """Return the baseline of rows in the order of time; rows that cannot be are passed over."""
    kept: list[Row] = []
    for timestamp, bad, total in rows:
        if usable_counts(bad, total) and math.isfinite(timestamp) and (not kept or timestamp > kept[-1][0]):
            kept.append((timestamp, bad, total))
    bad, total = math.fsum(row[1] for row in kept), math.fsum(row[2] for row in kept)
    if not total:
        return CountBaseline(0.0, 0.0)
    rate = bad / total
    phi, calm = overdispersion(kept, rate, hour_shape(kept, rate)), False
    if bad and len(kept) >= MIN_LOOKS:
        hours = predict_hours(kept, rate)
        unseen, even = unseen_overdispersion(kept, rate, hours)
        phi = calibrate(kept, rate, max(phi, unseen), hours, even=even)
        calm = even and is_calm(kept, rate, phi, hours)
    return CountBaseline(bad, total, phi, hour_shape(kept, rate, phi), len(kept), calm)


def fit_latency(
    rows: Iterable[LatencyRow], quantiles: Sequence[float] = QUANTILES, *, lowest: float = 0.0
) -> LatencyBaseline:
    """Return the order statistics of the requests of all looks, each with its counts of slower requests by look.

    Values below ``lowest`` are no measurements and are left out, as is NaN.
    """
    looks = [(timestamp, [value for value in values if value >= lowest]) for timestamp, values in rows]
    ordered = sorted(value for _, values in looks for value in values)
    if not ordered:
        return LatencyBaseline(())
    ranks = [min(max(math.ceil(quantile * len(ordered)), 1), len(ordered)) for quantile in quantiles]
    thresholds = [ordered[rank - 1] for rank in ranks]
    series: list[list[CountRow]] = [[] for _ in thresholds]
    for timestamp, values in looks:
        values.sort()
        for rows_of, threshold in zip(series, thresholds, strict=True):
            rows_of.append((timestamp, len(values) - bisect_right(values, threshold), len(values)))
    return LatencyBaseline(
        tuple(
            LatencyQuantile(quantile, threshold, rank, fit_counts(rows_of))
            for quantile, threshold, rank, rows_of in zip(quantiles, thresholds, ranks, series, strict=True)
        )
    )
