"""pgBackRest and Barman: their listings as documented, through real programs that print them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_deploycheck.asks import BackupToolAsk
from pytest_deploycheck.errors import BadAnswerError, CommandError, InconclusiveError, QueryError
from pytest_deploycheck.sources.backup_tools import BackupToolSource

if TYPE_CHECKING:
    from pathlib import Path


def backup(label: str, stop: int, *, error: bool = False) -> dict[str, Any]:
    """Return an entry of ``pgbackrest info --output=json``."""
    return {
        "label": label,
        "type": "full",
        "error": error,
        "timestamp": {"start": stop - 60, "stop": stop},
        "info": {"size": 31_000_000, "delta": 31_000_000, "repository": {"size": 3_000_000, "delta": 3_000_000}},
    }


def stanza(*backups: dict[str, Any], code: int = 0, message: str = "ok") -> list[dict[str, Any]]:
    """Return what pgBackRest says of a stanza."""
    return [{"name": "main", "status": {"code": code, "message": message}, "backup": list(backups), "cipher": "none"}]


DONE: Final = {
    "backup_id": "20260102T020000",
    "backup_type": "rsync",
    "end_time_timestamp": "1767319200",
    "end_time": "Fri Jan  2 02:00:00 2026",
    "size_bytes": 1000,
    "status": "DONE",
    "retention_status": "-",
}


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give what makes the tools print a text and end with a code."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def say(program: str, text: str, code: int = 0) -> BackupToolAsk:
        (tmp_path / "answer").write_text(text)
        path = tmp_path / program
        path.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncat {tmp_path}/answer\nexit {code}\n')
        path.chmod(0o755)
        return BackupToolAsk(tool=program, name="main", timeout=5)

    return say


def observe(ask: BackupToolAsk) -> Any:
    """Ask once."""
    source = BackupToolSource()
    try:
        return source.observe(ask)
    finally:
        source.close()


def test_pgbackrest(said: Any, tmp_path: Path) -> None:
    """Backups come with label, size and end; the stanza is named in the question."""
    answer = stanza(backup("20260101-020000F", 1_767_232_860), backup("20260102-020000F", 1_767_319_260))
    found = observe(said("pgbackrest", json.dumps(answer)))
    assert (None, ["20260102-020000F", "20260101-020000F"]) == (found.problem, [file.name for file in found.files])
    assert "info --output=json --stanza=main" == (tmp_path / "asked").read_text().strip()


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (stanza(code=2, message="no valid backups"), "status 2: no valid backups"),
        (stanza(backup("20260101-020000F", 1_767_232_860, error=True)), "page checksum errors in 20260101-020000F"),
    ],
)
def test_pgbackrest_is_not_content(said: Any, answer: Any, problem: str) -> None:
    """What pgBackRest itself calls wrong is handed on."""
    assert problem == observe(said("pgbackrest", json.dumps(answer))).problem


def test_barman(said: Any, tmp_path: Path) -> None:
    """Finished backups count; a newest one that failed is a problem."""
    failed = {"backup_id": "20260103T020000", "status": "FAILED"}
    found = observe(said("barman", json.dumps({"main": [failed, DONE]})))
    assert (1, "the newest backup 20260103T020000 failed") == (len(found.files), found.problem)
    assert None is observe(said("barman", json.dumps({"main": [DONE]}))).problem
    assert "--format json list-backups main" == (tmp_path / "asked").read_text().strip()


def test_wrong_answers(said: Any) -> None:
    """No program, no stanza, an error, garbage: each told as what it is."""
    with pytest.raises(InconclusiveError, match="Install barman"):
        observe(BackupToolAsk(tool="barman", name="main"))
    for program, answer in (("pgbackrest", "[]"), ("barman", "{}")):
        with pytest.raises(QueryError, match="knows no"):
            observe(said(program, answer))
        with pytest.raises(BadAnswerError, match="something else"):
            observe(said(program, '{"main": [{"x": 1}]}' if program == "barman" else '[{"name": "main"}]'))
        with pytest.raises(CommandError, match="exit code 3"):
            observe(said(program, "", 3))
