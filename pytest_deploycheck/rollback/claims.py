"""Who rolls a deployment back: a claim that only one run can take, whatever else runs at the same time.

A claim outlives its run on purpose: a run that was killed in the middle of a rollback is no reason to start another.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pytest_deploycheck.errors import NoAnswerError

if TYPE_CHECKING:
    from pathlib import Path

RUNNING = "running"
SUCCEEDED = "succeeded"


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody has claimed: ``by`` says which run, ``state`` is ``running`` or how it ended."""

    by: str
    state: str = RUNNING


class Claims(Protocol):
    """A place where each name can be claimed once."""

    def take(self, name: str, by: str) -> Claim | None:
        """Claim a name and return None, or return the claim that is there already.

        Raises:
            DeploycheckError: the place cannot be used, so nothing is claimed.
        """

    def finish(self, name: str, claim: Claim) -> None:
        """Write down how a claimed thing ended.

        Raises:
            DeploycheckError: it cannot be written.
        """

    def where(self, name: str) -> str:
        """Return where a person finds the claim, to lift it."""


class FileClaims:
    """Claims as files in one folder; a file that is there first wins, on network disks too."""

    def __init__(self, folder: Path) -> None:
        """Claim in ``folder``."""
        self.folder = folder

    def take(self, name: str, by: str) -> Claim | None:
        """Create the file of a name and return None, or return what the one that is there says.

        Raises:
            NoAnswerError: the folder cannot be written.
        """
        path = self._path(name)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            return _read(path)
        except OSError as error:
            raise NoAnswerError(f"{path} cannot be written ({error.strerror})", "Make the folder writable") from None
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_text(Claim(by)))
            file.flush()
            os.fsync(file.fileno())
        return None

    def finish(self, name: str, claim: Claim) -> None:
        """Replace the file of a name as a whole.

        Raises:
            NoAnswerError: the folder cannot be written.
        """
        path = self._path(name)
        fresh = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            fresh.write_text(_text(claim), "utf-8")
            fresh.replace(path)
        except OSError as error:
            raise NoAnswerError(f"{path} cannot be written ({error.strerror})", "Make the folder writable") from None

    def where(self, name: str) -> str:
        """Return the file's path."""
        return str(self._path(name))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.claim"


def encoded(claim: Claim) -> str:
    """Return a claim as JSON text."""
    return json.dumps({"by": claim.by, "state": claim.state})


def decoded(text: str) -> Claim:
    """Return the claim of a text; one that cannot be read counts as running: nobody may start a second rollback."""
    try:
        found: Any = json.loads(text)
        return Claim(str(found["by"])[:200], str(found["state"])[:40])
    except (ValueError, TypeError, KeyError, RecursionError):
        return Claim("a run that left no name")


def _text(claim: Claim) -> str:
    return encoded(claim) + "\n"


def _read(path: Path) -> Claim:
    try:
        return decoded(path.read_text("utf-8", "replace"))
    except OSError:
        return Claim("a run that left no name")
