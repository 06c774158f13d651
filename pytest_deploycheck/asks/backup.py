"""Questions about backups and their answers: which there are, and whether one can be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFile:
    """One backup: its name (a path below the folder), size in bytes, and when it was finished."""

    name: str
    bytes: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupListAsk:
    """Which files (or folders, as pg_dump -Fd writes them) of a folder match a glob."""

    folder: str
    pattern: str

    @property
    def host(self) -> str:
        """This machine."""
        return "this machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupToolAsk:
    """Which backups a tool knows: ``tool`` is pgbackrest or barman, ``name`` the stanza or server."""

    tool: str
    name: str
    timeout: float = 30.0

    @property
    def host(self) -> str:
        """This machine."""
        return "this machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupStoreAsk:
    """Which objects of a bucket (S3, or what speaks like it) match a glob after a prefix."""

    endpoint: str
    bucket: str
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    prefix: str = ""
    pattern: str = "*"
    timeout: float = 10.0

    @property
    def host(self) -> str:
        """The bucket's address."""
        return self.endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupList:
    """Backups, the newest first; ``place`` says where, ``problem`` what the tool itself calls wrong."""

    files: tuple[BackupFile, ...]
    place: str
    problem: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupStructureAsk:
    """Whether a file is a whole backup; all of it is read, nothing is written."""

    path: str
    timeout: float = 600.0

    @property
    def host(self) -> str:
        """This machine."""
        return "this machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupStructure:
    """What a file is: ``kind`` in words, ``database`` and number of ``tables`` with data where the file tells.

    ``problem`` is what is broken in it, None when nothing is.
    """

    kind: str
    problem: str | None = None
    database: str | None = None
    tables: int | None = None
    seconds: float = 0.0
