"""The grammar of conditions: all that is read, all that is refused, and that what is printed reads back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.judgement.conditions import Condition, ConditionError, parse_condition

NUMBERS = st.decimals(0, 10**6, allow_nan=False, allow_infinity=False, places=3).map(str)
COMPARISONS = st.sampled_from([">", ">=", "<", "<=", "==", "!="])
SUFFIXES = st.sampled_from(["", "ms", "%", " MiB", "/min", "x baseline", "% of baseline", "% of capacity"])
WORDS = st.text(st.characters(exclude_characters="\"'", exclude_categories=["Cs"]), max_size=30)


def singles() -> st.SearchStrategy[str]:
    """Return texts of conditions with one bound."""
    return st.builds("{} {}{}".format, COMPARISONS, NUMBERS, SUFFIXES)


def changes() -> st.SearchStrategy[str]:
    """Return texts of conditions on a change, some with a floor."""
    return st.builds(
        "{} {}{}%{}".format, COMPARISONS, st.sampled_from("+-"), NUMBERS, st.sampled_from(["", " (floor 2)"])
    )


@st.composite
def ranges(draw: st.DrawFn) -> str:
    """Return texts of conditions with two ends."""
    low, high = sorted((draw(NUMBERS), draw(NUMBERS)), key=float)
    return f"{draw(st.sampled_from(['inside', 'OUTSIDE']))} {low}..{high}{draw(SUFFIXES)}"


def words() -> st.SearchStrategy[str]:
    """Return texts of conditions on words."""
    return st.builds('{} "{}"'.format, st.sampled_from(["==", "!="]), WORDS)


@given(st.one_of(singles(), changes(), ranges(), words()))
def test_a_printed_condition_reads_back(text: str) -> None:
    """The text of a condition is read back as the same condition, and printing it again changes nothing."""
    condition = parse_condition(text)
    assert condition == parse_condition(str(condition))
    assert str(condition) == str(parse_condition(str(condition)))


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("> 5", "> 5"),
        (">=500ms", ">= 500ms"),
        ("≥ 1 %", ">= 1%"),
        ("≠ 0", "!= 0"),
        ("≤ 2× baseline", "<= 2x baseline"),  # noqa: RUF001  # the sign of a guide
        ("< −20%", "< -20%"),  # noqa: RUF001  # the minus sign that word processors write
        ("outside 10..20ms", "outside 10..20ms"),
        ("Inside 1 .. 2", "inside 1..2"),
        ("outside -20%..+20% of baseline", "outside -20%..+20%"),
        (">= 2x baseline (floor 0.5%)", ">= 2x baseline (floor 0.5%)"),
        ("> baseline", "> 1x baseline"),
        ("> 80 % of capacity", "> 80% of capacity"),
        ("== healthy", '== "healthy"'),
        ("≠ 'not ready'", '!= "not ready"'),
        ("== 'say \"no\"'", "== 'say \"no\"'"),
        ("!= TRUE", "!= true"),
        ('== "true"', '== "true"'),
        ("== 1.2.3", '== "1.2.3"'),
        ("== 2024-01-15", '== "2024-01-15"'),
        ("== v2", '== "v2"'),
        ("== 1.50", "== 1.5"),
        ("> 1e3", "> 1000"),
        ("\n> 5\t", "> 5"),
    ],
)
def test_conditions_are_read(text: str, printed: str) -> None:
    """Each form of the grammar is read, signs as guides print them included."""
    assert printed == str(parse_condition(text))


def test_words_keep_their_type() -> None:
    """A bare true is a truth value, a quoted one is text."""
    assert (Condition("==", word=True), Condition("==", word="true")) == tuple(
        parse_condition(text) for text in ("== true", '== "true"')
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no condition"),
        ("5", "no condition"),
        (">", "no condition"),
        ("= 5", "no condition"),
        ("=> 5", "no condition"),
        ("> 5 mss", "did you mean 'ms'"),
        ("== 5mss", "did you mean 'ms'"),
        ("> 1,234", "no separators"),
        ("> healthy", "needs a number"),
        ("> nan", "needs a number"),
        ("< 'a'", "needs a number"),
        ("== two words", "needs a number"),
        ("outside 5", "no condition"),
        ("outside a..b", "needs a number"),
        ("outside 5..2", "above the upper end"),
        ("outside 2min..90s", "above the upper end"),
        ("inside +20%..-20%", "above the upper end"),
        ("outside 5ms..5GB", "cannot be compared"),
        ("> 5 (floor 1)", "a floor is"),
        ("> 2x baseline (floor 0)", "a floor is"),
        ("> 2x baseline (floor x)", "no quantity"),
        ("> 1e999", "out of range"),
        ("> " + 500 * "9", "at most 200 characters"),
    ],
)
def test_what_is_no_condition_is_refused(text: str, message: str) -> None:
    """A text that is no condition is refused with what is wrong with it."""
    with pytest.raises(ConditionError) as refused:
        parse_condition(text)
    assert message in str(refused.value)


@given(st.text(alphabet="<>=!0123456789.+-%xm()'\" ofbaselinecapacityoutsidefloor", max_size=60))
def test_no_text_breaks_the_grammar(text: str) -> None:
    """Whatever the text, a condition comes out that reads back, or the grammar's own error."""
    try:
        condition = parse_condition(text)
    except ConditionError:
        return
    assert condition == parse_condition(str(condition))
