"""The commands about alerts, incidents and rosters, as somebody types them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.alerting import notifier_of
from pytest_deploycheck.cli import main
from pytest_deploycheck.model import CheckResult, Deployment, RunInfo, RunRecord, Verdict
from pytest_deploycheck.settings.load import load_settings
from pytest_deploycheck.status import Decision, Impact, Severity, Status
from tests.fix_http import Server
from tests.fix_messages import bodies, saying

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """
[service]
name = "shop"
base_url = "http://127.0.0.1:1"
[[channel]]
id = "file"
type = "log"
path = "alerts.jsonl"
"""
ROSTER = """
[[contact]]
id = "ana"
name = "Ana \\u001b[31m"
phone = "+49 30 1"
[[roster]]
id = "first"
people = ["ana"]
start = "2026-03-02T09:00:00Z"
[[roster]]
id = "second"
shifts = [
  { start = "2026-03-02T09:00:00Z", end = "2026-03-03T09:00:00Z", who = ["ana"] },
  { start = "2026-03-04T09:00:00Z", end = "2026-03-05T09:00:00Z", who = ["ana"] },
]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deploycheck.toml").write_text(SETTINGS)
    return tmp_path


def broken(folder: Path) -> None:
    """Finish a run that opens an incident."""
    settings = load_settings(None, cwd=folder, environ={})
    check = CheckResult(
        id="c", nodeid="c", title="C", severity=Severity.CRITICAL, impact=Impact.DATA, status=Status.FAIL
    )
    record = RunRecord(
        deployment=Deployment(id="d", deployed_at=datetime.now(UTC)),
        phase="first-hour",
        tick=1,
        verdict=Verdict(decision=Decision.WATCH, exit_code=12, rule="r", summary="orders fail"),
        checks=(check,),
        service="shop",
        run=RunInfo(tool_version="1", started_at=datetime.now(UTC)),
    )
    notifier_of(settings, folder / "reports", redact=lambda text: text).after_run(record)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run a command, and return its exit code and what it printed."""
    code = main(arguments)
    found = capsys.readouterr()
    return code, found.out + found.err


def told_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """Run a command with --json and return its answer."""
    return json.loads(told(capsys, *arguments, "--json")[1])


def test_a_test_message(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``alert test`` goes through every channel, and leaves nothing open."""
    assert (0, "file: sent\n") == told(capsys, "alert", "test")
    assert "test" == json.loads((folder / "alerts.jsonl").read_text())["event"]
    assert (0, "no alert stands, and none was told\n") == told(capsys, "alert", "list")


def test_a_test_message_that_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A channel that refuses is told with exit code 1; nobody stands in for it."""
    with Server(saying({"error": "no_service"}, "404 Not Found")) as server:
        hook = f'[[channel]]\nid = "hook"\ntype = "webhook"\nfallback = "file"\nurl = "{server.url}/s3cret"\n'
        (folder / "deploycheck.toml").write_text(SETTINGS + hook)
        found = told(capsys, "alert", "test", "hook")
    assert ((1, "hook: failed: it answered HTTP 404 (no_service)\n"), "test") == (found, bodies(server)[0]["event"])


def test_no_such_channel(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong name is a usage error that knows the right one."""
    code, text = told(capsys, "alert", "test", "fil")
    assert (4, True, folder) == (code, "Did you mean file?" in text, folder)


def test_an_incident_from_ack_to_close(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What stands is listed; acknowledging is told; a note and the end are kept."""
    assert (0, "no incident so far\n") == told(capsys, "incident", "list")
    broken(folder)
    assert "open: [critical] since" in told(capsys, "alert", "list")[1]
    assert ["c"] == told_json(capsys, "alert", "list")["open"][0]["checks"]
    code, text = told(capsys, "incident", "ack", "--by", "Ana", "--commander", "Ben")
    assert (0, True, True) == (code, "acknowledged by Ana" in text, "file: sent" in text)
    told(capsys, "incident", "note", "found \x1b[31mit", "--by", "Ana", "--status", "IDENTIFIED")
    shown = told(capsys, "incident", "show")[1]
    assert ("\x1b" in shown, "found \\x1b[31mit" in shown, "commander: Ben" in shown) == (False, True, True)
    assert 0 == told(capsys, "incident", "close", "--by", "Ana", "--note", "mended")[0]
    listed = told_json(capsys, "incident", "list")
    assert ("RESOLVED", "Ana", True) == (
        listed["incidents"][0]["status"],
        listed["incidents"][0]["closed_by"],
        listed["mean_minutes_to_resolve"] is not None,
    )
    assert ["opened", "acknowledged"] == [
        json.loads(line)["event"] for line in (folder / "alerts.jsonl").read_text().splitlines()
    ]


@pytest.mark.parametrize("action", [("ack",), ("note", "x"), ("close",), ("show",), ("show", "INC-1")])
def test_no_incident(folder: Path, capsys: pytest.CaptureFixture[str], action: tuple[str, ...]) -> None:
    """Without an incident there is nothing to change: one sentence, exit code 4."""
    code, text = told(capsys, "incident", *action)
    assert (4, True, folder) == (code, "incident" in text.partition(".")[0], folder)


def test_who_is_on_call(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names and numbers of all rosters; exit code 1 when one has nobody."""
    (folder / "deploycheck.toml").write_text(SETTINGS + ROSTER)
    at = ("--at", "2026-03-03T12:00:00Z")
    assert (1, "first: primary Ana \\x1b[31m (+49 30 1), until 2026-03-09 09:00 UTC\nsecond: nobody\n") == told(
        capsys, "roster", "who", *at
    )
    assert "ana" == told_json(capsys, "roster", "who", "first", *at)["first"]["who"][0]["id"]
    assert 4 == told(capsys, "roster", "who", "third")[0]
    assert 4 == told(capsys, "roster", "who", "--at", "noon")[0]


def test_holes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``roster check`` names the gap, with exit code 1; without one it says so."""
    assert (0, "rosters and maintenance have no holes\n") == told(capsys, "roster", "check")
    (folder / "deploycheck.toml").write_text(SETTINGS + ROSTER)
    assert (1, "roster second: nobody from 2026-03-03 09:00 to 2026-03-04 09:00 UTC\n") == told(
        capsys, "roster", "check"
    )
