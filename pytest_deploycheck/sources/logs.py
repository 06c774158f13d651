"""A log file as a source: how many lines there are of each level, and how many match; answers :class:`LogAsk`.

Only the end of the file is read, line by line, in bounded memory: a log may be large, hold anything, and grow.
"""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Final

from pytest_deploycheck.asks import LogAnswer, LogAsk
from pytest_deploycheck.errors import MissingAccessError, NoAnswerError, QueryError, SourceError
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.logs_line import level_of, moment_of

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_LINE: Final = 65_536
MOST_EXAMPLES: Final = 5
_LONGEST_EXAMPLE: Final = 300


def compiled(pattern: str) -> re.Pattern[str]:
    """Return the pattern as it is searched in every line.

    Raises:
        ValueError: it is no regular expression.
    """
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{pattern!r} is no regular expression ({error})") from None


class LogSource:
    """Reads log files of this machine."""

    ask_type: type = LogAsk

    def observe(self, ask: LogAsk) -> LogAnswer:
        """Count the lines at the end of the file.

        Raises:
            QueryError: a pattern is no regular expression.
            NoAnswerError: there is no such file, or it is none.
            MissingAccessError: it may not be read.
            SourceError: reading failed.
        """
        try:
            patterns = {pattern: compiled(pattern) for pattern in ask.patterns}
        except ValueError as error:
            raise QueryError(str(error)) from None
        tally = _Tally(patterns, ask.since)
        shown = printable(ask.path)
        try:
            with _open(ask.path) as file:
                truncated = _skip_to_end(file, ask.max_bytes)
                for line in _lines(file, ask.max_bytes):
                    tally.add(line)
        except FileNotFoundError:
            raise NoAnswerError(
                f"the log {shown} does not exist", "Check the path, and that the service logs to it"
            ) from None
        except PermissionError:
            raise MissingAccessError(f"the log {shown} may not be read", f"Run: setfacl -m u:$USER:r {shown}") from None
        except (OSError, ValueError) as error:
            raise SourceError(f"the log {shown} cannot be read ({type(error).__name__})") from None
        return tally.answer(ask.path, truncated=truncated)

    def close(self) -> None:
        """Nothing is held."""


@dataclass(slots=True)
class _Tally:
    """What was seen so far."""

    patterns: dict[str, re.Pattern[str]]
    since: datetime | None
    lines: int = 0
    levels: Counter[str] = field(default_factory=Counter)
    matches: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    recent: bool = True

    def __post_init__(self) -> None:
        # lines before the first timestamp belong to something older
        self.recent = self.since is None

    def add(self, line: str) -> None:
        """Count one line; without a timestamp it belongs to the line before."""
        if self.since is not None and (moment := moment_of(line)) is not None:
            self.recent = moment >= _aware(self.since)
        if not self.recent:
            return
        self.lines += 1
        if level := level_of(line):
            self.levels[level] += 1
        for name, pattern in self.patterns.items():
            if pattern.search(line):
                self.matches[name] += 1
                kept = self.examples.setdefault(name, [])
                if len(kept) < MOST_EXAMPLES:
                    kept.append(printable(line[:_LONGEST_EXAMPLE]))

    def answer(self, path: str, *, truncated: bool) -> LogAnswer:
        """Return what was counted; every pattern is named, also one that never matched."""
        return LogAnswer(
            path=path,
            lines=self.lines,
            levels=tuple(sorted(self.levels.items())),
            matches=tuple((name, self.matches[name]) for name in self.patterns),
            examples=tuple((name, tuple(self.examples.get(name, ()))) for name in self.patterns),
            truncated=truncated,
            at=datetime.now(UTC),
        )


def _open(path: str) -> IO[bytes]:
    """Open a regular file; opening a pipe would wait for its writer."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NoAnswerError(f"{printable(path)} is no regular file", "Name the log file itself")
    return os.fdopen(descriptor, "rb")


def _skip_to_end(file: IO[bytes], max_bytes: int) -> bool:
    """Go to the first whole line of the last ``max_bytes``; return whether anything was skipped."""
    size = os.fstat(file.fileno()).st_size
    if size <= max_bytes:
        return False
    file.seek(size - max_bytes - 1)
    while (piece := file.readline(LONGEST_LINE)) and not piece.endswith(b"\n"):
        pass
    return True


def _lines(file: IO[bytes], max_bytes: int) -> Iterator[str]:
    """Yield the lines, each cut at 64 KiB, until the end or ``max_bytes``: the file may grow faster than it is read."""
    left = max_bytes
    while left > 0 and (piece := file.readline(min(LONGEST_LINE, left))):
        left -= len(piece)
        yield piece.decode("utf-8", "replace").rstrip("\r\n")
        while left > 0 and not piece.endswith(b"\n") and (piece := file.readline(min(LONGEST_LINE, left))):
            left -= len(piece)


def _aware(moment: datetime) -> datetime:
    """Return the moment with a time zone; without one it is UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
