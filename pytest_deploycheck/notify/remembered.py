"""The memory of alerts in the history: one row of its state table, changed under a lock of its own."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import HistoryError, StateError
from pytest_deploycheck.model import Deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.history import History
    from pytest_deploycheck.history.lock import Lock

KEY: Final = "alerts"
# alerts outlive deployments, and the history keeps states by deployment: this stands for all of an environment
NOBODY: Final = "every deployment"


class HistoryState:
    """The memory of one service in one environment, where all runs of a team find it."""

    def __init__(self, history: History, environment: str) -> None:
        """Keep it in a history, which knows its service."""
        self._history = history
        self._lock = f"alerts/{environment}"
        self._place = Deployment(id=NOBODY, deployed_at=datetime.fromtimestamp(0, UTC), environment=environment)
        self._version = 0
        self._held: Lock | None = None

    @contextmanager
    def locked(self, timeout: float) -> Iterator[None]:
        """Hold the lock; a dead owner's is taken over.

        Raises:
            StateError: somebody else holds it for longer than ``timeout`` seconds, or the history is gone.
        """
        try:
            held = self._history.acquire(self._lock, timeout)
        except HistoryError as error:
            raise StateError(error.message, error.hint) from None
        self._held = held
        try:
            yield
        finally:
            self._held = None
            with suppress(HistoryError):  # then it runs out by itself
                self._history.release(held)

    def load(self) -> str | None:
        """Return the text, None when there is none.

        Raises:
            StateError: it cannot be read.
        """
        try:
            found = self._history.get_state(self._place, KEY)
        except HistoryError as error:
            raise StateError(error.message, error.hint) from None
        self._version = 0 if found is None else found.version
        return None if found is None else found.value

    def save(self, text: str) -> None:
        """Keep the text; committed when this returns.

        Raises:
            StateError: it cannot be written, or somebody else wrote meanwhile.
        """
        try:
            if self._held is not None:  # channels may take longer than a lock lasts without a sign of life
                self._history.refresh(self._held)
            self._version = self._history.set_state(self._place, KEY, text, expected=self._version)
        except HistoryError as error:
            raise StateError(error.message, error.hint) from None
