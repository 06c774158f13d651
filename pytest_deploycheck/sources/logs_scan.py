"""Scanning a log: parts, windows and tallies put together; it runs in a process of its own (``logs_child.py``).

Large files are scanned in ranges by several processes, because a single one cannot use more than one core.
"""

from __future__ import annotations

import multiprocessing
import os
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pytest_deploycheck.errors import MissingAccessError, NoAnswerError, QueryError, SourceError
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources import logs_files as files
from pytest_deploycheck.sources.logs_blocks import last_lines, whole_lines
from pytest_deploycheck.sources.logs_patterns import pattern_of
from pytest_deploycheck.sources.logs_programs import written
from pytest_deploycheck.sources.logs_tally import Counting, Tally
from pytest_deploycheck.sources.logs_window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_deploycheck.asks import LogAnswer, LogAsk

RANGE: Final = 16 * 1024 * 1024
_WORTH_PROCESSES: Final = 3 * RANGE
_MOST_PROCESSES: Final = 4
_STAMP: Final = re.compile(rb"(?m)^\d{4}-\d\d-\d\dT[\d:.]{8,20}(?:Z|[+-]\d\d:\d\d) ")


@dataclass(frozen=True, slots=True)
class Part:
    """A range of bytes of an opened file."""

    file: files.LogFile
    start: int
    end: int


def scan(ask: LogAsk, *, processes: int | None = None) -> LogAnswer:
    """Count what the question asks for; ``processes`` is by default the number of cores, at most 4.

    Raises:
        QueryError: a pattern is no regular expression, or there is no such time zone.
        NoAnswerError: there is no such file, or it is none.
        MissingAccessError: it may not be read.
        BadAnswerError: a compressed file is damaged.
        CommandError: the program cannot be started, or failed.
        SourceError: reading failed.
    """
    given = replace(ask, since=_aware(ask.since), until=_aware(ask.until), known_since=_aware(ask.known_since))
    try:
        counting = _counting(given)
        window = _window(given)
    except ValueError as error:
        raise QueryError(str(error)) from None
    if ask.argv:
        _count(given, written(ask.argv, ask.cwd), window, counting)
        tally = counting.tally
    else:
        tally = _scan_files(given, processes or min(os.cpu_count() or 1, _MOST_PROCESSES))
    return tally.answer(given, datetime.now(UTC))


def _scan_files(ask: LogAsk, processes: int) -> Tally:
    shown = printable(ask.path)
    try:
        for _again in range(2):
            tally = _scan_once(ask, processes)
            if tally is not None:
                return tally
    except FileNotFoundError:
        raise NoAnswerError(
            f"the log {shown} does not exist", "Check the path, and that the service logs to it"
        ) from None
    except PermissionError:
        raise MissingAccessError(f"the log {shown} may not be read", f"Run: setfacl -m u:$USER:r {shown}") from None
    except (OSError, ValueError) as error:
        raise SourceError(f"the log {shown} cannot be read ({type(error).__name__})") from None
    raise SourceError(f"the log {shown} was cut twice while it was read", "Rotate it by renaming, not by copying")


def _scan_once(ask: LogAsk, processes: int) -> Tally | None:
    """Return what was counted, None when a file was cut while it was read."""
    oldest = ask.known_since or ask.since
    opened = files.open_files(ask.path, rotated=ask.rotated, oldest=oldest)
    try:
        parts, truncated = _parts(ask, opened, oldest)
        tally = Tally()
        for found in _tallies(ask, parts, processes):
            tally.merge(found)
        if any(file.shrank() for file in opened):
            return None
        tally.truncated = truncated
        tally.parts = tuple(Path(file.name).name for file in opened)
        return tally
    finally:
        files.close_files(opened)


def _parts(ask: LogAsk, opened: list[files.LogFile], oldest: datetime | None) -> tuple[list[Part], bool]:
    """Return the ranges to scan, the oldest first, and whether the limit leaves something out."""
    left, truncated = ask.max_bytes, False
    found: list[Part] = []
    for file in reversed(opened):
        first = 0 if file.zipped else files.starts_at(file, _window(ask), oldest)
        start = max(first, file.size - left)
        truncated |= start > first
        left -= file.size - start
        step = file.size if file.zipped or ask.tail else RANGE
        ranges = [Part(file, at, min(at + step, file.size)) for at in range(start, file.size, max(step, 1))]
        found += reversed(ranges)
    return found[::-1], truncated


def _tallies(ask: LogAsk, parts: list[Part], processes: int) -> Iterator[Tally]:
    if ask.tail:
        counting = _counting(ask)
        _count(ask, (piece for part in parts for piece in _pieces(ask, part)), _window(ask), counting)
        yield counting.tally
        return
    tasks = [(ask, part) for part in parts]
    size = sum(part.end - part.start for part in parts)
    if processes < 2 or size < _WORTH_PROCESSES or "fork" not in multiprocessing.get_all_start_methods():  # noqa: PLR2004
        yield from map(_scan_part, tasks)
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield from pool.imap(_scan_part, tasks)


def _scan_part(task: tuple[LogAsk, Part]) -> Tally:
    ask, part = task
    counting, window = _counting(ask), _window(ask)
    if window.bounded and not part.file.zipped:
        files.place_before(part.file, part.start, window)
    _count(ask, _pieces(ask, part), window, counting)
    return counting.tally


def _pieces(ask: LogAsk, part: Part) -> Iterator[bytes]:
    if part.file.zipped:
        return files.unzipped(part.file, ask.max_bytes)
    return files.pieces(part.file, part.start, part.end)


def _count(ask: LogAsk, pieces: Iterable[bytes], window: Window, counting: Counting) -> None:
    """Count the lines of the pieces that are in the window."""
    tally = counting.tally
    now = _in_window(ask, pieces, window, counting)
    for block in last_lines(now, ask.tail) if ask.tail else now:
        counting.add(block)
    tally.dated = window.dated or not window.bounded
    tally.reaches_back = window.reaches_back


def _in_window(ask: LogAsk, pieces: Iterable[bytes], window: Window, counting: Counting) -> Iterator[bytes]:
    for block in whole_lines(pieces):
        now, before = window.split(block)
        if before:
            counting.add_before(_plain(ask, before))
        if now:
            yield _plain(ask, now)


def _plain(ask: LogAsk, block: bytes) -> bytes:
    return _STAMP.sub(b"", block) if ask.stamped else block


def _counting(ask: LogAsk) -> Counting:
    return Counting(ask, map(pattern_of, ask.patterns))


def _window(ask: LogAsk) -> Window:
    if ask.bounded:
        return Window()
    return Window(ask.since, ask.until, ask.known_since, _zone(ask.zone))


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}") from None


def _aware(moment: datetime | None) -> datetime | None:
    """Return the moment with a time zone; without one it is UTC."""
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
