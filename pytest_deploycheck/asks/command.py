"""Questions to a program of this machine, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_deploycheck.asks.base import MEBIBYTE

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAsk:
    """A program with its arguments, started without a shell; it sees no variables but the usual ones and ``allow``.

    Other exit codes than ``exit_codes`` are an error; empty accepts any.
    """

    argv: tuple[str, ...] = field(repr=False)
    timeout: float = 10.0
    max_bytes: int = MEBIBYTE
    allow: tuple[str, ...] = ()
    cwd: str | None = None
    exit_codes: tuple[int, ...] = (0,)

    @property
    def host(self) -> str:
        """This machine."""
        return "this machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAnswer:
    """How a program ended: exit code, what it wrote to stdout, seconds. ``target`` is its name without arguments."""

    code: int
    output: bytes = field(repr=False)
    seconds: float
    target: str
    at: datetime | None = None
