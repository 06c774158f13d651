"""The exact share of failing requests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.demo.share import BLOCK, ExactShare


@given(st.integers(0, 100), st.integers(1, 8))
def test_every_block_has_exactly_the_share(percent: int, blocks: int) -> None:
    """In each block of 100 a whole percentage fails exactly."""
    share = ExactShare(percent)
    for _ in range(blocks):
        assert percent == sum(share.admit().fails for _ in range(BLOCK))


@given(st.floats(0, 100), st.integers(1, 1000))
def test_any_share_is_never_off_by_a_request(percent: float, requests: int) -> None:
    """After any number of requests the failures are the share of them, rounded down."""
    share = ExactShare(percent)
    failed = sum(share.admit().fails for _ in range(requests))
    assert 0 <= requests * percent / 100 - failed < 1 + 1e-9


@given(st.permutations(range(2 * BLOCK)))
def test_requests_are_recorded_by_whole_blocks(order: list[int]) -> None:
    """In whatever order requests end, only complete blocks of the order in which they began are recorded."""
    share, recorded = ExactShare(10), []
    tickets = [share.admit() for _ in range(2 * BLOCK)]
    for number in order:
        tickets[number].settle(lambda number=number: recorded.append(number))  # type: ignore[misc]
        assert 0 == len(recorded) % BLOCK
    assert list(range(2 * BLOCK)) == sorted(recorded)


def test_closing_records_the_rest() -> None:
    """Nothing is lost when the fault is cleared in the middle of a block."""
    share, recorded = ExactShare(10), []
    early, late = share.admit(), share.admit()
    early.settle(lambda: recorded.append("early"))
    assert [] == recorded
    share.close()
    late.settle(lambda: recorded.append("late"))
    assert ["early", "late"] == recorded
