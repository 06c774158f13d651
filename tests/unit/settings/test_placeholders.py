"""Placeholders that were left in."""

from __future__ import annotations

import pytest

from pytest_deploycheck.settings.placeholders import placeholder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[BASELINE]", "[BASELINE]"),
        ("ask [YOUR NAME] first", "[YOUR NAME]"),
        ("https://api.example.com/x", "api.example.com"),
        ("example.org", "example.org"),
        ("TODO", "TODO"),
        ("todo list TODO: write", "TODO:"),
        ("ChangeMe", "ChangeMe"),
        ("<your-token>", "<your-token>"),
    ],
)
def test_placeholders_are_found(text: str, expected: str) -> None:
    """The words of templates are told as they stand there."""
    assert expected == placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        "probe@example.com",
        "checks[0].name",
        "[abc]",
        "/todos",
        "my-example.company",
        "<b>",
        "exchange me",
        "a[B]",
        "counterexample.computer",
    ],
)
def test_ordinary_texts_are_no_placeholders(text: str) -> None:
    """Addresses of probes, indexes and words that look alike stay."""
    assert placeholder(text) is None


@pytest.mark.parametrize(("key", "text"), [("forbid", "[ERROR]"), ("sql", "SELECT ARRAY[ID]"), ("excludes", "TODO")])
def test_what_is_looked_for_may_be_anything(key: str, text: str) -> None:
    """Patterns, statements and searched texts are full of brackets."""
    assert placeholder(text, key) is None
