"""Bounds: what a quantity refers to, and the number that it becomes."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from pytest_deploycheck.judgement.bounds import Bound, ConditionError, Form, parse_bounds, render_bounds
from pytest_deploycheck.judgement.units import Quantity


@pytest.mark.parametrize(
    ("text", "form", "limit"),
    [
        ("50", Form.PLAIN, 50),
        ("+30%", Form.CHANGE, 260),
        ("-20% of baseline", Form.CHANGE, 160),
        ("120% of baseline", Form.SHARE, 240),
        ("2x baseline", Form.MULTIPLE, 400),
        ("1.5 X Baseline", Form.MULTIPLE, 300),
        ("baseline", Form.MULTIPLE, 200),
        ("80% of capacity", Form.CAPACITY, 160),
    ],
)
def test_a_bound_becomes_a_number(text: str, form: Form, limit: int) -> None:
    """Each way to write a bound is read, and becomes its number against a reference of 200."""
    (bound,) = parse_bounds((text,))
    assert (form, Fraction(limit)) == (bound.form, bound.limit("", Fraction(200)))


@pytest.mark.parametrize(("change", "limit"), [("+50%", -5), ("-50%", -15)])
def test_a_change_of_a_negative_baseline_keeps_its_direction(change: str, limit: int) -> None:
    """A rise of a negative baseline lies above it, a drop below."""
    (bound,) = parse_bounds((change,))
    assert limit == bound.limit("", Fraction(-10))


@pytest.mark.parametrize(
    ("texts", "printed"),
    [
        (("10", "20ms"), "10..20ms"),
        (("500ms", "2s"), "500ms..2s"),
        (("-20%", "+20%"), "-20%..+20%"),
        (("-20", "+20% of baseline"), "-20%..+20%"),
        (("0%", "+20%"), "+0%..+20%"),
        (("80", "120% of baseline"), "80%..120% of baseline"),
        (("0.5", "2x baseline"), "0.5x..2x baseline"),
        (("0.5x", "2x baseline"), "0.5x..2x baseline"),
        (("20%", "80% of capacity"), "20%..80% of capacity"),
        (("1%", "5%"), "1..5%"),
    ],
)
def test_the_end_of_a_range_says_what_its_start_means(texts: tuple[str, ...], printed: str) -> None:
    """A range whose unit or reference is written once, at its end, has it at both ends."""
    assert printed == render_bounds(parse_bounds(texts))


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("2 baseline",), "what of the baseline"),
        (("5", "baseline"), "what of the baseline"),
        (("-2x baseline",), "cannot multiply"),
        (("2%x baseline",), "cannot multiply"),
        (("2 of baseline",), "percentage"),
        (("5ms of capacity",), "percentage"),
        (("+80% of capacity",), "no sign"),
        (("-20%", "20%"), "sign at both ends"),
        (("20%", "+30% of baseline"), "sign at both ends"),
        (("10ms", "20"), "give it to both"),
    ],
)
def test_bounds_that_mean_nothing_are_refused(texts: tuple[str, ...], words: str) -> None:
    """A bound that could mean two things, or none, is refused with the way to write it."""
    with pytest.raises(ConditionError, match=words):
        parse_bounds(texts)


@pytest.mark.parametrize(
    ("bound", "unit", "text"),
    [
        (Bound(Quantity(Decimal(5))), "%", "5 %"),
        (Bound(Quantity(Decimal(5))), "1/s", "5/s"),
        (Bound(Quantity(Decimal(5), "ms")), "s", "5 ms"),
        (Bound(Quantity(Decimal(30), "%"), Form.CHANGE), "s", "+30 % of baseline"),
    ],
)
def test_bounds_are_printed_for_people(bound: Bound, unit: str, text: str) -> None:
    """A bare number is printed in the unit of what is measured, a written unit stays."""
    assert text == render_bounds((bound,), unit, gap=" ")
