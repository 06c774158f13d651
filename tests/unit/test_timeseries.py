"""Points to one number."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.timeseries import STATS, increase, rate, summarize

POINTS = tuple((float(at), float(at * at)) for at in range(5))
VALUES = st.floats(min_value=-1e9, max_value=1e9) | st.just(math.nan) | st.just(math.inf)


@pytest.mark.parametrize(
    ("stat", "expected"),
    [("mean", 6.0), ("p50", 4.0), ("max", 16.0), ("min", 0.0), ("sum", 30.0), ("last", 16.0), ("count", 5.0),
     ("distinct", 5.0), ("increase", 16.0), ("rate", 4.0), ("delta", 16.0)],
)  # fmt: skip
def test_statistics(stat: str, expected: float) -> None:
    """Each makes its number."""
    assert expected == summarize(POINTS, stat).value


def test_a_reset_is_made_good() -> None:
    """A counter that falls begins again at 0; going down is no negative increase."""
    points = ((0.0, 10.0), (1.0, 15.0), (2.0, 3.0), (3.0, 4.0))
    assert 9.0 == increase(points)
    assert 3.0 == rate(points)
    assert "increase of 4 points, 1 reset" == summarize(points, "increase").note


def test_what_is_not_finite_is_left_out() -> None:
    """And it is said."""
    found = summarize(((0.0, math.nan), (1.0, 2.0), (2.0, math.inf)), "mean")
    assert (2.0, 1, "mean of 1 point, 2 without a finite value left out") == (found.value, found.n, found.note)


@pytest.mark.parametrize("stat", STATS)
def test_nothing_is_no_number(stat: str) -> None:
    """No statistic makes a number of no points; a difference needs two."""
    assert (None, 0) == (summarize((), stat).value, summarize((), stat).n)
    if stat in {"increase", "rate", "delta"}:
        assert summarize(((1.0, 1.0),), stat).value is None
        assert summarize(((1.0, 1.0), (1.0, 2.0)), stat).value is None


@given(st.lists(st.tuples(st.floats(min_value=0, max_value=1e9), VALUES)), st.sampled_from(STATS))
def test_any_points(points: list[tuple[float, float]], stat: str) -> None:
    """Whatever a server sends, the number is finite or missing, n counts what was used."""
    found = summarize(tuple(points), stat)
    assert found.value is None or math.isfinite(found.value)
    assert found.n == sum(math.isfinite(value) for _, value in points)


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=2))
def test_an_increase_is_never_negative(values: list[float]) -> None:
    """Resets or not."""
    assert increase([(float(at), value) for at, value in enumerate(values)]) >= 0
