"""Declared backups: what is old, small, missing, broken or does not come back is found; dumps are pg_dump's own."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from subprocess import run
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_deploycheck.asks import BackupFile, BackupList, BackupToolAsk
from pytest_deploycheck.embedded.programs import tool
from pytest_deploycheck.errors import CheckFailedError, InconclusiveError, LoginRefusedError, NoDataError
from pytest_deploycheck.pgpack.fingerprint import differences, fingerprint, parse_fingerprint
from pytest_deploycheck.plugin.backing import Backups
from pytest_deploycheck.plugin.judging import FindingError
from pytest_deploycheck.settings.backups import Backup
from pytest_deploycheck.sources.postgres import PostgresSource
from pytest_deploycheck.sources.registry import build_sources
from tests.fix_pack import execute, scalar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_deploycheck.embedded.postgres import EmbeddedPostgres

HOUR: Final = 3600
SCHEMA: Final = """
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE parents (id int PRIMARY KEY, m mood NOT NULL, j json, f float8);
CREATE TABLE children (id int, p int REFERENCES parents);
CREATE TABLE parted (id int, part int) PARTITION BY LIST (part);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE "Odd ""na me" ("x%(y)s" text);
CREATE TABLE without_columns ();
INSERT INTO parents SELECT g, 'good', '{"a": 1}', g / 3.0 FROM generate_series(1, 500) g;
INSERT INTO children SELECT g, 1 + g % 500 FROM generate_series(1, 2000) g;
INSERT INTO parted SELECT g, 1 FROM generate_series(1, 10) g;
INSERT INTO "Odd ""na me" VALUES ('ü'), (NULL);
ALTER TABLE parents ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON parents TO backup_app USING (true);
GRANT SELECT ON parents TO backup_app
"""


class Box:
    """A folder with backups, and what looks at it."""

    def __init__(self, root: Path) -> None:
        """Begin with an empty folder."""
        self.root = root
        self.sources = build_sources()
        run_: Any = SimpleNamespace(
            settings=SimpleNamespace(root=root),
            observatory=SimpleNamespace(observe_now=lambda ask: self.sources[type(ask)].observe(ask)),
            now=datetime.now(UTC),
        )
        self.backups = Backups(run_)

    def file(self, name: str, *, size: int = 100, hours: float = 1) -> Path:
        """Write a file of some size and age."""
        path = self.root / name
        path.write_bytes(b"[" + b"1," * size + b"1]")
        self.aged(path, hours)
        return path

    @staticmethod
    def aged(path: Path, hours: float) -> None:
        """Give a file an age."""
        at = time.time() - hours * HOUR
        os.utime(path, (at, at))

    @staticmethod
    def entry(**keys: Any) -> Backup:
        """Return a declared backup in that folder."""
        return Backup.model_validate({"id": "db", "folder": ".", "pattern": "db-*"} | keys)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """Give an empty folder of backups."""
    return Box(tmp_path)


def test_age(box: Box) -> None:
    """The newest one's age counts; none at all has failed."""
    with pytest.raises(CheckFailedError, match="no backup matches"):
        box.backups.age(box.entry())
    box.file("db-old", hours=60)
    box.file("db-new", hours=30)
    box.file("other", hours=1)
    found = box.backups.age(box.entry())
    assert (30.0, "s", "db-new") == (round(float(found.value or 0) / HOUR, 1), found.unit, found.note)


def test_size(box: Box) -> None:
    """The newest is compared with the one before; a first one, or one that is nothing, proves nothing."""
    path = box.file("db-1", size=1000, hours=24)
    with pytest.raises(NoDataError, match="to compare with"):
        box.backups.size(box.entry())
    box.file("db-2", size=400)
    assert 40.0 == round(float(box.backups.size(box.entry()).value or 0))
    with pytest.raises(CheckFailedError, match="less than"):
        box.backups.size(box.entry(min_size="1MiB"))
    path.write_bytes(b"")
    with pytest.raises(CheckFailedError, match="has 0 bytes"):
        box.backups.size(box.entry(pattern="db-1"))


def test_components(box: Box) -> None:
    """Each component has to be there, fresh, not empty and whole."""
    entry = box.entry(components={"export": "export-*.json", "config": "config-*", "keys": "keys-*", "more": "more"})
    box.file("export-1.json", hours=1)
    box.file("config-1", hours=60)
    (box.root / "keys-1").write_bytes(b"")
    (box.root / "more").write_bytes(b'[{"cut": ')
    with pytest.raises(CheckFailedError) as caught:
        box.backups.require_components(entry)
    told = str(caught.value).split("; ")
    assert ["config: config-1 is 60h old", "keys: keys-1 is empty"] == told[:2]
    assert "no whole JSON" in told[2]
    box.backups.require_components(box.entry(components={"export": "export-*.json"}))


def test_retention(box: Box) -> None:
    """Too few is worse than too old; what is right is quiet."""
    box.file("db-1", hours=24 * 40)
    box.file("db-2")
    box.backups.require_retention(box.entry(keep=2, retention="60d"))
    for keys, said in (({"keep": 3}, "instead of 3"), ({"retention": "30d"}, "1 backups are older than 30d")):
        with pytest.raises(FindingError, match=said):
            box.backups.require_retention(box.entry(**keys))


def test_second_place(box: Box) -> None:
    """The newest has to lie there, too, and in full."""
    (box.root / "far").mkdir()
    box.file("db-1")
    entry = box.entry(second="far")
    with pytest.raises(CheckFailedError, match="does not hold db-1"):
        box.backups.require_second_copy(entry)
    copy = box.file("far/db-1", size=50)
    with pytest.raises(CheckFailedError, match="bytes instead of"):
        box.backups.require_second_copy(entry)
    copy.write_bytes((box.root / "db-1").read_bytes())
    box.backups.require_second_copy(entry)


@pytest.mark.parametrize(
    ("span", "hit"), [("02:00-04:00", True), ("03:00-04:00", False), ("23:00-03:00", True), ("22:00-02:30", False)]
)
def test_windows(box: Box, span: str, *, hit: bool) -> None:
    """A backup that was finished within a window to avoid is told, across midnight, too."""
    path = box.file("db-1")
    at = datetime(2026, 1, 5, 2, 30, tzinfo=UTC).timestamp()
    os.utime(path, (at, at))
    if not hit:
        box.backups.require_time(box.entry(avoid=[span]))
        return
    with pytest.raises(FindingError, match="02:30 UTC"):
        box.backups.require_time(box.entry(avoid=[span]))


def test_a_tool_that_reports_a_problem(box: Box) -> None:
    """What a tool itself calls wrong has failed, however fresh."""
    listing = BackupList(
        files=(BackupFile(name="x", bytes=1, at=datetime.now(UTC)),), place="pgbackrest main", problem="status 2: no"
    )
    box.sources[BackupToolAsk] = SimpleNamespace(observe=lambda _ask: listing)
    with pytest.raises(CheckFailedError, match="status 2"):
        box.backups.age(box.entry(folder=None, tool={"program": "pgbackrest", "name": "main"}))


@pytest.fixture
def dumped(box: Box, database: str) -> Iterator[tuple[Box, str]]:
    """Give a database with a dump of it and the fingerprint beside."""
    execute(database, "DROP ROLE IF EXISTS backup_app", "CREATE ROLE backup_app", SCHEMA)
    dump(database, box.root / "db-1.dump")
    keep(database, box.root / "db-1.dump.fingerprint.json")
    yield box, database
    execute(database, "DROP OWNED BY backup_app", "DROP ROLE backup_app")


def dump(dsn: str, path: Path, form: str = "c") -> None:
    """Let pg_dump write a backup."""
    run([tool("pg_dump"), "-F", form, "-f", str(path), dsn], check=True, capture_output=True)


def keep(dsn: str, path: Path) -> None:
    """Write the fingerprint."""
    source = PostgresSource()
    path.write_text(fingerprint(source, dsn).as_json())
    source.close()


def restoring(**keys: Any) -> Backup:
    """Return a declared backup that is restored."""
    return Box.entry(pattern="db-1.*[!n]", restore=True, **keys)


def test_a_backup_that_comes_back(dumped: tuple[Box, str], pack_server: EmbeddedPostgres) -> None:
    """Rows of every kind come back the same, in a server of its own and in one that is named, which is left clean."""
    box, _ = dumped
    assert 2512 == box.backups.restored(restoring()).value
    before = scalar(pack_server.dsn, "SELECT count(*) FROM pg_database")
    assert 2512 == box.backups.restored(restoring(restore_dsn=pack_server.dsn)).value
    assert before == scalar(pack_server.dsn, "SELECT count(*) FROM pg_database")


@pytest.mark.parametrize("form", ["p", "t"])
def test_other_forms_come_back(dumped: tuple[Box, str], pack_server: EmbeddedPostgres, form: str) -> None:
    """Plain SQL and tar are restored, too."""
    box, database = dumped
    (box.root / "db-1.dump").unlink()
    dump(database, box.root / "db-1.dump", form)
    assert 2512 == box.backups.restored(restoring(restore_dsn=pack_server.dsn)).value


def test_a_backup_that_differs(dumped: tuple[Box, str], pack_server: EmbeddedPostgres) -> None:
    """Changed contents, missing rows and missing tables are told; so is a dump of another database."""
    box, database = dumped
    entry = restoring(restore_dsn=pack_server.dsn)
    execute(
        database, "UPDATE parents SET m = 'bad' WHERE id = 7", "DELETE FROM children WHERE id = 9", "DROP TABLE parted"
    )
    dump(database, box.root / "db-1.dump")
    with pytest.raises(CheckFailedError) as caught:
        box.backups.restored(entry)
    said = str(caught.value)
    assert "public.children has 1999 rows instead of 2000" in said
    assert "public.parents has other contents in its 500 rows" in said
    assert "public.parted_1 is missing" in said
    name = database.rpartition("/")[2]
    with pytest.raises(CheckFailedError, match=f"is of the database '{name}', not 'shop'"):
        box.backups.require_whole(restoring(database="shop"))


def test_a_backup_with_orphans(dumped: tuple[Box, str], pack_server: EmbeddedPostgres) -> None:
    """A key that points nowhere stops the restore, as it would in need."""
    box, database = dumped
    execute(database, "SET session_replication_role = replica; DELETE FROM parents WHERE id = 7")
    dump(database, box.root / "db-1.dump")
    with pytest.raises(CheckFailedError, match=r"cannot be restored.*children_p_fkey"):
        box.backups.restored(restoring(restore_dsn=pack_server.dsn))


def test_a_broken_backup(dumped: tuple[Box, str], pack_server: EmbeddedPostgres) -> None:
    """A cut archive is found by reading it, and does not come back."""
    box, _ = dumped
    path = box.root / "db-1.dump"
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(CheckFailedError, match="cannot be read to its end"):
        box.backups.require_whole(restoring())
    with pytest.raises(CheckFailedError, match="cannot be restored"):
        box.backups.restored(restoring(restore_dsn=pack_server.dsn))


def test_nothing_to_compare_with(dumped: tuple[Box, str], pack_server: EmbeddedPostgres) -> None:
    """A restore alone is no proof."""
    box, _ = dumped
    (box.root / "db-1.dump.fingerprint.json").unlink()
    with pytest.raises(NoDataError, match="deploycheck backup fingerprint"):
        box.backups.restored(restoring(restore_dsn=pack_server.dsn))


def test_a_scratch_server_that_refuses(dumped: tuple[Box, str], pack_server: EmbeddedPostgres) -> None:
    """A wrong password is ours, not the backup's; no password is shown."""
    box, _ = dumped
    wrong = pack_server.dsn_for("postgres", password="wrong-pass-77")
    with pytest.raises(LoginRefusedError) as caught:
        box.backups.restored(restoring(restore_dsn=wrong))
    assert "wrong-pass-77" not in str(caught.value)


def test_commands_of_psql_are_refused(dumped: tuple[Box, str], pack_server: EmbeddedPostgres) -> None:
    """Plain SQL that would start a program on this machine is not run; rows that look like it are."""
    box, database = dumped
    execute(database, 'INSERT INTO "Odd ""na me" VALUES (E\'\\\\! id\')')
    dump(database, box.root / "db-1.dump", "p")
    keep(database, box.root / "db-1.dump.fingerprint.json")
    entry = restoring(restore_dsn=pack_server.dsn)
    assert 2513 == box.backups.restored(entry).value
    with (box.root / "db-1.dump").open("ab") as file:
        file.write(b"\n\\! touch /tmp/never\n")
    with pytest.raises(InconclusiveError, match="command of psql"):
        box.backups.restored(entry)


def test_differences_between_major_versions() -> None:
    """Across major versions rows are counted, hashes are not compared."""
    kept = parse_fingerprint('{"major": 17, "tables": {"a": {"rows": 1, "hash": "5"}, "b": {"rows": 2, "hash": "6"}}}')
    found = parse_fingerprint('{"major": 18, "tables": {"a": {"rows": 1, "hash": "9"}, "b": {"rows": 3, "hash": "6"}}}')
    assert ("b has 3 rows instead of 2",) == differences(kept, found)
