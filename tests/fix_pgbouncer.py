"""A real PgBouncer in transaction mode, before an embedded PostgreSQL, with few server connections that all share."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from pytest_deploycheck.embedded.programs import account, give

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.embedded.postgres import EmbeddedPostgres

SETTINGS = """
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = extra_float_digits
"""


@contextmanager
def pgbouncer(server: EmbeddedPostgres) -> Iterator[int]:
    """Give the port of a pooler before the server; skip where it is not installed."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="deploycheck-pgbouncer-"))
    (folder / "users.txt").write_text(f'"postgres" "{server.password}"\n')
    (folder / "settings.ini").write_text(SETTINGS.format(server=server.port, port=port, folder=folder))
    for path in (folder, *folder.iterdir()):
        give(path)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, str(folder / "settings.ini")], stdout=log, stderr=log, **account())
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                psycopg.connect(
                    f"postgresql://postgres:{server.password}@127.0.0.1:{port}/postgres", connect_timeout=2
                ).close()
                break
            except psycopg.OperationalError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise AssertionError((folder / "log").read_text()) from None
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)
