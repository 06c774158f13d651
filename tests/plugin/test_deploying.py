"""Which deployment a run is about, as the command line, a command and the platforms tell it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

EVENT: dict[str, dict[str, object]] = {
    "deployment": {
        "id": 77,
        "sha": "f95f852bd8fc",
        "ref": "main",
        "environment": "Production",
        "payload": {"version": "2"},
    },
    "deployment_status": {"state": "success", "environment": "Production", "created_at": "2026-03-01T11:55:00Z"},
}


def event(project: Project, monkeypatch: pytest.MonkeyPatch, content: object = EVENT) -> None:
    """Let the run believe that it runs in a workflow which this event started."""
    path = project.path / "event.json"
    path.write_text(json.dumps(content), "utf-8")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "deployment_status")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(path))


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_the_event_names_the_deployment(
    project: Project, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    """Id, version, commit and time of the event are those of the report, under pytest-xdist too."""
    event(project, monkeypatch)
    found = project.run(*workers).record["deployment"]
    assert {
        "id": "github-77",
        "version": "2",
        "commit": "f95f852bd8fc",
        "deployed_at": "2026-03-01T11:55:00Z",
        "environment": "production",
        "previous": None,
        "explicit": True,
        "deployed_at_known": True,
    } == found


def test_the_plan_shows_where_each_value_comes_from(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that somebody gave wins, and what the event says instead is named."""
    event(project, monkeypatch)
    monkeypatch.setenv("DEPLOYCHECK_DEPLOY_COMMIT", "f95f852")
    done = project.run("--deploy-plan", "--deploy-version=3")
    assert 0 == done.code
    for line in (
        "id          github-77  (GitHub deployment_status event: deployment.id)",
        "version     3  (--deploy-version)",
        "commit      f95f852  (DEPLOYCHECK_DEPLOY_COMMIT)",
    ):
        assert line in done.out
    assert 0 == project.service.counts.total()
    ran = project.run("--deploy-version=3")
    said = (
        "version: 3 (--deploy-version) is used, but GitHub deployment_status event: deployment.payload.version says 2"
    )
    assert [said] == ran.record["run"]["notes"]


def test_an_unknown_environment_stops_the_run(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checking another environment than the deployed one would prove nothing; switched off, the event is not read."""
    event(project, monkeypatch, {"deployment": {**EVENT["deployment"], "environment": "Preview\x1b[2J"}})
    monkeypatch.setenv("GITHUB_EVENT_NAME", "deployment")
    done = project.run()
    assert 4 == done.code
    assert "GitHub deployment event: deployment.environment: unknown environment" in done.shown
    assert "\x1b[2J" not in done.shown
    project.settings("[deployment]\ndetect = false\n")
    assert "production-unnamed-" in project.run().record["deployment"]["id"]


def test_the_environment_of_the_event_is_chosen(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event says where it was deployed to, and that is where the run looks."""
    project.settings('[[environment]]\nname = "staging"\nbase_url = "http://127.0.0.1:9"\n')
    event(project, monkeypatch, {"deployment": {**EVENT["deployment"], "environment": "Staging"}})
    monkeypatch.setenv("GITHUB_EVENT_NAME", "deployment")
    record = project.run().record
    assert ("staging", "http://127.0.0.1:9") == (record["deployment"]["environment"], record["target"])


def test_a_hostile_event_is_one_clear_error(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback, exit code 4, the variable is named."""
    event(project, monkeypatch, ["nonsense"])
    done = project.run()
    assert 4 == done.code
    assert "environment: GITHUB_EVENT_PATH: the event is no object" in done.shown
    assert "Traceback" not in done.shown


def test_a_time_that_is_none(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A time of the event that is no time is told with the place where it stands."""
    wrong = {**EVENT, "deployment_status": {"created_at": "yesterday"}}
    event(project, monkeypatch, wrong)
    done = project.run()
    assert 4 == done.code
    assert "deployment_status.created_at: not a time with a time zone" in done.shown


def program(path: Path, text: str) -> str:
    """Return the settings of a command that prints a text: a stand-in for kubectl."""
    script = path / "kubectl"
    script.write_text(f"#!{sys.executable}\n{text}\n", "utf-8")
    script.chmod(0o755)
    return f'[deployment]\ncommand = ["{script}", "get", "deployment", "shop", "--output", "json"]\ntimeout = "20s"\n'


def test_kubernetes(project: Project) -> None:
    """The annotations of the deployment name it."""
    found = {"kind": "Deployment", "metadata": {"name": "shop", "annotations": {"deploycheck/version": "2.4.0"}}}
    found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "31"  # type: ignore[index]  # a table in a table
    project.settings(program(project.path, f"print({json.dumps(json.dumps(found))})"))
    deployment = project.run().record["deployment"]
    assert ("kubernetes-default-shop-31", "2.4.0") == (deployment["id"], deployment["version"])


def test_a_command_that_fails(project: Project) -> None:
    """What it said is told once, without the secret in it, and nothing is measured."""
    failing = "import sys\nsys.exit('error: token=hunter2hunter2 is not valid')"
    project.settings(program(project.path, failing))
    done = project.run()
    assert 4 == done.code
    assert "deployment.command: kubectl ended with exit code 1: error: token=*** is not valid" in done.shown
    assert "hunter2" not in done.shown + done.written


def test_latest(project: Project) -> None:
    """A scheduler that knows nothing of deployments goes on with the one of the run before."""
    refused = project.run("--deploy-id=latest")
    assert 4 == refused.code
    assert "there is no earlier run" in refused.shown
    project.run("--deploy-id=r-1", "--deployed-at=2026-03-01T11:00:00Z", "--deploy-commit=abc1234")
    later = project.run("--deploy-id=latest", phase="daily").record["deployment"]
    assert ("r-1", "2026-03-01T11:00:00Z", "abc1234") == (later["id"], later["deployed_at"], later["commit"])


@pytest.mark.parametrize("option", ["--deploy-id", "--deploy-version"])
def test_a_secret_names_no_deployment(project: Project, option: str) -> None:
    """It would be shown in every folder and report: refused before anything is written, and not repeated."""
    project.settings("", service='bearer = "Xy7-hidden-Qw9"')
    done = project.run(f"{option}=release-Xy7-hidden-Qw9")
    assert 4 == done.code
    assert f"{option}: it holds a secret" in done.shown
    assert "Xy7-hidden-Qw9" not in done.shown
    assert not project.reports.exists()
