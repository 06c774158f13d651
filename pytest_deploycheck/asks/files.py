"""Questions about files of this machine: when one was changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAsk:
    """When a file was last changed."""

    path: str

    @property
    def host(self) -> str:
        """This machine."""
        return "this machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAnswer:
    """When the file was changed; None when there is no such file."""

    path: str
    changed: datetime | None
    at: datetime
