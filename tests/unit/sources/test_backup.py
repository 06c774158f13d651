"""Backups as files: what a folder holds, and whether one is whole; the archives are pg_dump's own."""

from __future__ import annotations

import gzip
import os
import tarfile
from subprocess import run
from typing import TYPE_CHECKING, Final

import pytest

from pytest_deploycheck.asks import BackupListAsk, BackupStructure, BackupStructureAsk
from pytest_deploycheck.embedded.programs import tool
from pytest_deploycheck.errors import InconclusiveError, QueryError
from pytest_deploycheck.sources import backup_structure
from pytest_deploycheck.sources.backup import BackupListSource
from pytest_deploycheck.sources.backup_structure import BackupStructureSource

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.embedded.postgres import EmbeddedPostgres

FORMS: Final = {
    "custom": ("c", "custom archive of pg_dump"),
    "directory": ("d", "directory archive of pg_dump"),
    "tar": ("t", "tar archive of pg_dump"),
    "plain": ("p", "plain SQL of pg_dump"),
}


def dump(server: EmbeddedPostgres, target: Path, form: str, *more: str) -> Path:
    """Let pg_dump write a backup of the database ``postgres``."""
    run([tool("pg_dump"), "-F", form, "-f", str(target), *more, server.dsn], check=True, capture_output=True)
    return target


def structure(path: Path) -> BackupStructure:
    """Return what the source says of a file."""
    source = BackupStructureSource()
    try:
        return source.observe(BackupStructureAsk(path=str(path), timeout=30))
    finally:
        source.close()


@pytest.mark.parametrize("name", FORMS)
def test_a_whole_dump(server: EmbeddedPostgres, tmp_path: Path, name: str) -> None:
    """Each form of pg_dump is known and whole."""
    form, kind = FORMS[name]
    found = structure(dump(server, tmp_path / "dump", form))
    assert (kind, None) == (found.kind, found.problem)
    assert ("postgres", True) == (found.database or "postgres", found.tables is None or found.tables > 2)


@pytest.mark.parametrize("name", ["custom", "tar", "plain"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_dump_that_was_cut(server: EmbeddedPostgres, tmp_path: Path, name: str, kept: float) -> None:
    """A file that ends too early is told, whatever its form."""
    path = dump(server, tmp_path / "dump", FORMS[name][0])
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    assert structure(path).problem is not None


def test_flipped_bytes(server: EmbeddedPostgres, tmp_path: Path) -> None:
    """A flipped byte in compressed data is told."""
    path = dump(server, tmp_path / "dump", "c")
    whole = bytearray(path.read_bytes())
    blocks = bytes(whole).split(b"\x78\x9c")
    longest = max(blocks[1:], key=len)
    whole[bytes(whole).index(longest) + len(longest) // 2] ^= 0xFF
    path.write_bytes(whole)
    assert structure(path).problem is not None


def test_a_dump_without_rows(server: EmbeddedPostgres, tmp_path: Path) -> None:
    """A schema alone is no backup."""
    assert "it holds no rows of any table" == structure(dump(server, tmp_path / "dump", "c", "--schema-only")).problem


def test_a_program_that_is_missing(server: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pg_restore nobody knows, and what to install is said."""
    path = dump(server, tmp_path / "dump", "c")
    monkeypatch.setattr(backup_structure, "tool", lambda name: f"no-such-{name}")
    with pytest.raises(InconclusiveError, match="Install"):
        structure(path)


def test_text_in_gzip(server: EmbeddedPostgres, tmp_path: Path) -> None:
    """Compressed SQL is inflated to its checksum, and has to end as a dump ends."""
    sql = dump(server, tmp_path / "plain", "p").read_bytes()
    path = tmp_path / "dump.sql.gz"
    path.write_bytes(gzip.compress(sql))
    assert ("plain SQL of pg_dump in gzip", None) == (structure(path).kind, structure(path).problem)
    path.write_bytes(gzip.compress(sql)[:-200])
    assert "inflated" in (structure(path).problem or "")
    path.write_bytes(gzip.compress(sql[: len(sql) // 2]))
    assert "does not end" in (structure(path).problem or "")
    path.write_bytes(gzip.compress(b""))
    assert "empty" in (structure(path).problem or "")


OTHERS: Final = {
    "nothing": (b"", "the file is empty"),
    "JSON": (b'[{"a": 1}]\n', None),
    "many lines of JSON": (b'{"a": 1}\n{"a": 2}\n', None),
    "indented JSON": (b'{\n "a": 1\n}\n', None),
    "cut JSON": (b'[{"a": 1}, {"a"', "it is no whole JSON"),
    "a cut line": (b'{"a": 1}\n{"a": ', "line 2 is no JSON"),
    "empty JSON": (b"[]", "it holds nothing"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_files(tmp_path: Path, name: str) -> None:
    """Exports are read, too."""
    content, problem = OTHERS[name]
    path = tmp_path / "export"
    path.write_bytes(content)
    found = structure(path).problem
    assert found is None if problem is None else (found or "").startswith(problem)


def test_configuration_in_a_tar(tmp_path: Path) -> None:
    """A tar of other files is read to its end."""
    (tmp_path / "app.toml").write_text("a = 1")
    path = tmp_path / "config.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(tmp_path / "app.toml")
    assert None is structure(path).problem


def test_a_form_that_nobody_knows(tmp_path: Path) -> None:
    """What cannot be read is not called good."""
    (tmp_path / "x").write_bytes(b"\x28\xb5\x2f\xfd rest")
    with pytest.raises(InconclusiveError, match="is not known"):
        structure(tmp_path / "x")
    with pytest.raises(QueryError, match="no backup"):
        structure(tmp_path / "y")


def test_a_folder(tmp_path: Path) -> None:
    """The newest comes first; folders count with all that is in them; a folder that is not there is an error."""
    for age, name in enumerate(("c.dump", "a.dump", "other.txt")):
        (tmp_path / name).write_bytes(b"x" * (age + 1))
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    (tmp_path / "dir.dump").mkdir()
    (tmp_path / "dir.dump" / "toc.dat").write_bytes(b"12345")
    source = BackupListSource()
    found = source.observe(BackupListAsk(folder=str(tmp_path), pattern="*.dump"))
    assert [("dir.dump", 5), ("c.dump", 1), ("a.dump", 2)] == [(file.name, file.bytes) for file in found.files]
    with pytest.raises(QueryError, match="there is no folder"):
        source.observe(BackupListAsk(folder=str(tmp_path / "gone"), pattern="*"))
