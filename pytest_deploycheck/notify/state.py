"""Where the memory is kept between runs: a small protocol, and a JSON file that keeps it beside the reports."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, Protocol

from pytest_deploycheck.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

_PAUSE: Final = 0.05


class State(Protocol):
    """One text that survives; whoever changes it holds the lock from reading to the last writing."""

    def locked(self, timeout: float) -> AbstractContextManager[None]:
        """Hold the lock; wait at most ``timeout`` seconds for it.

        Raises:
            StateError: somebody else holds it for longer.
        """

    def load(self) -> str | None:
        """Return the text, None before the first one.

        Raises:
            StateError: it cannot be read.
        """

    def save(self, text: str) -> None:
        """Keep the text; it is durable when this returns.

        Raises:
            StateError: it cannot be written.
        """


class FileState:
    """A file that is replaced as a whole, with a lock file beside it."""

    def __init__(self, path: Path) -> None:
        """Keep the state at ``path``."""
        self.path = path

    @contextmanager
    def locked(self, timeout: float) -> Iterator[None]:
        """Hold the lock file; the system frees it when its owner dies.

        Raises:
            StateError: somebody else holds it for longer than ``timeout`` seconds, or it cannot be made.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StateError(
                f"{self.path.name} cannot be locked ({error.strerror})", "Make its folder writable"
            ) from None
        try:
            _lock(handle, time.monotonic() + timeout, self.path.name)
            yield
        finally:
            os.close(handle)

    def load(self) -> str | None:
        """Return the text, None when there is no file.

        Raises:
            StateError: it cannot be read.
        """
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise StateError(f"{self.path.name} cannot be read ({type(error).__name__})") from None

    def save(self, text: str) -> None:
        """Replace the file; on disk when this returns.

        Raises:
            StateError: it cannot be written.
        """
        fresh = self.path.with_suffix(f".{os.getpid()}.tmp")
        try:
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise StateError(f"{self.path.name} cannot be written ({error.strerror})") from None


def _lock(handle: int, end: float, name: str) -> None:
    try:
        import fcntl  # noqa: PLC0415  # not there on every system
    except ImportError:  # no such lock on this system; there a second run at once is refused elsewhere
        return
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise StateError(f"{name} is in use by another run", "Try again when that one has ended") from None
            time.sleep(_PAUSE)
        else:
            return
