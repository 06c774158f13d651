"""The beta quantile: against scipy's numbers, against its own tails, and at its ends."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.judgement.sequential.beta import beta_quantile, beta_tails

# scipy.special.betaincinv(a, b, q), scipy 1.17.1
ORACLE = [
    (1441, 286560, 0.995, 0.005348568471245652),
    (14401, 273600, 0.99875, 0.05123963869438242),
    (1, 288000, 0.995, 1.839676607793751e-05),
    (0.5, 0.5, 0.3, 0.2061073738537634),
    (1440, 286561, 0.01, 0.004699293063790691),
    (144001, 144000, 0.99875, 0.5028185433514636),
    (0.1, 500.0, 0.01, 1.2157036049543704e-23),
    (3.5, 1000000.0, 0.995, 1.0138805865885589e-05),
    (2881, 285120, 0.99875, 0.010573314620006272),
    (11, 91, 0.9, 0.14843983113700088),
]


@pytest.mark.parametrize(("a", "b", "probability", "expected"), ORACLE)
def test_scipy_agrees(a: float, b: float, probability: float, expected: float) -> None:
    """The quantile has scipy's value to twelve digits."""
    assert pytest.approx(expected, rel=1e-12) == beta_quantile(probability, a, b)


@given(st.floats(0.01, 1e6), st.floats(0.01, 1e6), st.floats(1e-4, 1 - 1e-4))
def test_the_quantile_inverts_the_distribution(a: float, b: float, probability: float) -> None:
    """What lies below the quantile is the probability that was asked for, unless it is at the end of the floats."""
    x = beta_quantile(probability, a, b)
    if 1e-9 < x < 1 - 1e-9:
        below, above, _ = beta_tails(math.log(x / (1 - x)), a, b)
        assert pytest.approx(probability, rel=1e-6) == below
        assert pytest.approx(1.0) == below + above


@given(st.floats(0.1, 1e5), st.floats(0.1, 1e5))
def test_a_larger_probability_has_a_larger_quantile(a: float, b: float) -> None:
    """Quantiles are in the order of their probabilities."""
    quantiles = [beta_quantile(probability, a, b) for probability in (0.0, 0.01, 0.5, 0.99, 1.0)]
    assert sorted(quantiles) == quantiles


def test_the_uniform_distribution_is_its_own_quantile() -> None:
    """Beta(1, 1) gives back the probability."""
    assert pytest.approx(0.3, rel=1e-14) == beta_quantile(0.3, 1, 1)


def test_the_ends_are_points() -> None:
    """Without a success all mass is at 0, without a failure at 1."""
    assert (0.0, 1.0) == (beta_quantile(0.99, 0, 5), beta_quantile(0.01, 5, 0))


@pytest.mark.parametrize(
    "wrong", [(-0.1, 1, 1), (1.1, 1, 1), (math.nan, 1, 1), (0.5, -1, 1), (0.5, 0, 0), (0.5, math.inf, 1)]
)
def test_nonsense_is_refused(wrong: tuple[float, float, float]) -> None:
    """What is no probability or no distribution is refused."""
    with pytest.raises(ValueError, match=r"probability|distribution"):
        beta_quantile(*wrong)
