"""Sparklines have the width they were given, and a gap is never a low value."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.board.spark import BLOCKS, GAP, LETTERS, PLAIN_GAP, sparkline


def test_lowest_and_highest() -> None:
    """The smallest is the lowest block, the largest the highest, a gap is neither."""
    assert "  ▁·█" == sparkline([1.0, None, 2.0], 5)
    assert "  _.@" == sparkline([1.0, None, 2.0], 5, unicode=False)


def test_a_steady_number_is_flat() -> None:
    """Differences below 2 % are noise."""
    assert "▁▁▁" == sparkline([35.0, 35.1, 35.05], 3)


def test_a_scale_does_not_stretch() -> None:
    """With given ends one value is enough to see where it lies."""
    assert "█▁" == sparkline([4.0, 0.0], 2, scale=(0.0, 4.0))


@given(
    st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32), max_size=80),
    st.integers(0, 60),
    st.booleans(),
)
def test_width_and_gaps(values: list[float | None], width: int, unicode: bool) -> None:  # noqa: FBT001  # drawn
    """Always exactly the width, one character for each of the newest values, a gap only where one is missing."""
    line = sparkline(values, width, unicode=unicode)
    shown = values[-width:] if width else []
    gap, blocks = (GAP, BLOCKS) if unicode else (PLAIN_GAP, LETTERS)
    assert width == len(line)
    assert [value is None for value in shown] == [mark == gap for mark in line[width - len(shown) :]]
    assert set(line) <= {gap, " ", *blocks}
