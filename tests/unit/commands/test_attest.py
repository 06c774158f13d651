"""``deploycheck attest`` from the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.cli import main

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """
[service]
base_url = "http://127.0.0.1:1"
secrets = ["hunter22"]
[[attest]]
id = "sign-off"
question = "Signed off?"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings, in which the command is called."""
    (tmp_path / "deploycheck.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEPLOYCHECK_DEPLOY_ID", raising=False)
    return tmp_path


def written(folder: Path) -> dict[str, str]:
    """Return the newest line of the file."""
    line: dict[str, str] = json.loads((folder / "reports" / "attestations.jsonl").read_text().splitlines()[-1])
    return line


def test_an_answer_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who, what, for which deployment; secrets in a note are not kept."""
    arguments = ["attest", "sign-off", "--by", "Ada", "--deploy-id", "r1", "--note", "with hunter22", "--expires", "2h"]
    assert 0 == main(arguments)
    line = written(folder)
    assert ("sign-off", "Ada", "yes", "r1", "with ***") == tuple(
        line[k] for k in ("id", "by", "answer", "deployment", "note")
    )
    assert abs(datetime.fromisoformat(line["expires"]) - datetime.now(UTC) - timedelta(hours=2)) < timedelta(minutes=1)
    assert "sign-off: yes by Ada, for deployment r1, until" in capsys.readouterr().out


def test_without_a_deployment_it_counts_for_all(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The output says how far the answer reaches."""
    assert 0 == main(["attest", "sign-off", "--by", "Ada", "--answer", "no"])
    assert written(folder)["deployment"] is None
    assert "sign-off: no by Ada, for every deployment" in capsys.readouterr().out


@pytest.mark.parametrize("end", [["--deploy-id", "r1"], ["--expires", "2h"]])
def test_the_verdicts_own_questions(folder: Path, end: list[str]) -> None:
    """They are about one release: the answer names it, or ends."""
    assert 0 == main(["attest", "can-wait", "--by", "Ada", *end])
    assert "can-wait" == written(folder)["id"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["sign-of", "--by", "Ada"], "Did you mean sign-off?"),
        (["sign-off", "--by", "Ada", "--expires", "soon"], "neither a duration nor a time"),
        (["sign-off", "--by", "Ada", "--expires", "2020-01-01T00:00:00Z"], "in the past"),
        (["sign-off", "--by", "Ada", "--deploy-environment", "staging"], "staging"),
        (["sign-off"], "--by"),
        (["fix-within-30-min", "--by", "Ada"], "Add --deploy-id ID"),
        (["sign-off", "--by", "Ada", "--deploy-config", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_mistakes(folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str) -> None:
    """Each mistake is one clear message with exit code 4, and nothing is written."""
    try:
        code = main(["attest", *arguments])
    except SystemExit as stop:
        code = int(str(stop.code))
    assert 4 == code
    assert complaint in capsys.readouterr().err
    assert not (folder / "reports").exists()


def test_the_environment_is_chosen(folder: Path) -> None:
    """Settings that give the address by environment only are complete with --deploy-environment."""
    (folder / "deploycheck.toml").write_text(
        SETTINGS.replace('[service]\nbase_url = "http://127.0.0.1:1"', "[service]")
        + '[[environment]]\nname = "staging"\nbase_url = "http://127.0.0.1:1"\n'
    )
    assert 0 == main(["attest", "sign-off", "--by", "Ada", "--deploy-environment", "staging"])
    assert "sign-off" == written(folder)["id"]
