"""The deployment's status at GitHub, against a stand-in of its API with its documented answers."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.cli import main
from pytest_deploycheck.commands.github import LONGEST, STATES
from pytest_deploycheck.model import Deployment, RunInfo, RunRecord, Verdict
from pytest_deploycheck.status import Decision
from pytest_deploycheck.wire import encode_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "ghs_0123456789abcdef0123456789abcdef0123"


class Github:
    """What was sent, and what is answered."""

    def __init__(self) -> None:
        """Answer 201 until told otherwise."""
        self.status, self.body = 201, '{"id": 1, "state": "success"}'
        self.asked: list[tuple[str, dict[str, str], Any]] = []


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Github]:
    """A workflow that a deployment started, in a folder with reports, before an API on loopback."""
    shown = Github()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            shown.asked.append((self.path, dict(self.headers), body))
            self.send_response(shown.status)
            self.end_headers()
            self.wfile.write(shown.body.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is http.server's
            pass

    event = tmp_path / "event.json"
    event.write_text(json.dumps({"deployment": {"id": 77}, "deployment_status": {"state": "success"}}))
    monkeypatch.chdir(tmp_path)
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        variables = {
            "GITHUB_EVENT_NAME": "deployment_status",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_API_URL": f"http://127.0.0.1:{server.server_address[1]}",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_RUN_ID": "9",
            "GITHUB_TOKEN": TOKEN,
        }
        for name, text in variables.items():
            monkeypatch.setenv(name, text)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield shown
        server.shutdown()
        thread.join()


def report(folder: Path, decision: Decision) -> None:
    """Write the verdict that is to be told."""
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    record = RunRecord(
        deployment=Deployment(id="github-77", deployed_at=noon),
        phase="first-hour",
        tick=1,
        verdict=Verdict(decision=decision, exit_code=0, rule="because " * 40, summary=""),
        checks=(),
        run=RunInfo(tool_version="1", started_at=noon),
    )
    (folder / "reports").mkdir(exist_ok=True)
    (folder / "reports" / "verdict.json").write_text(encode_record(record))


@pytest.mark.parametrize("decision", list(Decision))
def test_every_decision_has_a_state(github: Github, tmp_path: Path, decision: Decision) -> None:
    """The status goes to the event's deployment, with a description that our own workflow knows."""
    report(tmp_path, decision)
    assert 0 == main(["github", "status"])
    ((path, headers, body),) = github.asked
    assert ("/repos/acme/shop/deployments/77/statuses", f"Bearer {TOKEN}") == (path, headers["Authorization"])
    assert (STATES[decision], "https://github.example/acme/shop/actions/runs/9") == (body["state"], body["log_url"])
    assert body["description"].startswith(f"deploycheck: {decision.value}")
    assert len(body["description"]) <= LONGEST


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (403, '{"message": "Resource not accessible by integration"}', "Resource not accessible by integration"),
        (401, f'{{"message": "Bad credentials {TOKEN}"}}', "Bad credentials ***"),
        (422, '{"message": "Validation Failed"}', "422"),
        (500, "<html>\x1b[2J", "500"),
    ],
)
def test_github_does_not_take_it(
    github: Github, tmp_path: Path, capsys: pytest.CaptureFixture[str], status: int, body: str, why: str
) -> None:
    """The answer is told, the token is not."""
    report(tmp_path, Decision.PASS)
    github.status, github.body = status, body
    assert 4 == main(["github", "status"])
    told = capsys.readouterr().err
    assert why in told
    assert TOKEN not in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("name", "why"), [("GITHUB_TOKEN", "GITHUB_TOKEN: is not set"), ("GITHUB_EVENT_NAME", "no deployment started")]
)
@pytest.mark.usefixtures("github")
def test_no_workflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, why: str
) -> None:
    """What is missing is named."""
    report(tmp_path, Decision.PASS)
    monkeypatch.delenv(name)
    assert 4 == main(["github", "status"])
    assert why in capsys.readouterr().err


@pytest.mark.usefixtures("github")
def test_no_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a report there is nothing to tell."""
    assert 4 == main(["github", "status"])
    assert "cannot be read" in capsys.readouterr().err
