"""Questions about logs and their answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_deploycheck.asks.base import MEBIBYTE

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAsk:
    """Lines of a log file: how many match each pattern, and how many there are of each level.

    ``since`` leaves out lines with an older timestamp; at most ``max_bytes`` from the end are read.
    """

    path: str
    patterns: tuple[str, ...] = ()
    since: datetime | None = None
    max_bytes: int = 64 * MEBIBYTE

    @property
    def host(self) -> str:
        """This machine."""
        return "this machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAnswer:
    """``matches`` and ``examples`` (at most 5 lines each) by pattern; ``levels`` counts lines by upper-case level."""

    path: str
    lines: int
    levels: tuple[tuple[str, int], ...]
    matches: tuple[tuple[str, int], ...]
    examples: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), repr=False)
    truncated: bool = False
    at: datetime | None = None
