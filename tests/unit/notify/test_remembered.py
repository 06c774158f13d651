"""The memory of alerts in the history, where every run and command finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.errors import StateError
from pytest_deploycheck.history import History, open_history
from pytest_deploycheck.notify.remembered import HistoryState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """A history of its own."""
    with open_history(tmp_path / "history.sqlite", service="shop") as found:
        yield found


def test_kept_by_environment(history: History) -> None:
    """What one process keeps, the next one reads; another environment has its own."""
    state = HistoryState(history, "production")
    with state.locked(1.0):
        assert None is state.load()
        state.save("one")
        state.save("two")
    assert ("two", None) == (HistoryState(history, "production").load(), HistoryState(history, "staging").load())


def test_one_at_a_time(history: History) -> None:
    """While somebody holds the lock, nobody else gets it; afterwards they do."""
    state, other = HistoryState(history, "production"), HistoryState(history, "production")
    with state.locked(1.0), pytest.raises(StateError, match=r"held|use|lock"), other.locked(0.1):
        pytest.fail("both hold it")
    with other.locked(1.0):
        other.save("mine")


def test_nobody_s_word_is_overwritten_unseen(history: History) -> None:
    """Whoever read an older state cannot keep a newer one."""
    state, other = HistoryState(history, "production"), HistoryState(history, "production")
    state.load()
    other.load()
    state.save("first")
    with pytest.raises(StateError, match="changed by somebody else"):
        other.save("second")
