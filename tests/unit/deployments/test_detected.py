"""What GitHub, GitLab, Vercel and Railway say, with payloads as they document them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.deployments import detected_environment, detected_values
from pytest_deploycheck.deployments.github import LARGEST_EVENT
from pytest_deploycheck.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

SHA = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"
DEPLOYMENT: dict[str, Any] = {
    "id": 145988746,
    "sha": SHA,
    "ref": "v2.4.0",
    "task": "deploy",
    "payload": {},
    "original_environment": "Production",
    "environment": "Production",
    "description": None,
    "created_at": "2026-03-01T11:50:00Z",
}
STATUS = {"id": 209916254, "state": "success", "environment": "Production", "created_at": "2026-03-01T11:55:00Z"}
VERCEL = {
    "environment": "production",
    "git": {"ref": "main", "sha": SHA, "shortSha": SHA[:7]},
    "id": "dpl_1234567890abcdefghijklmnopqrstuvwxyz",
    "project": {"id": "prj_1", "name": "shop"},
    "state": {"type": "success"},
    "url": "https://shop-abc123.vercel.app",
}


def said(environ: dict[str, str]) -> dict[str, str]:
    """Return the surest value of each field."""
    found: dict[str, str] = {}
    for value in detected_values(environ):
        found.setdefault(value.field, value.text)
    return found


def event(tmp_path: Path, name: str, content: object) -> dict[str, str]:
    """Return the variables of a workflow that an event started."""
    path = tmp_path / "event.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path), "GITHUB_SHA": "head"}


def test_deployment_status(tmp_path: Path) -> None:
    """The event gives everything: the id is the deployment's, the time that of the status, the version the tag."""
    environ = event(tmp_path, "deployment_status", {"deployment": DEPLOYMENT, "deployment_status": STATUS})
    assert {
        "id": "github-145988746",
        "commit": SHA,
        "environment": "Production",
        "version": "v2.4.0",
        "deployed_at": "2026-03-01T11:55:00Z",
    } == said(environ)
    found = detected_environment(environ)
    assert found is not None
    assert ("Production", "GitHub deployment_status event: deployment.environment") == (found.text, found.origin)


@pytest.mark.parametrize(
    "payload", [{"version": "2.4.1", "previous": "2.3.9"}, '{"version": "2.4.1", "previous": "2.3.9"}']
)
def test_the_payload_names_versions(tmp_path: Path, payload: object) -> None:
    """Whoever deployed may say the versions in the payload, as an object or as text; then the ref is not read."""
    deployment = {**DEPLOYMENT, "payload": payload}
    found = said(event(tmp_path, "deployment", {"deployment": deployment}))
    assert ("2.4.1", "2.3.9") == (found["version"], found["previous"])
    assert "deployed_at" not in found


@pytest.mark.parametrize("ref", ["main", "release", "feature/2", SHA, "v2", "shop-2.4.0"])
def test_a_branch_is_no_version(tmp_path: Path, ref: str) -> None:
    """A version is never guessed."""
    assert "version" not in said(event(tmp_path, "deployment", {"deployment": {**DEPLOYMENT, "ref": ref}}))


def test_vercel_dispatch(tmp_path: Path) -> None:
    """Vercel tells GitHub by a dispatch; another dispatch is none of ours."""
    environ = event(tmp_path, "repository_dispatch", {"action": "vercel.deployment.success", "client_payload": VERCEL})
    assert {"id": VERCEL["id"], "environment": "production", "commit": SHA} == said(environ)
    assert {} == said(event(tmp_path, "repository_dispatch", {"action": "other", "client_payload": {"id": 3}}))


@pytest.mark.parametrize(("name", "expected"), [("push", {"commit": "head"}), ("schedule", {}), ("pull_request", {})])
def test_other_events(tmp_path: Path, name: str, expected: dict[str, str]) -> None:
    """A push names its commit; a schedule runs on the newest commit, which need not be the deployed one."""
    assert expected == said(event(tmp_path, name, "not even JSON"))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 200_000, "no JSON"),
        ("[]", "no object"),
        ("{}", "has no deployment"),
        ('{"deployment": []}', "has no deployment"),
        ('{"deployment": {"id": "7; rm -rf /"}}', "id in the event is no id"),
        ('{"deployment": {"id": true}}', "id in the event is no id"),
        ('{"deployment": {"id": 1e400}}', "id in the event is no id"),
        ('{"deployment": {"id": 7, "sha": {"a": 1}}}', "sha in the event is no text"),
        ('{"deployment": {"id": 7}}', "has no deployment_status"),
        ('{"deployment": {"id": 7}, "deployment_status": {"created_at": 5}}', "created_at in the event is no text"),
    ],
)
def test_hostile_events(tmp_path: Path, content: str, why: str) -> None:
    """Whatever the file holds, it is one error that names the variable and what to do."""
    with pytest.raises(SettingsError) as error:
        detected_values(event(tmp_path, "deployment_status", content))
    assert 1 == len(error.value.problems)
    assert ("environment", "GITHUB_EVENT_PATH") == (error.value.problems[0].location, error.value.problems[0].key)
    assert why in str(error.value)
    assert "detect = false" in str(error.value)


def test_events_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, a folder and one without an end are errors, too."""
    environ = event(tmp_path, "deployment", {})
    for path, why in ((tmp_path / "none", "No such file"), (tmp_path, "directory")):
        with pytest.raises(SettingsError, match=why):
            detected_values({**environ, "GITHUB_EVENT_PATH": str(path)})
    with (tmp_path / "large").open("wb") as file:
        file.truncate(LARGEST_EVENT + 1)
    with pytest.raises(SettingsError, match="larger than 32 MiB"):
        detected_values({**environ, "GITHUB_EVENT_PATH": str(tmp_path / "large")})


GITLAB = {
    "GITLAB_CI": "true",
    "CI_PIPELINE_SOURCE": "push",
    "CI_PROJECT_ID": "17893",
    "CI_PIPELINE_ID": "1000",
    "CI_COMMIT_SHA": SHA,
    "CI_COMMIT_TAG": "1.2.3",
    "CI_ENVIRONMENT_NAME": "production",
}


def test_gitlab() -> None:
    """The pipeline is the deployment, in a job with an environment."""
    expected = {"environment": "production", "id": "gitlab-17893-1000", "commit": SHA, "version": "1.2.3"}
    assert expected == said(GITLAB)
    without = {name: text for name, text in GITLAB.items() if name != "CI_ENVIRONMENT_NAME"}
    assert {"commit": SHA, "version": "1.2.3"} == said(without)


def test_a_schedule_of_gitlab_deployed_nothing() -> None:
    """A scheduled pipeline is another one than that which deployed."""
    assert {} == said({**GITLAB, "CI_PIPELINE_SOURCE": "schedule"})


def test_vercel_and_railway() -> None:
    """Both name the deployment that runs."""
    vercel = {
        "VERCEL": "1",
        "VERCEL_DEPLOYMENT_ID": "dpl_7",
        "VERCEL_GIT_COMMIT_SHA": SHA,
        "VERCEL_GIT_PREVIOUS_SHA": "",
        "VERCEL_ENV": "preview",
        "VERCEL_TARGET_ENV": "staging",
    }
    assert {"id": "dpl_7", "commit": SHA, "environment": "staging"} == said(vercel)
    railway = {
        "RAILWAY_PROJECT_ID": "p",
        "RAILWAY_DEPLOYMENT_ID": "d-7",
        "RAILWAY_GIT_COMMIT_SHA": SHA,
        "RAILWAY_ENVIRONMENT_NAME": "production",
    }
    assert {"id": "d-7", "commit": SHA, "environment": "production"} == said(railway)


def test_nothing_is_known_on_a_desk() -> None:
    """Without a platform nothing is made up."""
    assert () == detected_values({"HOME": "/", "CI": "true", "GITHUB_SHA": SHA})
    assert detected_environment({}) is None
