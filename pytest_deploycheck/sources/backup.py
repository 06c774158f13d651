"""Backups in a folder of this machine: names, sizes and times; answers :class:`BackupListAsk`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import BackupFile, BackupList, BackupListAsk
from pytest_deploycheck.errors import MissingAccessError, QueryError
from pytest_deploycheck.redact import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST: Final = 10_000


class BackupListSource:
    """Looks into folders."""

    ask_type: type = BackupListAsk

    def observe(self, ask: BackupListAsk) -> BackupList:
        """Return what matches, the newest first.

        Raises:
            QueryError: there is no such folder.
            MissingAccessError: it may not be read.
        """
        folder = Path(ask.folder)
        place = printable(str(folder))
        if not folder.is_dir():
            raise QueryError(f"there is no folder {place}", "Correct the folder, or mount it")
        try:
            next(folder.iterdir(), None)  # a glob would hide that it may not be read
            files = sorted(_found(folder, ask.pattern), key=lambda file: (file.at, file.name), reverse=True)
        except PermissionError:
            raise MissingAccessError(f"the folder {place} may not be read", "Let this account read it") from None
        return BackupList(files=tuple(files[:MOST]), place=place, at=datetime.now(UTC))

    def close(self) -> None:
        """Nothing is kept."""


def _found(folder: Path, pattern: str) -> Iterator[BackupFile]:
    """Yield what matches; a file that goes away meanwhile is none."""
    for path in folder.glob(pattern):
        try:
            stat = path.stat()
            size = sum(part.stat().st_size for part in path.iterdir()) if path.is_dir() else stat.st_size
        except FileNotFoundError:
            continue
        yield BackupFile(
            name=path.relative_to(folder).as_posix(), bytes=size, at=datetime.fromtimestamp(stat.st_mtime, UTC)
        )
