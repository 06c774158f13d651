"""Counters of two moments: what rose, what was reset, what came anew, and what cannot be compared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.pgpack.counters import Counted, Counters, difference, parse

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = AT.timestamp()
NUMBERS = st.dictionaries(st.text(max_size=3), st.tuples(st.integers(0, 9), st.floats(0, 9)), max_size=5)


def counted(values: dict[str, tuple[float, ...]], *, at: float = 0, reset: float | None = None) -> Counted:
    """Return counters ``at`` seconds after the start, reset so many seconds after it."""
    return Counted(at=START + at, values=values, reset=None if reset is None else START + reset)


def test_what_rose() -> None:
    """Entries that did not move are left out, new ones count whole, and so do those that fell in any number."""
    before = counted({"same": (5, 1.0), "more": (5, 1.0), "again": (9, 1.0), "gone": (1, 1.0), "half": (5, 9.0)})
    now = counted({"same": (5, 1.0), "more": (7, 4.0), "again": (2, 8.0), "new": (1, 2.0), "half": (6, 2.0)}, at=60)
    found = difference(before, now)
    assert found is not None
    assert {"more": (2, 3.0), "again": (2, 8.0), "new": (1, 2.0), "half": (6, 2.0)} == found.values
    assert "since 2026-03-01 12:00:00 UTC" == found.text


def test_evicted_entries_are_told() -> None:
    """How often the server threw out entries meanwhile stands in the scope: statements may be missing."""
    before = Counted(at=START, values={}, evicted=3)
    found = difference(before, Counted(at=START + 1, values={}, evicted=10))
    assert found is not None
    assert ", since 2026-03-01 12:00:00 UTC, the least used ones thrown out 7 times meanwhile" == found.scope


def test_a_reset_in_between() -> None:
    """All counters are from after the reset, so all of them count, since then."""
    found = difference(counted({"a": (5,)}, reset=-600), counted({"a": (6,)}, at=60, reset=30))
    assert found is not None
    assert ({"a": (6,)}, "since the statistics' reset at 2026-03-01 12:00:30 UTC") == (found.values, found.text)


def test_statistics_of_another_server() -> None:
    """Counters with another reset from before the first look were counted elsewhere: nothing is compared."""
    assert difference(counted({"a": (5,)}, reset=-600), counted({"a": (6,)}, at=60, reset=-5000)) is None
    assert difference(None, counted({})) is None


@given(NUMBERS, NUMBERS)
def test_no_difference_is_negative_or_more_than_there_is(
    first: dict[str, tuple[float, ...]], second: dict[str, tuple[float, ...]]
) -> None:
    """Whatever happened in between, every difference lies between nothing and the counter itself."""
    found = difference(counted(first), counted(second, at=1))
    assert found is not None
    assert all(0 <= d <= n for key, each in found.values.items() for d, n in zip(each, second[key], strict=True))


@given(NUMBERS, st.none() | st.floats(-9, 9), st.none() | st.integers(0, 9))
def test_kept_and_read_again(values: dict[str, tuple[float, ...]], reset: float | None, evicted: int | None) -> None:
    """What is kept is what is read."""
    counts = Counted(at=START, values=values, reset=reset, evicted=evicted)
    assert counts == parse(counts.as_json())


@pytest.mark.parametrize("kept", [None, {}, [], "x", {"at": 1, "reset": None, "evicted": None, "values": {"a": 1}}])
def test_what_is_no_counter_is_nothing_known(kept: object) -> None:
    """A kept text of another form counts as none."""
    assert parse(kept) is None


def test_known_since_the_deployment() -> None:
    """Without kept counters nothing is known, unless the statistics began after the deployment; both are kept."""
    counters = Counters({}, deployed_at=AT, compare=True)
    assert counters.since("old", counted({"a": (1,)}, at=60, reset=-1)).known is False
    assert counters.since("fresh", counted({"a": (1,)}, at=60, reset=1)).known is True
    assert {"old", "fresh"} == set(counters.taken)
    again = Counters(counters.taken, deployed_at=AT, compare=True)
    assert {"a": (2,)} == again.since("old", counted({"a": (3,)}, at=90, reset=-1)).values


def test_without_a_deployment_nothing_is_compared() -> None:
    """A run before the deployment judges all there is."""
    known = {"a": counted({"a": (1,)}).as_json()}
    found = Counters(known, deployed_at=AT + timedelta(hours=1)).since("a", counted({"a": (3,)}, at=90))
    assert ({"a": (3,)}, True, "since the statistics' reset") == (found.values, found.known, found.text)
