"""Whether a backup is whole, as far as its own form tells; answers :class:`BackupStructureAsk`.

An archive of pg_dump is read by ``pg_restore -f /dev/null`` from end to end: ``--list`` is content with one that was
cut in half. Compressed text is inflated to its checksum, plain SQL has to end as pg_dump ends it. A flipped byte in
data that is not compressed still passes here; only a restore with a comparison proves a backup.
"""

from __future__ import annotations

import gzip
import json
import re
import tarfile
import time
import zlib
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import BackupStructure, BackupStructureAsk
from pytest_deploycheck.embedded.programs import tool
from pytest_deploycheck.errors import CommandError, InconclusiveError, MissingAccessError, QueryError
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.process import Command, Processes

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK: Final = 1 << 20
_TAIL: Final = 4096
_HEAD: Final = 4096
_MOST_JSON: Final = 512 << 20
_MOST_LISTED: Final = 64 << 20
_END: Final = re.compile(rb"-- PostgreSQL database(?: cluster)? dump complete\s*(?:--\s*)?(?:\\unrestrict \S+\s*)?$")
_DATABASE: Final = re.compile(r"^;\s+dbname: (.*)$", re.MULTILINE)
_DATA: Final = re.compile(r"^\d+; \d+ \d+ TABLE DATA ", re.MULTILINE)
_TAR_AT: Final = 257


class BackupStructureSource:
    """Reads backups from end to end."""

    ask_type: type = BackupStructureAsk

    def __init__(self) -> None:
        """Read nothing yet."""
        self._processes = Processes()

    def observe(self, ask: BackupStructureAsk) -> BackupStructure:
        """Return what the file is and what is broken in it.

        Raises:
            QueryError: there is no such file.
            MissingAccessError: it may not be read.
            InconclusiveError: the form is not known, or the program that reads it is missing or too old.
        """
        started = time.monotonic()
        path = Path(ask.path)
        try:
            found = self._read(path, ask.timeout)
        except FileNotFoundError:
            raise QueryError(f"there is no backup {printable(str(path))}") from None
        except PermissionError:
            raise MissingAccessError(
                f"the backup {printable(str(path))} may not be read", "Let this account read it"
            ) from None
        return BackupStructure(
            kind=found.kind,
            problem=found.problem,
            database=found.database,
            tables=found.tables,
            seconds=time.monotonic() - started,
        )

    def close(self) -> None:
        """End what still runs."""
        self._processes.close()

    def _read(self, path: Path, timeout: float) -> BackupStructure:
        if path.is_dir():
            return self._archive(path, timeout, "directory archive of pg_dump")
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if not head:
            return BackupStructure(kind="empty file", problem="the file is empty")
        if head.startswith(b"PGDMP"):
            return self._archive(path, timeout, "custom archive of pg_dump")
        if head[_TAR_AT:].startswith(b"ustar"):
            return self._tar(path, timeout)
        form = next((form for matches, form in _FORMS if matches(head)), None)
        if form is None:
            raise InconclusiveError(
                f"the form of {printable(path.name)} is not known",
                "Known are archives of pg_dump, plain SQL, JSON, tar and gzip; set structure = false for others",
            )
        return form(path)

    def _tar(self, path: Path, timeout: float) -> BackupStructure:
        try:
            with tarfile.open(path) as archive:
                members = list(archive)
        except tarfile.TarError as error:
            return BackupStructure(kind="tar archive", problem=f"it cannot be read to its end ({error})")
        if any(member.offset_data + member.size > path.stat().st_size for member in members):
            return BackupStructure(kind="tar archive", problem="it ends in the middle of a file")
        if any(member.name == "toc.dat" for member in members):
            return self._archive(path, timeout, "tar archive of pg_dump")
        return BackupStructure(kind="tar archive", problem=None if members else "the archive holds nothing")

    def _archive(self, path: Path, timeout: float, kind: str) -> BackupStructure:
        program = tool("pg_restore")
        try:
            listed = self._processes.run(
                Command(argv=(program, "--list", str(path)), timeout=timeout), max_bytes=_MOST_LISTED
            )
            read = self._processes.run(
                Command(argv=(program, "--file=/dev/null", str(path)), timeout=timeout), max_bytes=_HEAD
            )
        except CommandError as error:
            raise InconclusiveError(error.message, error.hint) from None
        for done in (listed, read):
            words = done.words()
            if "unsupported version" in words:
                raise InconclusiveError(f"{program} is older than the archive: {words}", "Install a newer pg_restore")
            if done.code:
                return BackupStructure(kind=kind, problem=f"it cannot be read to its end: {words}")
        text = listed.stdout.decode("utf-8", "replace")
        name = _DATABASE.search(text)
        tables = len(_DATA.findall(text))
        return BackupStructure(
            kind=kind,
            database=name[1].strip() if name else None,
            tables=tables,
            problem=None if tables else "it holds no rows of any table",
        )


def _gzip(path: Path) -> BackupStructure:
    """Inflate all of it, which compares its checksum, and look at what is inside."""
    head, tail = b"", b""
    try:
        with gzip.open(path) as file:
            while chunk := file.read(_CHUNK):
                head = head or chunk[:_HEAD]
                tail = (tail + chunk)[-_TAIL:]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        return BackupStructure(kind="gzip", problem=f"it cannot be inflated to its end ({error})")
    if not head:
        return BackupStructure(kind="gzip", problem="the file inside is empty")
    if _is_sql(head):
        return _sql_ends("plain SQL of pg_dump in gzip", tail)
    return BackupStructure(kind="gzip")


def _sql(path: Path) -> BackupStructure:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        return _sql_ends("plain SQL of pg_dump", file.read())


def _sql_ends(kind: str, tail: bytes) -> BackupStructure:
    whole = _END.search(tail.rstrip(b"-\n\r ") + b"\n")
    return BackupStructure(kind=kind, problem=None if whole else "it does not end as pg_dump ends a whole dump")


def _json(path: Path) -> BackupStructure:
    if path.stat().st_size > _MOST_JSON:
        raise InconclusiveError(f"{printable(path.name)} is too large to be read as JSON", "Split the export")
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        return BackupStructure(kind="JSON", problem=f"it is no whole JSON ({error})")
    return BackupStructure(kind="JSON", problem=None if value else "it holds nothing")


def _lines(path: Path) -> BackupStructure:
    """Read JSON lines; the first broken one is told."""
    with suppress(ValueError), path.open("rb") as file:
        if not isinstance(json.loads(next(islice(file, 1))), dict):
            return _json(path)
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                json.loads(line)
            except (ValueError, RecursionError):
                return (
                    _json(path)
                    if number == 1
                    else BackupStructure(kind="JSON lines", problem=f"line {number} is no JSON")
                )
    return BackupStructure(kind="JSON lines")


def _is_sql(head: bytes) -> bool:
    return b"-- PostgreSQL database" in head


_FORMS: Final[tuple[tuple[Callable[[bytes], bool], Callable[[Path], BackupStructure]], ...]] = (
    (lambda head: head.startswith(b"\x1f\x8b"), _gzip),
    (_is_sql, _sql),
    (lambda head: head.lstrip()[:1] in {b"[", b"{"}, _lines),
)
