"""A history that is missing, damaged, locked, unreachable or newer: one clear error, and no secret in it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.errors import HistoryError
from pytest_deploycheck.history import open_history
from pytest_deploycheck.history.schema import SCHEMA_VERSION, bring_up_to_date, version_of
from tests.fix_history import DEPLOYMENT, NOW, keep, record, seen
from tests.fix_postgres import silent_server

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from pytest_deploycheck.history import History


@pytest.mark.parametrize(
    "text",
    ["mysql://a:geheim42@b/c", "nonsense", "sqlite://", "sqlite:///", "postgresql+asyncpg://a:geheim42@b/c", "://"],
)
def test_an_address_that_is_none(text: str) -> None:
    """It is told what an address looks like, without the password that stood in it."""
    with pytest.raises(HistoryError) as told:
        open_history(text)
    assert "sqlite:///path" in str(told.value)
    assert "geheim42" not in str(told.value)


@pytest.mark.parametrize("content", [b"this is no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_file(tmp_path: Path, content: bytes) -> None:
    """A file that is no database is named, with what to do."""
    path = tmp_path / "history.sqlite"
    path.write_bytes(content)
    with pytest.raises(HistoryError, match=r"history\.sqlite .*Move the file away"):
        open_history(path)


def test_a_torn_file(tmp_path: Path) -> None:
    """A file that lost its second half is damaged, whoever reads on."""
    path = tmp_path / "history.sqlite"
    with open_history(path) as history:
        keep(history, record(1), *(seen(n, after=n) for n in range(3000)))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(HistoryError, match="damaged"), open_history(path) as history:
        history.series("m", environment="production")


def test_a_locked_file(tmp_path: Path) -> None:
    """Who holds the file for longer than the timeout is waited for no longer."""
    path = tmp_path / "history.sqlite"
    with open_history(path, timeout=0.1) as history:
        other = sqlite3.connect(path)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(HistoryError, match="locked by another process"):
            history.begin_run(DEPLOYMENT, "daily", 1, NOW)
        other.close()
        history.begin_run(DEPLOYMENT, "daily", 1, NOW)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    """A place that cannot be written is told."""
    (tmp_path / "file").write_text("")
    with pytest.raises(HistoryError, match="another"):
        open_history(tmp_path / "file" / "history.sqlite")
    (tmp_path / "folder").mkdir()
    with pytest.raises(HistoryError, match="opened"):
        open_history(tmp_path / "folder")


def test_a_server_that_is_not_there() -> None:
    """The address is told without its password."""
    with pytest.raises(HistoryError) as told:
        open_history("postgresql://app:geheim42@127.0.0.1:1/deploys", timeout=1)
    assert "127.0.0.1/deploys cannot be reached" in str(told.value)
    assert "geheim42" not in str(told.value)


def test_a_server_that_is_silent() -> None:
    """One that accepts and never answers is given up."""
    with silent_server() as port, pytest.raises(HistoryError, match="cannot be reached"):
        open_history(f"postgresql://app@127.0.0.1:{port}/deploys", timeout=1)


def test_a_newer_schema(history: History, place: str) -> None:
    """A history of a later version is not touched."""
    with history._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE deploycheck_meta SET value = '99'")
    with pytest.raises(HistoryError, match=r"schema 99.*Update"):
        open_history(place)


def test_a_schema_is_migrated(history: History) -> None:
    """Every step between two versions runs once, in order, in one transaction with the new version."""
    done: list[int] = []

    def step(number: int) -> object:
        def run(connection: Connection) -> None:
            connection.exec_driver_sql(f"CREATE TABLE step_{number} (id INTEGER)")
            done.append(number)

        return run

    steps = {number: step(number) for number in (SCHEMA_VERSION, SCHEMA_VERSION + 1)}
    for _ in range(2):
        with history._engine.begin() as connection:
            bring_up_to_date(connection, version=SCHEMA_VERSION + 2, steps=steps)  # type: ignore[arg-type]
            assert SCHEMA_VERSION + 2 == version_of(connection)
    assert [SCHEMA_VERSION, SCHEMA_VERSION + 1] == done
    with pytest.raises(HistoryError, match="no way leads"), history._engine.begin() as connection:
        bring_up_to_date(connection, version=SCHEMA_VERSION + 3, steps={})


def test_a_damaged_block(history: History) -> None:
    """A packed block that cannot be read is damage, not an empty series."""
    keep(history, record(1), *(seen(n, after=n) for n in range(600)))
    history.compact(1)
    with history._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE deploycheck_blocks SET data = substr(data, 1, 40)")
    with pytest.raises(HistoryError, match="damaged"):
        history.series("m", environment="production")


def test_a_damaged_record(history: History) -> None:
    """A record that cannot be read is damage, not a run without checks."""
    run = keep(history, record(1))
    with history._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE deploycheck_records SET data = substr(data, 1, 20)")
    with pytest.raises(HistoryError, match="damaged"):
        history.record(run)
