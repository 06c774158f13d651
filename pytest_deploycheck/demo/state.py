"""The note that lets ``deploycheck demo fault`` find the demo that runs; one for each user, readable by nobody else."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

from pytest_deploycheck.errors import NoAnswerError

HINT = "Start one with: deploycheck demo"


def state_path() -> Path:
    """Return where the note is."""
    return Path(tempfile.gettempdir()) / f"deploycheck-demo-{os.getuid()}.json"


def write_state(path: Path, facts: dict[str, Any]) -> None:
    """Leave the note, replacing an older one; it is never readable by others, not even for a moment."""
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"pid": os.getpid(), **facts}, file)
    Path(name).replace(path)


def remove_state(path: Path) -> None:
    """Take the note away, when it is still this process's own."""
    with contextlib.suppress(NoAnswerError, OSError):
        if read_state(path).get("pid") == os.getpid():
            path.unlink()


def read_state(path: Path) -> dict[str, Any]:
    """Return what the running demo wrote.

    Raises:
        NoAnswerError: there is no note, or not one that we can trust.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise NoAnswerError("no demo is running", HINT) from None
    with os.fdopen(handle, encoding="utf-8", errors="replace") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o077:
            raise NoAnswerError(f"{path} is not a note of our own", "Remove it, then start the demo again")
        try:
            facts = json.load(file)
        except ValueError:
            facts = None
    if not isinstance(facts, dict) or not {"control_url", "control_token"} <= facts.keys():
        raise NoAnswerError(f"{path} is not a note of a demo", "Remove it, then start the demo again")
    return facts
