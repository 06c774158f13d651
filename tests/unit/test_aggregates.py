"""Many samples to one number."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.aggregates import STATISTICS, Aggregate, aggregate, maximum, mean, percentile
from pytest_deploycheck.errors import NoDataError

SAMPLES = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("count", "q", "expected"),
    [
        (20, 95, 19),
        (20, 50, 10),
        (19, 95, 19),
        (100, 99, 99),
        (200, 99, 198),
        (1, 50, 1),
        (20, 0, 1),
        (20, 100, 20),
        (40, 95, 38),
    ],
)
def test_a_percentile_is_the_sample_of_its_nearest_rank(count: int, q: float, expected: float) -> None:
    """The rank is exact, also where binary fractions would move it."""
    assert expected == percentile([float(number) for number in range(count, 0, -1)], q)


@given(SAMPLES, st.integers(1, 100))
def test_a_percentile_follows_its_definition(samples: list[float], q: int) -> None:
    """It is a sample, at least q % of all are not above it, and no smaller sample will do."""
    found = percentile(samples, q)
    share = Fraction(q, 100) * len(samples)
    assert found in samples
    assert sum(value <= found for value in samples) >= share
    assert all(sum(value <= smaller for value in samples) < share for smaller in samples if smaller < found)


@given(SAMPLES)
def test_every_statistic_lies_between_the_extremes(samples: list[float]) -> None:
    """Neither rounding nor huge numbers carry a statistic beyond the samples."""
    for name in STATISTICS:
        made = aggregate(samples, name)
        assert min(samples) <= made.value <= max(samples)
        assert made.n == len(samples)


def test_a_mean_of_huge_numbers_is_no_overflow() -> None:
    """Numbers whose sum no float can hold still have a mean."""
    assert mean([1.7e308, 1.7e308, 1.7e308]) == 1.7e308


def test_an_aggregate_says_of_how_many_samples_it_is() -> None:
    """The label carries statistic and count."""
    assert aggregate([1.0, 2.0, 3.0], "p95") == Aggregate(3.0, 3, "p95 of 3 samples, which is their maximum")
    assert aggregate([2.0], "mean").note == "mean of 1 sample"
    assert (mean([1.0, 2.0, 6.0]), maximum([1.0, 3.0, 2.0])) == (3.0, 3.0)


@pytest.mark.parametrize("statistic", list(STATISTICS))
@pytest.mark.parametrize("samples", [[], [1.0, math.nan], [math.inf]])
def test_nothing_and_no_number_are_no_data(statistic: str, samples: list[float]) -> None:
    """Zero samples and a NaN are never a number."""
    with pytest.raises(NoDataError):
        aggregate(samples, statistic)


def test_a_statistic_that_does_not_exist_is_named() -> None:
    """The message lists what there is."""
    with pytest.raises(ValueError, match="unknown statistic 'p42'; choose from mean, p50, p95, p99, max"):
        aggregate([1.0], "p42")


@pytest.mark.parametrize("q", [-1, 100.1, math.nan])
def test_a_percentile_beyond_a_hundred_is_refused(q: float) -> None:
    """Percentages end at 0 and 100."""
    with pytest.raises(ValueError, match="between 0 and 100"):
        percentile([1.0], q)
