"""Records as files: where each one lies, written whole, appended, copied, packed and cleaned up."""

from __future__ import annotations

import gzip
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import RecordsError
from pytest_deploycheck.records.catalogue import kind_of
from pytest_deploycheck.records.rendering.registry import ENDINGS, FORMATS
from pytest_deploycheck.reporting.layout import safe_component, write_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_deploycheck.records.model import Report
    from pytest_deploycheck.settings.records import Records

FOLDERS: Final = ("monitoring", "metrics", "integrity", "analysis", "reports")
ARCHIVE: Final = "archive"
_PACKED: Final = ".gz"
_OURS: Final = frozenset({".txt", ".md", ".html", ".json", ".log", ".gz"})


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a clean-up packed, deleted and left because it is protected."""

    packed: tuple[Path, ...] = ()
    deleted: tuple[Path, ...] = ()
    protected: tuple[Path, ...] = ()


def prepare(root: Path) -> None:
    """Make the folders of the records.

    Raises:
        RecordsError: one cannot be made or written to.
    """
    for name in FOLDERS:
        folder = root / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(folder, error.strerror) from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise _unwritable(folder, "permission denied")


def _unwritable(folder: Path, why: str | None) -> RecordsError:
    return RecordsError(
        f"the folder of records {folder} cannot be written ({why})",
        f"Give another [records] dir, or: sudo mkdir -p {folder} && sudo chown -R $USER {folder.parent}",
    )


def path_of(report: Report, root: Path, form: str) -> Path:
    """Return where a report lies below the folder of records."""
    kind = kind_of(report.name)
    at = (report.until or report.made_at).astimezone(UTC)
    place = kind.file.format(
        stamp=f"{at:%Y%m%d-%H%M%S}",
        date=f"{at:%Y%m%d}",
        service=safe_component(report.service),
        deployment=safe_component(report.deployment or "none"),
    )
    ending = "log" if kind.appended and form == "text" else ENDINGS[form]
    stamped = f"{place}-{at:%H%M%S}" if kind.appended and form != "text" else place
    return root / f"{stamped}.{ending}"


def write(report: Report, root: Path, form: str, records: Records, *, redact: Callable[[str], str] = str) -> Path:
    """Write a report in a format, and its copy when it is protected and copies are wanted; return its path.

    Raises:
        RecordsError: it cannot be written.
    """
    prepare(root)
    path = path_of(report, root, form)
    text = redact(FORMATS[form](report))
    if path.suffix == ".log":
        _append(path, text)
    else:
        _whole(path, text)
    if records.copies is not None and report.name in records.protect:
        copies = root.parent / records.copies
        _whole(copies / path.name, text)
    return path


def _whole(path: Path, text: str) -> None:
    written = write_texts({path.name: text}, path.parent)
    if written.problems:
        raise RecordsError(written.problems[0], "Give another [records] dir, or make the folder writable")


def _append(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o644)
        with os.fdopen(handle, "ab") as file:
            file.write((text + "\n").encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise RecordsError(f"{path} cannot be written ({error.strerror})", "Make the folder writable") from None


def clean(root: Path, records: Records, now: datetime, *, dry_run: bool = False) -> Cleaned:
    """Pack records older than ``archive_after`` and delete those older than ``keep``; protected ones stay for ever.

    Only files that look like records, in the folders of records, are touched.
    """
    packed, deleted, protected = [], [], []
    for path in _files(root):
        age = (now - datetime.fromtimestamp(path.stat().st_mtime, UTC)).total_seconds()
        if age > records.keep:
            if path.name.startswith(records.protect):
                protected.append(path)
                continue
            deleted.append(path)
            if not dry_run:
                path.unlink(missing_ok=True)
        elif records.archive_after is not None and age > records.archive_after and path.suffix != _PACKED:
            packed.append(path)
            if not dry_run:
                _pack(path, root / ARCHIVE / path.parent.name)
    return Cleaned(tuple(packed), tuple(deleted), tuple(protected))


def _files(root: Path) -> Iterator[Path]:
    for name in (*FOLDERS, *(f"{ARCHIVE}/{name}" for name in FOLDERS)):
        folder = root / name
        if folder.is_dir() and not folder.is_symlink():
            yield from sorted(
                path for path in folder.iterdir() if path.is_file() and not path.is_symlink() and path.suffix in _OURS
            )


def _pack(path: Path, folder: Path) -> None:
    """Pack one file; it is deleted only when the packed one is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{path.name}{_PACKED}"
    draft = folder / f".{path.name}{_PACKED}.draft"
    try:
        with path.open("rb") as source, gzip.open(draft, "wb") as packed:
            shutil.copyfileobj(source, packed)
        shutil.copystat(path, draft)
        draft.replace(target)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise RecordsError(f"{path} cannot be packed ({error.strerror})", "Make room, or the folder writable") from None
    path.unlink()
