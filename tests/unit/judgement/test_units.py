"""Quantities: read, converted exactly, refused with a message that says what is valid."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_deploycheck.judgement.units import (
    UNITS,
    Quantity,
    UnitError,
    compatible,
    convert,
    exact,
    exact_text,
    find_unit,
    parse_quantity,
    shown_unit,
)

UNIT_NAMES = st.sampled_from(sorted(UNITS))
DECIMALS = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, allow_infinity=False, places=6)


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("500ms", "500", "ms"),
        ("1%", "1", "%"),
        ("10/min", "10", "/min"),
        ("10 / m", "10", "/min"),
        ("1.5 GiB", "1.5", "GiB"),
        ("1e-3", "0.001", ""),
        ("7d", "7", "d"),
        ("5m", "5", "min"),
        ("3 KB", "3", "kB"),
        ("20µs", "20", "us"),
        ("2 MiB/s", "2", "MiB/s"),
        ("+.5", "0.5", ""),
        ("-20%", "-20", "%"),
        ("  12  ", "12", ""),
    ],
)
def test_quantities_are_read(text: str, number: str, unit: str) -> None:
    """A number with an optional unit is read, aliases become the canonical unit."""
    assert Quantity(Decimal(number), unit) == parse_quantity(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "write a number"),
        ("fast", "write a number"),
        ("5 mss", "did you mean 'ms'"),
        ("5 parsecs", "known units"),
        ("1,234", "no separators"),
        ("1.2.3", "decimal point"),
        ("1_000", "no separators"),
        ("1e99", "out of range"),
        ("9" * 41, "out of range"),
        ("nan", "write a number"),
        ("inf", "write a number"),
        ("1e9999999999", "out of range"),
        ("٣ms", "write a number"),
    ],
)
def test_what_is_no_quantity_is_refused(text: str, words: str) -> None:
    """A text that is no quantity is refused with a message that says what is valid, and never evaluated at length."""
    with pytest.raises(UnitError) as refused:
        parse_quantity(text)
    assert words in str(refused.value)


@given(DECIMALS, UNIT_NAMES)
def test_a_printed_quantity_reads_back(number: Decimal, unit: str) -> None:
    """The text of a quantity is read back as the same quantity."""
    assert Quantity(number, unit) == parse_quantity(str(Quantity(number, unit)))


@given(st.text(max_size=30))
@example("5 \x00")
@example("1e-99999")
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever the text, the reader returns a quantity or raises its own error."""
    try:
        quantity = parse_quantity(text)
    except UnitError:
        return
    assert quantity.unit in UNITS


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (500, "ms", "s", Fraction(1, 2)),
        (1, "d", "h", Fraction(24)),
        (7, "%", "", Fraction(7, 100)),
        (60, "/min", "1/s", Fraction(1)),
        (1, "GiB", "MiB", Fraction(1024)),
        (1, "MB", "kB", Fraction(1000)),
        (6, "MB/min", "kB/s", Fraction(100)),
        (0.1, "s", "ms", Fraction(100)),
    ],
)
def test_conversions_are_exact(value: float, source: str, target: str, expected: Fraction) -> None:
    """A conversion gives the exact number, also where floats would not."""
    assert expected == convert(value, source, target)


@given(DECIMALS, UNIT_NAMES, UNIT_NAMES)
def test_a_conversion_goes_back(number: Decimal, source: str, target: str) -> None:
    """Converting there and back gives the same number; units that do not fit are refused."""
    if compatible(source, target):
        assert Fraction(number) == convert(convert(number, source, target), target, source)
    else:
        with pytest.raises(UnitError, match="cannot be compared with"):
            convert(number, source, target)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_exact_keeps_the_order_of_floats(first: float, second: float) -> None:
    """Rounding away the noise of a float never swaps two numbers."""
    low, high = sorted((first, second))
    assert exact(low) <= exact(high)


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 12))
def test_a_decimal_that_a_float_can_hold_is_kept(digits: int, places: int) -> None:
    """Every decimal number of up to 15 digits survives its way through a float."""
    assert Fraction(digits, 10**places) == exact(digits / 10**places)


@pytest.mark.parametrize("noisy", [0.1 + 0.2, 3 * 0.1, 0.3])
def test_noise_of_arithmetic_is_no_difference(noisy: float) -> None:
    """A float that differs from a decimal only by the noise of its arithmetic is that decimal."""
    assert Fraction(3, 10) == exact(noisy)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("Infinity"), Decimal("1e5000"), 10**1000]
)
def test_what_is_not_finite_is_refused(value: float | Decimal) -> None:
    """NaN, infinity and numbers beyond any measurement are refused."""
    with pytest.raises(UnitError):
        exact(value)


@pytest.mark.parametrize(("number", "text"), [(Fraction(1, 8), "0.125"), (Fraction(-5, 2), "-2.5"), (Fraction(0), "0")])
def test_fractions_print_as_decimals(number: Fraction, text: str) -> None:
    """A fraction that terminates prints as a plain decimal."""
    assert text == exact_text(number)


def test_a_fraction_without_end_is_cut() -> None:
    """A third prints as a decimal that is cut after many digits."""
    assert exact_text(Fraction(1, 3)).startswith("0." + 60 * "3")


def test_units_have_one_name() -> None:
    """Aliases lead to one unit, a name that is none is printed as it came."""
    assert find_unit("min") is find_unit("m")
    assert find_unit("/s") == find_unit("1/s")
    expected = ["/s", "jobs"]
    assert expected == [shown_unit("1/s"), shown_unit("jobs")]


def test_a_ratio_fits_percent_and_nothing_else_does() -> None:
    """Percent and plain numbers fit each other; times, sizes and rates fit only their like."""
    assert compatible("%", "")
    assert not any(compatible("%", unit) for unit in ("s", "B", "/s", "B/s"))
