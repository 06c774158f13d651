"""References to environment variables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.settings.interpolate import Interpolation
from pytest_deploycheck.settings.values import FromEnvironment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A}", "one"),
        ("x${A}y${B:-two}z", "xoneytwoz"),
        ("${EMPTY}", "${EMPTY}"),
        ("${EMPTY:-default}", "default"),
        ("${NONE:-}", ""),
        ("${NONE:-http://x:1/?a=b}", "http://x:1/?a=b"),
        ("$${A}", "${A}"),
        ("$A", "$A"),
        ("${a b}", "${a b}"),
        ("cost: 5$", "cost: 5$"),
    ],
)
def test_references_are_replaced(text: str, expected: str) -> None:
    """A default stands in for an unset or empty variable, other dollars stay."""
    assert expected == Interpolation({"A": "one", "EMPTY": ""}).fill(text)


def test_unset_variables_are_noted_by_key() -> None:
    """Each one with the path of the text that needs it, which stays as it is."""
    filling = Interpolation({})

    assert {"a": [{"b": "${X}${Y}"}]} == filling.fill({"a": [{"b": "${X}${Y}"}]})
    assert [(("a", 0, "b"), "X"), (("a", 0, "b"), "Y")] == filling.unset


def test_a_replaced_value_is_not_read_again() -> None:
    """The value of a variable is never a reference itself."""
    assert "${B}" == Interpolation({"A": "${B}", "B": "x"}).fill("${A}")


def test_only_a_whole_reference_may_stand_for_a_number() -> None:
    """``${N}`` may become a number later, a text around it may not."""
    filling = Interpolation({"N": "5"})

    assert (True, False) == tuple(isinstance(filling.fill(text), FromEnvironment) for text in ("${N}", "${N}s"))


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("DB_PASSWORD", True),
        ("API_TOKEN", True),
        ("APIKEY", True),
        ("ADMIN_KEY", True),
        ("DATABASE_URL", True),
        ("SOME_DSN", True),
        ("MY_SECRET", True),
        ("SERVICE_URL", False),
        ("KEYCLOAK_URL", False),
        ("MONKEY", False),
    ],
)
def test_values_of_secret_variables_are_collected(name: str, secret: bool) -> None:  # noqa: FBT001  # a table's column
    """A variable whose name says so holds a secret."""
    filling = Interpolation({name: "some-value"})
    filling.fill(f"${{{name}}}")

    assert secret == ("some-value" in filling.secrets)


@given(st.text())
def test_texts_without_a_reference_stay(text: str) -> None:
    """Whatever else a text holds, it is not touched."""
    if "${" not in text:
        assert text == Interpolation({}).fill(text)


@given(st.text("${}AB:-_ ", max_size=30))
def test_any_text_is_filled_without_an_error(text: str) -> None:
    """Half-written references are texts."""
    assert isinstance(Interpolation({"A": "x"}).fill(text), str)


def test_an_empty_variable_counts_as_unset() -> None:
    """A secret that the CI system does not have arrives empty; it is noted by name, ``:-`` accepts it."""
    filling = Interpolation({"DATABASE_URL": ""})
    filling.fill({"dsn": "${DATABASE_URL}", "other": "${DATABASE_URL:-}"})
    assert [(("dsn",), "DATABASE_URL")] == filling.unset
