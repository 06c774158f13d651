"""How a baseline varies: phi on its worst scale, the shape of the day, and waves that a shape would hide."""

from __future__ import annotations

import math
import random

import pytest

from pytest_deploycheck.judgement.sequential import fit_counts, fit_latency
from pytest_deploycheck.judgement.sequential.dispersion import FLAT, hour_of, hour_shape, overdispersion

START = 1_700_006_400.0


def day(rates: list[float], seed: int = 3) -> list[tuple[float, float, float]]:
    """Return looks a minute at 200 requests with these rates of errors."""
    chance = random.Random(seed)  # noqa: S311
    return [
        (START + 60 * i, float(sum(chance.random() < rate for _ in range(200))), 200.0) for i, rate in enumerate(rates)
    ]


def test_phi_by_hand() -> None:
    """Minutes of 0, 2, 0, 2 around a mean of 1 give 1; five times 0 and five times 2 give more in blocks of five."""
    rows = [(START + 60 * i, bad, 10.0) for i, bad in enumerate((0.0, 2.0, 0.0, 2.0))]
    together = [(START + 60 * i, bad, 10.0) for i, bad in enumerate((0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 2.0))]

    assert pytest.approx(1.0) == overdispersion(rows, 0.1, FLAT)
    assert pytest.approx((25 + 25) / 10) == overdispersion(together, 0.1, FLAT)


def test_the_shape_of_the_day() -> None:
    """Each hour has ``(errors + 50) / (expected + 50)``; an hour never seen is 1."""
    rows = [(START, 30.0, 100.0), (START + 3600, 0.0, 100.0)]
    shape = hour_shape(rows, 0.15)

    assert pytest.approx((80 / 65, 50 / 65)) == (shape[hour_of(START)], shape[hour_of(START + 3600)])
    assert 22 == shape.count(1.0)


def test_independent_minutes_are_calm() -> None:
    """Plain chance has a phi near 1 on all scales."""
    fitted = fit_counts(day([0.005] * 1440, 11))

    assert fitted.phi < 1.2
    assert fitted.calm


def test_a_wave_within_the_day_is_not_hidden_by_the_shape() -> None:
    """A rate that swings every three hours looks overdispersed, never calm, though hourly factors could follow it."""
    fitted = fit_counts(day([0.005 * (1 + 0.8 * math.sin(2 * math.pi * i / 180)) for i in range(1440)]))

    assert fitted.phi > 2
    assert not fitted.calm


def test_rows_that_cannot_be_are_left_out() -> None:
    """NaN, negative counts and steps back in time do not enter the baseline."""
    rows = [(START, 1.0, 10.0), (START + 60, math.nan, 10.0), (START + 120, -1.0, 10.0), (START - 5, 1.0, 10.0)]

    assert (1.0, 10.0, 1) == (fit_counts(rows).bad, fit_counts(rows).total, fit_counts(rows).looks)
    assert math.isnan(fit_counts([]).rate)


def test_order_statistics() -> None:
    """The thresholds are values of the baseline, with their ranks and how many were slower."""
    fitted = fit_latency([(START, [float(i) for i in range(1, 101)])])

    assert [50.0, 90.0, 95.0, 99.0] == [each.threshold for each in fitted.quantiles]
    assert [(50, 50.0), (90, 10.0), (95, 5.0), (99, 1.0)] == [(each.rank, each.counts.bad) for each in fitted.quantiles]
    assert ((1, 3), (1, 3), (1, 3), (1, 3)) == fitted.exceedances([1.0, 100.0, math.nan, 50.0])
