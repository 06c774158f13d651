"""The nearest valid name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.settings.suggest import nearest, suggestion


@pytest.mark.parametrize(
    ("name", "expected"), [("tiemout", "timeout"), ("BASE_ULR", "base_url"), ("xyz", None), ("", None)]
)
def test_the_nearest_name_ignores_case(name: str, expected: str | None) -> None:
    """Slips of the finger are found, strange names are not."""
    assert expected == nearest(name, ["timeout", "base_url"])


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5), st.data())
def test_a_known_name_is_its_own_nearest(known: list[str], data: st.DataObject) -> None:
    """A name that is known is found, whatever the others are."""
    name = data.draw(st.sampled_from(known))

    assert name.lower() == (nearest(name, known) or "").lower()


def test_a_suggestion_is_a_name_a_list_or_nothing() -> None:
    """People get the nearest, a list to choose from, or are told that there is none."""
    assert ('Did you mean "timeout"?', "Choose from b, c.", "None is defined.") == (
        suggestion("timeot", ["timeout"]),
        suggestion("xyz", ["b", "c"]),
        suggestion("xyz", []),
    )
