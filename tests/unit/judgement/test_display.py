"""Quantities as a person reads them: short, and never equal when they are not."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.judgement.display import format_number, format_pair, format_quantity, with_unit
from pytest_deploycheck.judgement.units import UNITS, UnitError

FINITE = st.floats(-1e300, 1e300)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (3, "%", "3 %"),
        (1.2, "s", "1.2 s"),
        (0.34, "s", "340 ms"),
        (12, "", "12"),
        (1234, "", "1,234"),
        (1234567, "", "1,234,567"),
        (0, "s", "0 s"),
        (90, "s", "90 s"),
        (5400, "s", "90 min"),
        (86400, "s", "24 h"),
        (604800, "s", "7 d"),
        (0.00002, "s", "20 us"),
        (3e-10, "s", "0.3 ns"),
        (1536, "B", "1.5 KiB"),
        (2 * 10**9, "kB", "2 TB"),
        (10, "1/min", "10/min"),
        (3, "MB/s", "3 MB/s"),
        (-1234.6, "", "-1,235"),
        (0.012345, "", "0.01234"),
        (1e-9, "", "1e-9"),
        (1.5e18, "", "1.5e18"),
        (-0.5, "s", "-500 ms"),
    ],
)
def test_values_read_well(value: float, unit: str, text: str) -> None:
    """A value is shown in the unit and with the digits in which it reads best."""
    assert text == format_quantity(value, unit)


@pytest.mark.parametrize(
    ("value", "limit", "unit", "pair"),
    [
        (5.0000001, 5, "", ("5.0000001", "5")),
        (75.4, 75, "%", ("75.4 %", "75 %")),
        (0.99999, 1, "s", ("0.99999 s", "1 s")),
        (1000000.01, 1000000, "", ("1,000,000.01", "1,000,000")),
        (Fraction(1, 3), Fraction(1, 3), "", ("0.3333", "0.3333")),
        (10**20 + 1, 10**20, "", ("1.00000000000000000001e20", "1e20")),
    ],
)
def test_a_value_never_looks_like_its_limit(value: float, limit: float, unit: str, pair: tuple[str, str]) -> None:
    """A value and a limit that differ are printed with enough digits to see it."""
    assert pair == format_pair(value, limit, unit)


@given(FINITE, FINITE, st.sampled_from(["", "%", "s", "B", "/min"]))
def test_pairs_show_their_order(value: float, limit: float, unit: str) -> None:
    """Two printed numbers compare as the numbers do, up to the noise of floats."""
    left, right = (Fraction(_number(text)) for text in format_pair(value, limit, unit))
    here, there = Fraction(f"{value:.15g}"), Fraction(f"{limit:.15g}")
    assert (here > there, here < there) == (left > right, left < right)


@given(FINITE, st.sampled_from(sorted(UNITS)))
def test_every_finite_value_is_shown(value: float, unit: str) -> None:
    """Every finite value prints, close to what it is."""
    text = format_number(Fraction(f"{value:.15g}"))
    assert float(_number(text)) == pytest.approx(value, rel=1e-3)
    assert format_quantity(value, unit)


def _number(text: str) -> str:
    return text.partition(" ")[0].partition("/")[0].replace(",", "")


def test_an_unknown_unit_is_refused_for_values_and_kept_for_texts() -> None:
    """A quantity of an unknown unit is an error; appending a unit's name is not."""
    with pytest.raises(UnitError):
        format_quantity(1, "jobs")
    expected = "3 jobs"
    assert expected == with_unit("3", "jobs")
