"""What is expected of single values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.expected import EXCERPT, excerpt, expected_of, show

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("ok", "ok"), (1, 1.0), (True, True), (["a", "b"], ["a", "b"]), (["ok", "healthy"], "healthy"), ([1, 2], 2),
        ({"condition": "> 10"}, 11), ({"condition": '== "up"'}, "up"), ({"condition": "outside 1..2"}, 0.5),
        ({"matches": "^v[0-9]+$"}, "v12"), ({"matches": "2"}, 123), ({"exists": True}, 0), ({"exists": True}, ""),
        ({"exists": False}, None), ({"absent": True}, None), ({"absent": False}, "x"),
    ],
)  # fmt: skip
def test_what_is_expected_is_accepted(raw: Any, found: Any) -> None:
    """Each kind of expectation accepts what fits."""
    assert expected_of(raw).problem(found, str) is None


@pytest.mark.parametrize(
    ("raw", "found", "problem"),
    [
        ("ok", "down", 'is "down", expected "ok"'),
        ("ok", None, 'is missing or null, expected "ok"'),
        (1, True, "is true, expected 1"),
        (True, 1, "is 1, expected true"),
        ("1", 1, 'is 1, expected "1"'),
        ([1, 2], [1, 3], "is [1, 3], expected one of [1, 2]"),
        (["ok"], "no", 'is "no", expected one of ["ok"]'),
        ({"condition": "> 10"}, 10, "is 10, expected > 10"),
        ({"condition": "> 10"}, "11", 'is "11", expected > 10 ('),
        ({"condition": "> 10"}, None, "is missing or null, expected > 10"),
        ({"condition": "> 10"}, float("nan"), "is NaN, expected > 10"),
        ({"condition": "> 10"}, float("inf"), "is Infinity, expected > 10"),
        ({"condition": "> 10"}, [11], "is [11], expected > 10"),
        ({"condition": "> 10"}, True, "is true, expected > 10"),
        ({"matches": "^v"}, "x", "is \"x\", expected to match '^v'"),
        ({"matches": ".*"}, None, "is missing or null, expected to match"),
        ({"exists": True}, None, "is missing"),
        ({"exists": False}, 0, "is 0, expected to be absent"),
    ],
)
def test_what_is_not_expected_is_explained(raw: Any, found: Any, problem: str) -> None:
    """The line says what was found and what was expected."""
    assert str(expected_of(raw).problem(found, str)).startswith(problem)


@given(JSON, JSON)
def test_equality_is_that_of_json(found: Any, other: Any) -> None:
    """Every value equals itself and nothing that is written differently, numbers aside."""
    if not isinstance(found, dict):
        assert expected_of(found).problem(found, str) is None
        if isinstance(other, bool | str) and other != found:
            assert expected_of(other).problem(found, str) is not None


@given(
    JSON, st.sampled_from([{"condition": "> 1"}, {"condition": "== x"}, {"matches": "a"}, {"exists": True}, "x", [1]])
)
def test_no_value_makes_a_comparison_fail(found: Any, raw: Any) -> None:
    """Whatever the service sends, the answer is a line or None."""
    problem = expected_of(raw).problem(found, str)
    assert problem is None or (problem and "\n" not in problem)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({}, "exactly one of condition, matches, exists, absent, not an empty table"),
        ({"exists": True, "matches": "x"}, "exactly one of"),
        ({"regex": "x"}, "not 'regex'"),
        ({"matches": "("}, "no regular expression"),
        ({"condition": "bigger"}, "bigger"),
        ({"condition": "> 2x baseline"}, "neither baseline nor capacity"),
        ({"condition": "> 80% of capacity"}, "neither baseline nor capacity"),
        ({"exists": "yes"}, "expected true or false, not 'yes'"),
        ({"absent": 1}, "expected true or false, not 1"),
    ],
)
def test_a_wrong_setting_is_a_value_error(raw: Any, message: str) -> None:
    """What cannot be expected is said when the settings are read."""
    with pytest.raises(ValueError, match=message):
        expected_of(raw)


@given(st.text())
def test_an_excerpt_is_short_and_printable(text: str) -> None:
    """No text from a service can move the cursor or fill the screen."""
    shown = excerpt(text)
    assert len(shown) <= EXCERPT
    assert not any(ord(character) < 32 or character == "\x7f" for character in shown)


def test_a_secret_across_the_cut_is_hidden_whole() -> None:
    """Secrets are taken out before a text is cut."""
    text = "x" * (EXCERPT - 6) + "secret-token" + "y" * 50
    assert "sec" not in excerpt(text, lambda whole: whole.replace("secret-token", "***"))
    assert show({"a": "secret-token"}, lambda whole: whole.replace("secret-token", "***")) == '{"a": "***"}'
