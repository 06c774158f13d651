"""The exact share of failing requests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.demo.metrics import Finished, Request
from pytest_deploycheck.demo.share import BLOCK, ExactShare


def ignore(_batch: list[Finished]) -> None:
    """Record nothing."""


def finished(number: int) -> Finished:
    """Return a request that is told apart by its seconds."""
    return Finished(Request("GET", "/", 200, "mobile"), float(number))


@given(st.integers(0, 100), st.integers(1, 8))
def test_every_block_has_exactly_the_share(percent: int, blocks: int) -> None:
    """In each block of 100 a whole percentage fails exactly."""
    share = ExactShare(percent, ignore)
    for _ in range(blocks):
        assert percent == sum(share.admit().fails for _ in range(BLOCK))


@given(st.floats(0, 100), st.integers(1, 1000))
def test_any_share_is_never_off_by_a_request(percent: float, requests: int) -> None:
    """After any number of requests the failures are the share of them, rounded down."""
    share = ExactShare(percent, ignore)
    failed = sum(share.admit().fails for _ in range(requests))
    assert 0 <= requests * percent / 100 - failed < 1 + 1e-9


@given(st.permutations(range(2 * BLOCK)))
def test_requests_are_recorded_by_whole_blocks(order: list[int]) -> None:
    """In whatever order requests end, each complete block of the order in which they began is recorded at once."""
    batches: list[list[Finished]] = []
    share = ExactShare(10, batches.append)
    tickets = [share.admit() for _ in range(2 * BLOCK)]
    for number in order:
        tickets[number].settle(finished(number))
    assert [BLOCK, BLOCK] == [len(batch) for batch in batches]
    assert [*range(BLOCK)] == sorted(int(one.seconds) % BLOCK for one in batches[0])
    assert [*range(2 * BLOCK)] == sorted(int(one.seconds) for batch in batches for one in batch)


def test_closing_records_the_rest() -> None:
    """Nothing is lost when the fault is cleared in the middle of a block."""
    recorded: list[Finished] = []
    share = ExactShare(10, recorded.extend)
    early, late = share.admit(), share.admit()
    early.settle(finished(1))
    assert [] == recorded
    share.close()
    late.settle(finished(2))
    assert [finished(1), finished(2)] == recorded
