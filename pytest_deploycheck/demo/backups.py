"""The demo's backups: a dump with its fingerprint, an export and the configuration; made before the traffic begins."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Final

import psycopg

from pytest_deploycheck.embedded.programs import tool
from pytest_deploycheck.errors import NoAnswerError
from pytest_deploycheck.pgpack.fingerprint import fingerprint
from pytest_deploycheck.sources.postgres import PostgresSource

if TYPE_CHECKING:
    from pathlib import Path

FRESH: Final = 2 * 3600.0
STALE: Final = 72 * 3600.0
_DAY: Final = 24 * 3600.0
_SECONDS: Final = 60.0


class DemoBackups:
    """A folder of backups whose age a fault can change."""

    def __init__(self, folder: Path) -> None:
        """Remember the folder."""
        self.folder = folder

    def make(self, dsn: str) -> None:
        """Write today's backup and yesterday's, which is its twin.

        Raises:
            NoAnswerError: pg_dump failed.
        """
        self.folder.mkdir()
        today, yesterday = (self.folder / f"db-backup-{name}.dump" for name in ("2", "1"))
        done = subprocess.run(  # noqa: S603  # a fixed program with a DSN of our own
            [tool("pg_dump"), "--format=custom", f"--file={today}", dsn],
            check=False,
            capture_output=True,
            timeout=_SECONDS,
        )
        if done.returncode:
            raise NoAnswerError(f"pg_dump of the demo failed: {done.stderr.decode('utf-8', 'replace')[-200:]}")
        shutil.copyfile(today, yesterday)
        source = PostgresSource()
        (self.folder / f"{today.name}.fingerprint.json").write_text(fingerprint(source, dsn).as_json(), "utf-8")
        source.close()
        with psycopg.connect(dsn) as connection:
            rows = connection.execute("SELECT id, tenant_id, name FROM customers ORDER BY id LIMIT 100").fetchall()
        (self.folder / "export-2.json").write_text(json.dumps(rows), "utf-8")
        (self.folder / "config-2.json").write_text(json.dumps({"pool": 6, "version": 1}), "utf-8")
        self.let_be(FRESH)

    def let_be(self, age: float) -> None:
        """Let the newest files be so many seconds old, yesterday's a day older."""
        for path in self.folder.iterdir():
            at = time.time() - age - (_DAY if "-1." in path.name else 0)
            os.utime(path, (at, at))
