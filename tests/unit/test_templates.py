"""Placeholders in the texts of a flow."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.templates import UnknownNameError, in_header, in_json, in_path, names_in

VALUES: dict[str, Any] = {"id": 42, "name": "a b/c?d", "on": True, "list": [1, "x"], "nothing": None, "tok": "t0k3n"}


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("/a/{id}/{name}/{id}", ("id", "name")),
        ({"k{x}": ["{y}", {"z": "{z}"}]}, ("x", "y", "z")),
        ("{{id}} {} {1} { id } {a-b}", ()),
        (5, ()),
        (None, ()),
    ],
)
def test_names_are_found_wherever_they_are(template: Any, names: tuple[str, ...]) -> None:
    """Texts, lists, tables and keys are searched; other braces are no names."""
    assert names == names_in(template)


def test_a_path_is_encoded_piece_by_piece() -> None:
    """A value stays inside its segment or parameter."""
    assert in_path("/u/{name}/x?q={name}&n={id}&on={on}", VALUES) == "/u/a%20b%2Fc%3Fd/x?q=a%20b%2Fc%3Fd&n=42&on=true"


@given(st.text(min_size=1).filter(lambda text: text not in {".", ".."}))
def test_no_value_leaves_its_place_in_a_path(value: str) -> None:
    """Whatever was captured, there is still one segment, and it decodes to the value."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return
    path = in_path("/a/{v}/b", {"v": value})
    assert path.count("/") == 3
    assert not set("?#&\r\n ") & set(path)
    assert unquote(path[3:-2]) == value


@pytest.mark.parametrize("value", ["", ".", "..", None, [1], {"a": 1}])
def test_a_value_that_changes_the_address_is_refused(value: Any) -> None:
    """An empty or dotted value would address the collection instead of the thing."""
    with pytest.raises(ValueError, match=r"\{v\}"):
        in_path("/users/{v}", {"v": value})


def test_json_keeps_types_where_a_text_is_one_placeholder() -> None:
    """A whole placeholder becomes the value, one inside a text becomes text."""
    template = {"n": "{id}", "l": "{list}", "t": "no {id} {list}", "{tok}": [None, 1, "{nothing}", "{{id}}"]}
    filled = {"n": 42, "l": [1, "x"], "t": 'no 42 [1, "x"]', "t0k3n": [None, 1, None, "{id}"]}
    assert filled == in_json(template, VALUES)


@pytest.mark.parametrize("fill", [in_path, in_header, in_json])
def test_a_name_without_a_value_is_named(fill: Any) -> None:
    """What is unknown raises, and says which."""
    with pytest.raises(UnknownNameError, match=r"\{other\} has no value") as caught:
        fill("x{other}", VALUES)
    assert caught.value.name == "other"


@pytest.mark.parametrize("value", ["a\r\nX: 1", "a\nb", "\x00", "\x7f"])
def test_a_header_cannot_be_broken_out_of(value: str) -> None:
    """Control characters in a captured value are refused without showing them."""
    with pytest.raises(ValueError, match="control characters") as caught:
        in_header("Bearer {v}", {"v": value})
    assert value not in str(caught.value)


def test_a_header_is_filled() -> None:
    """A plain value goes in as it is."""
    assert in_header("Bearer {tok} {id} {{id}}", VALUES) == "Bearer t0k3n 42 {id}"
