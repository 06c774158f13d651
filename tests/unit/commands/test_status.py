"""``deploycheck status``: the board of a deployment from the history alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.cli import main
from pytest_deploycheck.history import open_history
from tests.fix_history import DEPLOYMENT, keep, record, seen

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = '[service]\nname = "shop"\nbase_url = "http://user:hunter2secret@127.0.0.1:8000"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings and a history of two deployments."""
    (tmp_path / "deploycheck.toml").write_text(SETTINGS)
    with open_history(tmp_path / "reports" / "history.sqlite", service="shop") as history:
        for tick, status in enumerate(("PASS", "FAIL"), start=1):
            keep(history, record(tick, checks={"good": "PASS", "other": status}), seen(tick, check="other"))
        keep(history, record(9, deployment=replace(DEPLOYMENT, id="r2", deployed_at=DEPLOYMENT.deployed_at)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def test_shows_the_newest_deployment(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without an id it is the deployment of the newest run; no password is shown."""
    del folder
    assert 0 == main(["status"])
    out = capsys.readouterr().out
    assert out.startswith(" PASS  shop 1.2 (r2) in production")
    assert "hunter2secret" not in out
    assert "\x1b" not in out


def test_shows_one_deployment(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The id chooses; the JSON holds what the screen shows."""
    del folder
    assert 0 == main(["status", "--deploy-id", "r1", "--json"])
    board = json.loads(capsys.readouterr().out)
    assert ("r1", 1, 2) == (board["deployment"]["id"], board["schema_version"], len(board["looks"]))
    levels = {row["check"]: row["level"] for panel in board["panels"] for row in panel["rows"]}
    assert {"good": "ok", "other": "critical"} == levels


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--deploy-id", "r3"], "knows no run of r3 in production"),
        (["--deploy-history", "sqlite:///nowhere.sqlite"], "there is no history at"),
    ],
)
def test_nothing_to_show(folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    """It says what is missing and what to do, and its exit code is that of wrong usage."""
    del folder
    assert 4 == main(["status", *arguments])
    err = capsys.readouterr().err
    assert message in err
    assert "Run pytest --deploy-phase" in err
