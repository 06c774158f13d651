"""What a run observes, written as it comes by a thread of its own, which also keeps the run's lock fresh.

A result is on disk some milliseconds after it arrived; many at once share a transaction. While the database does not
answer, everything waits in memory and is tried again.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import HistoryError
from pytest_deploycheck.history.lock import BEAT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_deploycheck.history.lock import Lock
    from pytest_deploycheck.history.store import History
    from pytest_deploycheck.history.values import Observation

_PAUSE: Final = 0.5


class Journal:
    """Writes for one run, from :meth:`start` to :meth:`close`."""

    def __init__(self, history: History, run: int, held: Lock | None = None) -> None:
        """Write into ``history`` for ``run``; keep ``held`` fresh."""
        self._history = history
        self._run = run
        self._held = held
        self._change = threading.Condition()
        self._waiting: list[Observation] = []
        self._closing = False
        self._beaten = time.monotonic()
        self._problem: HistoryError | None = None
        self._busy = False
        self._thread = threading.Thread(target=self._work, name="deploycheck-journal", daemon=True)
        self.lost_lock = False

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def add(self, found: Iterable[Observation]) -> None:
        """Write these soon; returns at once."""
        with self._change:
            self._waiting.extend(found)
            self._change.notify()

    def flush(self, timeout: float) -> None:
        """Wait until everything is written, at most ``timeout`` seconds.

        Raises:
            HistoryError: something could not be written.
        """
        with self._change:
            self._problem = None  # whatever failed before is tried once more
            self._change.notify_all()
            done = self._change.wait_for(lambda: (not self._busy and not self._waiting) or self._failed, timeout)
        if self._problem is not None:
            raise self._problem
        if not done:
            raise HistoryError(f"the history {self._history.place} did not take what was observed in time")

    @property
    def _failed(self) -> bool:
        return not self._busy and self._problem is not None

    def close(self, timeout: float) -> None:
        """Write what is left, waiting at most ``timeout`` seconds.

        Raises:
            HistoryError: something could not be written.
        """
        with self._change:
            self._closing = True
            self._change.notify()
        self._thread.join(timeout)
        if self._thread.is_alive():
            raise HistoryError(f"the history {self._history.place} did not take what was observed in time")
        if self._waiting:
            assert self._problem is not None
            raise self._problem

    def _work(self) -> None:
        while self._step():
            pass

    def _step(self) -> bool:
        """Write what waits, once; False when nothing more will come."""
        with self._change:
            if not self._waiting and not self._closing:
                self._change.wait(BEAT)
            batch, closing = self._waiting, self._closing
            self._waiting, self._busy = [], True
        problem = self._write(batch)
        with self._change:
            self._problem, self._busy = problem, False
            if problem is not None:
                self._waiting[:0] = batch
            self._change.notify_all()
            if problem is not None and not (closing or self._closing):
                self._change.wait(_PAUSE)
        return not closing

    def _write(self, batch: list[Observation]) -> HistoryError | None:
        try:
            self._history.append(self._run, batch)
            self._beat()
        except HistoryError as error:
            return error
        return None

    def _beat(self) -> None:
        if self._held is None or self.lost_lock or time.monotonic() - self._beaten < BEAT:
            return
        self.lost_lock = not self._history.refresh(self._held)
        self._beaten = time.monotonic()
