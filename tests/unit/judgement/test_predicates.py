"""Conditions asked of values: exact at the boundary, the same in every unit, and never holding for no data."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.judgement.conditions import NoReferenceError, NotComparableError, parse_condition, show_value
from pytest_deploycheck.judgement.units import UnitError

if TYPE_CHECKING:
    from pytest_deploycheck.judgement.conditions import Value


@pytest.mark.parametrize(
    ("text", "value", "unit", "expected"),
    [
        ("> 5", 5, "", False),
        ("> 5", 5.0000001, "", True),
        (">= 5", 5, "", True),
        ("< 5", 5, "", False),
        ("<= 5", 5.0, "", True),
        ("> 500ms", 0.5, "s", False),
        (">= 500ms", 0.5, "s", True),
        ("== 0.5s", 500, "ms", True),
        ("> 7%", 0.07 * 100, "%", False),
        ("> 0.3", 0.1 + 0.2, "", False),
        ("> 7%", 0.08, "", True),
        ("> 0.5", 0.4, "%", False),
        ("outside 10..20", 10, "", False),
        ("outside 10..20", 20.1, "", True),
        ("inside 10..20", 20, "", True),
        ("> 10/min", 0.2, "1/s", True),
        ("> 1GiB", 1024**3, "B", False),
        ("> 1GB", 1024**3, "B", True),
        ("> 1", Decimal("1.01"), "", True),
        ("== down", "down", "", True),
        ("== down", "Down", "", False),
        ("!= healthy", "healthy", "", False),
        ("== true", True, "", True),
        ("!= true", False, "", True),
    ],
)
def test_conditions_hold_exactly(text: str, value: Value, unit: str, expected: bool) -> None:  # noqa: FBT001  # a table
    """A condition holds exactly where it says, whatever the unit."""
    assert expected is parse_condition(text).holds(value, unit=unit)


@pytest.mark.parametrize(
    ("text", "value", "baseline", "expected"),
    [
        ("> +30%", 1.3, 1.0, False),
        ("> +30%", 1.31, 1.0, True),
        ("> +10%", 0.33, 0.3, False),
        ("< -20%", 0.79, 1.0, True),
        (">= 2x baseline", 2, 1.0, True),
        ("> 120% of baseline", 1.2, 1.0, False),
        ("outside -20%..+20% of baseline", 1.2, 1.0, False),
        ("outside -20%..+20% of baseline", 0.7, 1.0, True),
        ("outside 0.5x..2x baseline", 0.4, 1.0, True),
        (">= 2x baseline (floor 0.5)", 0.9, 0.0, False),
        (">= 2x baseline (floor 0.5)", 1.0, 0.1, True),
        (">= 2x baseline (floor 0.5)", 1.1, 0.6, False),
        (">= 2x baseline (floor 0.5)", 1.0, -3.0, True),
        (">= 2x baseline", 0, 0.0, False),
        (">= 2x baseline", 0.1, 0.0, True),
        ("<= 50% of baseline", 0, 0.0, False),
        ("> +30%", -6, -10.0, True),
        ("> +30%", -8, -10.0, False),
    ],
)
def test_relative_conditions_hold(text: str, value: float, baseline: float, expected: bool) -> None:  # noqa: FBT001  # a table
    """A relative condition is asked against the baseline, floored where a floor is given; 0 against 0 is no change."""
    assert expected is parse_condition(text).holds(value, baseline=baseline)


def test_a_capacity_is_a_reference_of_its_own() -> None:
    """A share of the capacity needs no baseline and is strict."""
    condition = parse_condition("> 80% of capacity")
    assert condition.needs_capacity
    assert not condition.needs_baseline
    expected = {80: False, 81: True}
    assert expected == {value: condition.holds(value, capacity=100) for value in expected}


@pytest.mark.parametrize(
    ("text", "references", "message"),
    [
        ("> 2x baseline", {}, "no baseline"),
        ("> +5%", {"baseline": math.nan}, "no usable baseline"),
        ("> 2x baseline", {"baseline": -1.0}, "negative"),
        ("> 80% of capacity", {"baseline": 1.0}, "no capacity"),
        ("> 80% of capacity", {"capacity": 0.0}, "not above 0"),
        ("> 80% of capacity", {"capacity": math.inf}, "no usable capacity"),
    ],
)
def test_a_missing_reference_is_an_error(text: str, references: dict[str, float], message: str) -> None:
    """Without a usable baseline or capacity a condition neither holds nor fails: it says what is missing."""
    condition = parse_condition(text)
    assert message in str(condition.missing(**references))  # type: ignore[arg-type]  # only floats here
    with pytest.raises(NoReferenceError, match=message):
        condition.holds(1, **references)  # type: ignore[arg-type]  # only floats here


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None, "5", True, Decimal("NaN"), 10**1000])
@pytest.mark.parametrize("text", ["> 5", "< 5", "!= 5", "outside 1..2", "> +5%"])
def test_no_data_is_never_compared(text: str, value: Value) -> None:
    """A value that is no finite number is refused by every condition on numbers, whichever its direction."""
    with pytest.raises(NotComparableError):
        parse_condition(text).holds(value, baseline=1.0)


@pytest.mark.parametrize(
    ("text", "value"), [("== down", 3), ("!= healthy", None), ("== true", "true"), ("== down", False)]
)
def test_words_are_compared_with_words_only(text: str, value: Value) -> None:
    """A condition on text or truth refuses a value of another kind, so that a mismatch is never green."""
    with pytest.raises(NotComparableError, match="cannot be compared"):
        parse_condition(text).holds(value)


def test_text_against_a_number_says_to_quote() -> None:
    """Text compared for equality with a number names the remedy."""
    with pytest.raises(NotComparableError, match="quote it to compare text"):
        parse_condition("== 5").holds("5")


@given(
    st.sampled_from([">", ">=", "<", "<=", "==", "!="]),
    st.decimals(0, 10**4, places=3),
    st.decimals(0, 10**4, places=3),
)
def test_units_change_nothing(operator: str, value: Decimal, limit: Decimal) -> None:
    """Milliseconds and seconds, on either side, give the same answer."""
    seconds, milliseconds = limit / 1000, limit
    answers = {
        parse_condition(f"{operator} {text}").holds(number, unit=unit)
        for text in (f"{milliseconds}ms", f"{seconds}s")
        for number, unit in ((float(value), "ms"), (float(value / 1000), "s"))
    }
    assert len(answers) == 1


@given(
    st.floats(-1e12, 1e12),
    st.floats(-1e12, 1e12),
    st.floats(0.001, 1e9),
    st.sampled_from(["> 5", ">= 2x baseline", "> +30%"]),
)
def test_what_is_worse_still_holds(first: float, second: float, baseline: float, text: str) -> None:
    """When an upper limit is exceeded by a value, it is by every larger one."""
    condition = parse_condition(text)
    low, high = sorted((first, second))
    assert condition.holds(low, baseline=baseline) <= condition.holds(high, baseline=baseline)


@pytest.mark.parametrize(
    ("text", "value", "unit", "expected"),
    [
        ("> 1", 3, "%", "3 % > 1 %"),
        ("> 500ms", 1.2, "s", "1,200 ms > 500 ms"),
        ("> 5", 5.0000001, "", "5.0000001 > 5"),
        ("> 7%", 0.08, "", "8 % > 7 %"),
        ("> 10/min", 0.25, "1/s", "15/min > 10/min"),
        ("outside 10..20", 20.00001, "", "20.00001 outside 10..20"),
        ("== down", "down", "", '"down" == "down"'),
        ("!= true", False, "", "false != true"),
    ],
)
def test_findings_are_explained(text: str, value: Value, unit: str, expected: str) -> None:
    """A finding shows the value in the unit of the limit, with enough digits to see that they differ."""
    assert expected == parse_condition(text).explain(value, unit=unit)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        (">= 2x baseline (floor 0.5%)", 1.3, "1.3 % >= 2x baseline (floor 0.5 %) = 1 %, baseline 0.1 %"),
        ("> +30%", 0.2, "0.2 % > +30 % of baseline = 0.13 %, baseline 0.1 %"),
        ("outside -20%..+20%", 0.2, "0.2 % outside -20 %..+20 % of baseline = 0.08 %..0.12 %, baseline 0.1 %"),
        ("> 80% of capacity", 90, "90 % > 80 % of capacity = 40 %, capacity 50 %"),
    ],
)
def test_relative_findings_show_the_number_behind(text: str, value: float, expected: str) -> None:
    """A relative finding shows the limit that follows from the baseline or capacity, and that reference."""
    assert expected == parse_condition(text).explain(value, unit="%", baseline=0.1, capacity=50)


@pytest.mark.parametrize(("text", "unit"), [("> 5ms", "B"), ("> 2x baseline (floor 1s)", "%"), ("> 5", "jobs")])
def test_units_that_do_not_fit_are_refused(text: str, unit: str) -> None:
    """A condition in another dimension than the measurement, or a unit that is none, is refused."""
    with pytest.raises(UnitError):
        parse_condition(text).check_unit(unit)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "", "no value"),
        (True, "", "true"),
        ("a\nb", "", '"a b"'),
        ('say "no"', "", "'say \"no\"'"),
        (0.34, "s", "340 ms"),
        (3, "jobs", "3 jobs"),
        (math.nan, "s", "nan"),
        (10**1000, "", "a number out of range"),
        (Fraction(1, 3), "%", "0.3333 %"),
    ],
    ids=["none", "bool", "lines", "quotes", "time", "unknown unit", "nan", "huge", "fraction"],
)
def test_any_value_is_shown(value: Value, unit: str, text: str) -> None:
    """Whatever was measured is shown on one line."""
    assert text == show_value(value, unit)
