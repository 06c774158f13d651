"""A small screen keeps headings longest, then what is bad, then why; what is good goes first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.board.fitting import Block, Item, fitted, split

BLOCKS = (
    Block("A", (Item("a1", ("why a1",)), Item("a2", good=True))),
    Block("B", (Item("b1", good=True), Item("b2", good=True))),
)


def test_what_goes_first() -> None:
    """With each line less, the next least important one goes."""
    expected = {
        7: ["A", "a1", "why a1", "a2", "B", "b1", "b2"],
        6: ["A", "a1", "why a1", "a2", "B", "b1"],
        5: ["A", "a1", "why a1", "B", "b1"],
        4: ["A", "a1", "why a1", "B"],
        3: ["A", "a1", "B"],
        2: ["A", "B"],
        1: ["A"],
        0: [],
    }
    assert expected == {height: fitted(BLOCKS, height) for height in expected}


def test_without_a_height_everything() -> None:
    """Printed once, nothing is left out."""
    assert 7 == len(fitted(BLOCKS, None))


@given(st.lists(st.lists(st.booleans(), max_size=5), max_size=6), st.integers(0, 40))
def test_never_higher(goods: list[list[bool]], height: int) -> None:
    """Whatever there is, it fits, and no line is shown twice or out of order."""
    blocks = [
        Block(f"{index}", tuple(Item(f"{index}.{number}", good=good) for number, good in enumerate(each)))
        for index, each in enumerate(goods)
    ]
    lines = fitted(blocks, height)
    every = fitted(blocks, None)
    assert len(lines) <= height
    assert lines == [line for line in every if line in set(lines)]


def test_columns_are_of_about_the_same_height() -> None:
    """The order stays, and the higher column is as low as it can be."""
    blocks = [Block(name, tuple(Item("x") for _ in range(count))) for name, count in (("A", 5), ("B", 2), ("C", 2))]
    assert [["A"], ["B", "C"]] == [[block.heading for block in half] for half in split(blocks)]
