"""Blocks give back exactly what was packed, whatever it was."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.errors import WireError
from pytest_deploycheck.history.packing import Packed, pack, unpack

TIMES = st.integers(-(2**45), 2**45)
VALUES = st.none() | st.floats(allow_nan=False) | st.integers(-(10**6), 10**6).map(lambda n: n / 1000)
COUNTS = st.none() | st.integers(0, 2**62)
POINTS = st.builds(Packed, TIMES, st.integers(1, 2**40), VALUES, COUNTS)


def exact(points: list[Packed]) -> list[tuple[object, ...]]:
    """Return points so that 0.0 and -0.0 differ."""
    return [(*p, p.value is not None and math.copysign(1, p.value)) for p in points]


@given(st.lists(POINTS, max_size=100))
def test_every_point_survives(points: list[Packed]) -> None:
    """To the last bit, missing values and counts included."""
    assert exact(points) == exact(unpack(pack(points)))


def test_usual_points_are_small() -> None:
    """A minute's value of three decimals, with a count, takes a few bytes."""
    points = [Packed(60_000 * n, n, (n * 37 % 1000) / 1000, 200) for n in range(512)]
    assert len(pack(points)) < 512 * 4


@pytest.mark.parametrize("cut", [0, 3, 10, 30])
def test_a_torn_block_is_told(cut: int) -> None:
    """A block that lost its end is damaged."""
    with pytest.raises(WireError):
        unpack(pack([Packed(n, 1, n / 3, n) for n in range(100)])[:cut])


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    """Whatever bytes are there, the answer is points or one clear error."""
    with suppress(WireError):
        assert len(unpack(data)) <= 512
