"""Intervals: what each operator holds for, and which set lies within which."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.judgement.regions import REGIONS, contains, region_of, within

SMALL = st.integers(-3, 3).map(Fraction)
GRID = [Fraction(numerator, 2) for numerator in range(-9, 10)]


@st.composite
def regions(draw: st.DrawFn) -> tuple[str, tuple[Fraction, ...]]:
    """Return an operator with its limits."""
    operator = draw(st.sampled_from(sorted(REGIONS)))
    count = 2 if operator in {"inside", "outside"} else 1
    return operator, tuple(sorted(draw(st.lists(SMALL, min_size=count, max_size=count))))


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        (">", [False, False, True]),
        (">=", [False, True, True]),
        ("<", [True, False, False]),
        ("<=", [True, True, False]),
        ("==", [False, True, False]),
        ("!=", [True, False, True]),
    ],
)
def test_operators_are_exact_at_the_boundary(operator: str, expected: list[bool]) -> None:
    """Strict operators leave the boundary out, the others take it in."""
    region = region_of(operator, (Fraction(5),))
    assert expected == [contains(region, Fraction(number)) for number in (4, 5, 6)]


@given(regions(), regions())
def test_within_is_the_subset_of_numbers(
    first: tuple[str, tuple[Fraction, ...]], second: tuple[str, tuple[Fraction, ...]]
) -> None:
    """One region lies within another exactly when each number of a grid fine enough does."""
    inner, outer = region_of(*first), region_of(*second)
    expected = all(contains(outer, number) for number in GRID if contains(inner, number))
    assert expected == within(inner, outer)


@given(SMALL, SMALL, SMALL)
def test_outside_is_the_rest_of_inside(one: Fraction, two: Fraction, number: Fraction) -> None:
    """Every number is either inside a range or outside it."""
    limits = (min(one, two), max(one, two))
    inside, outside = (contains(region_of(operator, limits), number) for operator in ("inside", "outside"))
    assert inside is not outside
