"""The files of a log: the file itself and its rotated siblings, opened once, read in ranges; below the log source.

They are opened before anything is read: a file that is renamed meanwhile stays the one that was opened.
"""

from __future__ import annotations

import gzip
import os
import re
import stat
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import BadAnswerError, NoAnswerError
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.logs_blocks import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pytest_deploycheck.sources.logs_window import Window

STEP: Final = 1024 * 1024
_MOST_SIBLINGS: Final = 500
_SAMPLE: Final = 4096
_BACK: Final = 64 * 1024
_ROTATED: Final = re.compile(r"[.-](?:\d{1,4}|\d{4}-?\d{2}-?\d{2}(?:[-_.]?\d{1,6})?)(?P<gz>\.gz)?")


@dataclass(frozen=True, slots=True)
class LogFile:
    """An opened file of a log; ``size`` in bytes when it was opened."""

    name: str
    descriptor: int
    size: int
    zipped: bool

    def shrank(self) -> bool:
        """Tell whether it was cut since it was opened."""
        return os.fstat(self.descriptor).st_size < self.size


def open_files(path: str, *, rotated: bool, oldest: datetime | None) -> list[LogFile]:
    """Open the file, and its rotated siblings that were written to after ``oldest``; the oldest first.

    Raises:
        OSError: the file itself cannot be opened.
        NoAnswerError: it is no regular file.
    """
    main = _open(path)
    found = {_identity(main): main}
    known: set[str] | None = None
    while rotated and known != (names := set(_siblings(path))):
        for name in sorted(names - (known or set())):
            # one that was rotated away meanwhile has another name in the next round
            with suppress(FileNotFoundError):
                file = _open(name)
                if found.setdefault(_identity(file), file) is not file:
                    os.close(file.descriptor)
        known = names
    files = [file for file in found.values() if file is main or _written_after(file, oldest)]
    for file in found.values():
        if file not in files:
            os.close(file.descriptor)
    return sorted(files, key=lambda file: (file is main, os.fstat(file.descriptor).st_mtime, file.name))


def starts_at(file: LogFile, window: Window, oldest: datetime | None) -> int:
    """Return where reading has to begin so that nothing after ``oldest`` is missed, found by a look into each MiB."""
    if oldest is None:
        return 0
    start = 0
    for at in range(0, file.size, STEP):
        moment = window.first_of(_after_newline(os.pread(file.descriptor, _SAMPLE, at), at))
        if moment is None:
            moment = window.first_of(_after_newline(os.pread(file.descriptor, _BACK, at), at))
        if moment is not None and moment >= oldest:
            return start
        if moment is not None:
            start = at
    return start


def place_before(file: LogFile, start: int, window: Window) -> None:
    """Tell the window where the line before ``start`` lies."""
    if start and (moment := window.last_of(os.pread(file.descriptor, min(_BACK, start), max(start - _BACK, 0)))):
        window.place = window.place_of(moment)


def pieces(file: LogFile, start: int, end: int) -> Iterator[bytes]:
    """Yield the bytes of the lines that begin in a range of the file."""
    at = start
    if start:
        at = _line_start(file, start - 1)
    while at < min(end, file.size):
        piece = os.pread(file.descriptor, min(BLOCK, end - at), at)
        if not piece:
            return
        at += len(piece)
        yield piece
        ended = piece.endswith(b"\n")
        if at >= end and not ended:
            yield from _rest_of_line(file, at)


def unzipped(file: LogFile, max_bytes: int) -> Iterator[bytes]:
    """Yield what a gzip file holds, at most ``max_bytes``.

    Raises:
        BadAnswerError: it is damaged.
    """
    left = max_bytes
    try:
        with os.fdopen(os.dup(file.descriptor), "rb") as raw, gzip.open(raw) as inside:
            while left > 0 and (piece := inside.read(min(BLOCK, left))):
                left -= len(piece)
                yield piece
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadAnswerError(
            f"{printable(file.name)} is damaged ({type(error).__name__})", "Move it away, or wait until it is complete"
        ) from None


def close_files(files: list[LogFile]) -> None:
    """Close them."""
    for file in files:
        os.close(file.descriptor)


def _open(path: str) -> LogFile:
    """Open a regular file; opening a pipe would wait for its writer."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode):
        os.close(descriptor)
        raise NoAnswerError(f"{printable(path)} is no regular file", "Name the log file itself")
    return LogFile(path, descriptor, state.st_size, os.pread(descriptor, 3, 0) == b"\x1f\x8b\x08")


def _identity(file: LogFile) -> tuple[int, int]:
    state = os.fstat(file.descriptor)
    return state.st_dev, state.st_ino


def _siblings(path: str) -> Iterator[str]:
    folder, name = os.path.split(path)
    count = 0
    with os.scandir(folder or ".") as entries:
        for entry in entries:
            rest = entry.name[len(name) :]
            if entry.name.startswith(name) and _ROTATED.fullmatch(rest) and entry.is_file():
                count += 1
                if count <= _MOST_SIBLINGS:
                    yield str(Path(folder) / entry.name)


def _written_after(file: LogFile, oldest: datetime | None) -> bool:
    return oldest is None or os.fstat(file.descriptor).st_mtime >= oldest.timestamp()


def _after_newline(sample: bytes, at: int) -> bytes:
    return sample[sample.find(b"\n") + 1 :] if at else sample


def _line_start(file: LogFile, at: int) -> int:
    """Return where the first line begins after the byte at ``at``, which may be the end of the line before."""
    while piece := os.pread(file.descriptor, BLOCK, at):
        end = piece.find(b"\n")
        if end >= 0:
            return at + end + 1
        at += len(piece)
    return file.size


def _rest_of_line(file: LogFile, at: int) -> Iterator[bytes]:
    while at < file.size and (piece := os.pread(file.descriptor, min(BLOCK, file.size - at), at)):
        end = piece.find(b"\n") + 1
        yield piece[:end] if end else piece
        if end:
            return
        at += len(piece)
