"""One run at a time, with real processes: the second waits or is refused, a dead owner's lock is taken over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.errors import LockHeldError
from pytest_deploycheck.history.lock import LEASE, process_mark
from pytest_deploycheck.history.schema import locks

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.history import History

HOLDER = """
import sys, time
from pytest_deploycheck.history import open_history
history = open_history(sys.argv[1])
held = history.acquire("r1", 5)
print("held", flush=True)
sys.stdin.readline()
history.release(held)
"""
COUNTER = """
import sys
from datetime import UTC, datetime
from pytest_deploycheck.history import open_history
from pytest_deploycheck.model import Deployment
deployment = Deployment(id="r1", deployed_at=datetime(2026, 3, 1, tzinfo=UTC))
with open_history(sys.argv[1]) as history:
    for _ in range(int(sys.argv[2])):
        with history.lock("r1", 60):
            found = history.get_state(deployment, "n")
            value = int(found.value) + 1 if found else 1
            history.set_state(deployment, "n", str(value), expected=found.version if found else 0)
"""


@pytest.fixture
def holder(place: str) -> object:
    """Start a process that holds the lock until it is told to let go."""
    running: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        running.append(process)
        assert process.stdout is not None
        assert "held\n" == process.stdout.readline()
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


Start = "Callable[[], subprocess.Popen[str]]"


def test_the_second_is_refused(history: History, holder: Callable[[], subprocess.Popen[str]]) -> None:
    """After its timeout, with the owner's process and since when."""
    process = holder()
    with pytest.raises(LockHeldError, match=rf"since .* UTC \(process {process.pid} on .*lock_timeout"):
        history.acquire("r1", 0.3)
    with history.lock("r2", 0.1):
        pass


def test_the_second_waits(history: History, holder: Callable[[], subprocess.Popen[str]]) -> None:
    """It gets the lock as soon as the first has given it back."""
    process = holder()
    with pytest.raises(LockHeldError):
        history.acquire("r1", 0)
    process.communicate("\n")
    held = history.acquire("r1", 5)
    assert history.refresh(held)


def test_a_dead_owner(history: History, holder: Callable[[], subprocess.Popen[str]]) -> None:
    """A killed process holds nothing: its lock is taken over at once, long before its lease ends."""
    process = holder()
    process.send_signal(signal.SIGKILL)
    process.wait()
    began = time.monotonic()
    held = history.acquire("r1", 10)
    assert time.monotonic() - began < LEASE
    assert history.refresh(held)


def test_an_owner_on_another_machine(history: History) -> None:
    """One that has not been heard of for longer than its lease is dead; the old owner notices."""
    held = history.acquire("r1", 1)
    with history._engine.begin() as connection:
        connection.execute(locks.update().values(host="elsewhere", process=""))
    with pytest.raises(LockHeldError, match="elsewhere"):
        history.acquire("r1", 0)
    with history._engine.begin() as connection:
        connection.execute(locks.update().values(seen_at=locks.c.seen_at - int(LEASE * 1000) - 1))
    again = history.acquire("r1", 0)
    assert (False, True) == (history.refresh(held), history.refresh(again))
    history.release(held)
    with pytest.raises(LockHeldError):
        history.acquire("r1", 0)


def test_a_number_used_again(history: History) -> None:
    """Another process with the dead owner's number is not the owner."""
    history.acquire("r1", 1)
    with history._engine.begin() as connection:
        mark = process_mark(os.getpid())
        connection.execute(locks.update().values(process=f"{mark}0"))
    assert history.acquire("r1", 0).owner


def test_many_at_once_lose_nothing(history: History, place: str) -> None:
    """Processes that count under the lock count every time."""
    workers = [subprocess.Popen([sys.executable, "-c", COUNTER, place, "15"]) for _ in range(3)]
    assert [0, 0, 0] == [worker.wait(60) for worker in workers]
    from tests.fix_history import DEPLOYMENT  # noqa: PLC0415  # only here

    found = history.get_state(DEPLOYMENT, "n")
    assert found is not None
    assert ("45", 45) == (found.value, found.version)
