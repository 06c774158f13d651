"""The journal writes as things come, bears a database that is away for a moment, and tells when it stays away."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.errors import HistoryError
from pytest_deploycheck.history import lock, open_history
from pytest_deploycheck.history.journal import Journal
from tests.fix_history import DEPLOYMENT, NOW, seen

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.history import History


def count(history: History) -> int:
    """Return how many points there are."""
    return len(history.series("m", environment="production"))


def begun(history: History) -> Journal:
    """Return a journal of a new run that writes."""
    journal = Journal(history, history.begin_run(DEPLOYMENT, "daily", 1, NOW))
    journal.start()
    return journal


def test_what_comes_is_written_at_once(history: History) -> None:
    """Before anybody closes anything."""
    journal = begun(history)
    journal.add([seen(1)])
    until = time.monotonic() + 10
    while not count(history) and time.monotonic() < until:
        time.sleep(0.01)
    assert 1 == count(history)
    journal.add([seen(2), seen(3)])
    journal.close(10)
    assert 3 == count(history)


def test_a_moment_without_the_database(tmp_path: Path) -> None:
    """What could not be written is written later."""
    path = tmp_path / "h.sqlite"
    with open_history(path, timeout=0.05) as history:
        journal = begun(history)
        other = sqlite3.connect(path)
        other.execute("BEGIN IMMEDIATE")
        journal.add([seen(1)])
        time.sleep(0.3)
        other.close()
        journal.add([seen(2)])
        journal.close(10)
        assert 2 == count(history)


def test_a_database_that_stays_away(tmp_path: Path) -> None:
    """It is told why, within the time given."""
    path = tmp_path / "h.sqlite"
    with open_history(path, timeout=0.05) as history:
        journal = begun(history)
        other = sqlite3.connect(path)
        other.execute("BEGIN IMMEDIATE")
        journal.add([seen(1)])
        with pytest.raises(HistoryError, match="locked"):
            journal.close(10)
        other.close()


def test_the_lock_is_kept_fresh(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as the journal lives so does the lock; one that was taken over is noticed."""
    monkeypatch.setattr("pytest_deploycheck.history.journal.BEAT", 0.05)
    held = history.acquire("r1", 1)
    journal = Journal(history, history.begin_run(DEPLOYMENT, "daily", 1, NOW), held)
    journal.start()
    time.sleep(0.3)
    assert (False, True) == (journal.lost_lock, lock.refresh(history._engine, held))
    history.release(held)
    time.sleep(0.3)
    journal.close(10)
    assert journal.lost_lock
