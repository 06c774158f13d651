"""Questions about logs and their answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks.base import MEBIBYTE

if TYPE_CHECKING:
    from datetime import datetime

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
ERROR_LEVELS: Final = ("ERROR", "CRITICAL")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAsk:
    """Lines of a log: how many match each pattern, how many there are of each level, and what the errors are.

    The log is the file ``path`` (with ``rotated`` also its rotated siblings, gzip too), or what the program ``argv``
    writes to either stream; a ``bounded`` program looks at ``since`` and ``until`` itself, a ``stamped`` one puts a
    timestamp of its own before each line. Of the lines in the window
    only the last ``tail`` count, and at most ``max_bytes`` from the end are read. Error lines are grouped into the
    ``signatures`` most frequent ones; ``known_since`` is where looking for earlier ones begins. ``zone`` is that of
    timestamps without one; ``timeout`` is in seconds.
    """

    path: str = ""
    argv: tuple[str, ...] = ()
    bounded: bool = False
    stamped: bool = False
    rotated: bool = False
    patterns: tuple[str, ...] = ()
    levels: tuple[str, ...] = LEVELS
    since: datetime | None = None
    until: datetime | None = None
    tail: int | None = None
    signatures: int = 0
    known_since: datetime | None = None
    zone: str = "UTC"
    max_bytes: int = 8192 * MEBIBYTE
    timeout: float = 45.0
    allow: tuple[str, ...] = ()
    cwd: str | None = None

    @property
    def host(self) -> str:
        """This machine, or the program."""
        return f"the program {self.argv[0]}" if self.argv else "this machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSignature:
    """Error lines that differ only in numbers, ids, quoted texts and paths: how many, and the latest one.

    ``known`` tells whether there were such lines before the window, None when the log does not reach back that far.
    """

    text: str
    count: int
    example: str = field(repr=False)
    known: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAnswer:
    """``matches`` and ``examples`` (the latest 5 lines each) by pattern; ``levels`` counts lines by level.

    ``signatures`` are the most frequent errors of ``distinct`` ones. ``truncated`` means that the log is longer than
    what was read, ``dated`` that timestamps were understood, ``reaches_back`` that there were lines before ``since``.
    ``parts`` names the files that were read.
    """

    path: str
    lines: int
    levels: tuple[tuple[str, int], ...]
    matches: tuple[tuple[str, int], ...]
    examples: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), repr=False)
    signatures: tuple[LogSignature, ...] = field(default=(), repr=False)
    distinct: int = 0
    unknown: int = 0
    truncated: bool = False
    dated: bool = True
    reaches_back: bool = False
    parts: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    at: datetime | None = None
