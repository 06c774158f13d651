"""Every emitted file against the published schema of what will read it, or against the program itself."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from pytest_deploycheck.commands.schedule import _OPTIONS
from pytest_deploycheck.emitting import KINDS, plan_of

ROOT = Path(__file__).resolve().parents[3]
PLAN = plan_of({option: default for option, (default, _) in _OPTIONS.items()})
KUBERNETES = "1.34"


@cache
def schema(name: str) -> dict[str, Any]:
    """Return a schema of SchemaStore or GitLab, as check-jsonschema ships it."""
    text = (files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{name}.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def validate(name: str, text: str) -> dict[str, Any]:
    """Return the YAML after it has passed the schema."""
    found: dict[Any, Any] = yaml.safe_load(text)
    if True in found:  # YAML 1.1 reads the key "on" as a boolean
        found["on"] = found.pop(True)
    jsonschema.validators.validator_for(schema(name))(schema(name)).validate(found)
    return found


def emitted(kind: str) -> dict[str, str]:
    """Return the files of a kind, and see to it that no placeholder is left in them."""
    found = KINDS[kind](PLAN)
    assert [] == [name for name, text in found.items() if re.search("@[A-Z_]+@", text)]
    return found


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.name)
def test_the_workflows_of_the_repository(path: Path) -> None:
    """They keep to GitHub's schema, name their permissions, and every job ends by itself."""
    found = validate("github-workflows", path.read_text())
    assert {"contents": "read"} == found["permissions"]
    assert all("timeout-minutes" in job for job in found["jobs"].values())


def test_the_repository_is_tested_on_every_python_it_promises() -> None:
    """The matrix is what the classifiers say."""
    found = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())
    promised = [
        line.split("::")[-1].strip(' ",')
        for line in (ROOT / "pyproject.toml").read_text().splitlines()
        if "Python :: 3." in line
    ]
    assert promised == found["jobs"]["tests"]["strategy"]["matrix"]["python"]


def test_the_release_needs_no_token() -> None:
    """Publishing asks for an identity, not for a secret."""
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text()
    assert {"id-token": "write"} == yaml.safe_load(text)["jobs"]["publish"]["permissions"]
    assert "secrets." not in text


def test_the_action() -> None:
    """It keeps to GitHub's schema, and no input stands inside a script."""
    found = validate("github-actions", (ROOT / "action.yml").read_text())
    assert {"decision", "exit-code", "report-path"} == set(found["outputs"])
    assert [] == [step["name"] for step in found["runs"]["steps"] if "${{" in step["run"]]


@pytest.mark.parametrize("name", sorted(KINDS["github"](PLAN)))
def test_github(name: str) -> None:
    """The workflows keep to GitHub's schema; what the action is given are inputs that it has."""
    found = validate("github-workflows", emitted("github")[name])
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    (job,) = found["jobs"].values()
    (step,) = [step for step in job["steps"] if step.get("uses") == PLAN.action]
    assert set(step["with"]) <= set(action["inputs"])
    assert [] == [step for step in job["steps"] if "${{" in step.get("run", "")]


def test_the_schedule_chooses_the_phase() -> None:
    """Each cron expression of the schedule leads to its phase."""
    text = emitted("github")[".github/workflows/deploycheck-scheduled.yml"]
    found = yaml.safe_load(text)
    crons = [each["cron"] for each in found[True]["schedule"]]
    (script,) = [step["run"] for step in found["jobs"]["tick"]["steps"] if step.get("id") == "phase"]
    chosen = []
    for cron in [*crons, ""]:
        command = f"GITHUB_OUTPUT=/dev/stdout\n{script}"
        environ = {"SCHEDULE": cron, "ASKED": "first-week" if not cron else "", "PATH": "/usr/bin:/bin"}
        done = subprocess.run(["bash", "-e", "-c", command], env=environ, capture_output=True, text=True, check=True)
        chosen.append(done.stdout.strip())
    assert ["phase=auto", "phase=daily", "phase=weekly", "phase=monthly", "phase=first-week"] == chosen


def test_gitlab() -> None:
    """The jobs keep to GitLab's schema; the gate looks at an environment without deploying to it."""
    found = validate("gitlab-ci", emitted("gitlab")["deploycheck.gitlab-ci.yml"])
    assert {"name": "production", "action": "verify"} == found["deploycheck-gate"]["environment"]


@pytest.mark.skipif(shutil.which("crontab") is None, reason="no crontab on this machine")
def test_cron(tmp_path: Path) -> None:
    """Debian's crontab accepts the file."""
    file = tmp_path / "crontab"
    file.write_text(emitted("cron")["deploycheck.crontab"])
    done = subprocess.run(["crontab", "-n", str(file)], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    file.write_text(file.read_text().replace("*/15", "*/x"))
    assert 0 != subprocess.run(["crontab", "-n", str(file)], capture_output=True, check=False).returncode


def test_a_cron_line_runs_one_at_a_time() -> None:
    """Every line takes the lock; a percent sign would end the command there."""
    lines = [line for line in emitted("cron")["deploycheck.crontab"].splitlines() if "pytest" in line]
    assert ["auto", "daily", "weekly", "monthly"] == [line.split("--deploy-phase=")[1].split()[0] for line in lines]
    assert all("flock" in line and "%" not in line for line in lines)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
def test_systemd(tmp_path: Path) -> None:
    """Systemd itself accepts the units and understands the times."""
    service = tmp_path / "deploycheck@.service"
    found = emitted("systemd")
    service.write_text(found["deploycheck@.service"].replace(PLAN.python, "/bin/true"))
    for name, text in found.items():
        if name.endswith(".timer"):
            (tmp_path / name).write_text(text)
    units = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "" == "\n".join(line for line in done.stderr.splitlines() if "deploycheck" in line)
    for calendar in PLAN.calendars.values():
        subprocess.run(["systemd-analyze", "calendar", calendar], capture_output=True, check=True)


@pytest.mark.parametrize("name", sorted(KINDS["kubernetes"](PLAN)))
def test_kubernetes(name: str) -> None:
    """Every object keeps to the schema of Kubernetes, without unknown keys."""
    objects = list(yaml.safe_load_all(emitted("kubernetes")[name]))
    for found in objects:
        kubernetes_validate.validate(found, KUBERNETES, strict=True)
    assert {"deploycheck-job.yaml": 1, "deploycheck-cronjobs.yaml": 5}[name] == len(objects)


def test_kubernetes_phases() -> None:
    """Each CronJob runs its phase at its time, and never two at once."""
    objects = yaml.safe_load_all(emitted("kubernetes")["deploycheck-cronjobs.yaml"])
    crons = [each["spec"] for each in objects if each["kind"] == "CronJob"]
    found = [
        (each["schedule"], each["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["command"][3])
        for each in crons
    ]
    assert [
        (PLAN.tick, "--deploy-phase=auto"),
        (PLAN.daily, "--deploy-phase=daily"),
        (PLAN.weekly, "--deploy-phase=weekly"),
        (PLAN.monthly, "--deploy-phase=monthly"),
    ] == found
    assert {"Forbid"} == {each["concurrencyPolicy"] for each in crons}


def test_argo_rollouts() -> None:
    """The Job in the first template is one; the second one knows every decision but INCONCLUSIVE, which stays open."""
    job, web = yaml.safe_load_all(emitted("argo-rollouts")["deploycheck-analysis.yaml"])
    spec = job["spec"]["metrics"][0]["provider"]["job"]["spec"]
    whole = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "x"}, "spec": spec}
    kubernetes_validate.validate(whole, KUBERNETES, strict=True)
    assert {"AnalysisTemplate"} == {job["kind"], web["kind"]}
    used = {word for word in ("phase", "deploy-id") if f"{{{{args.{word}}}}}" in json.dumps(spec)}
    assert {arg["name"] for arg in job["spec"]["args"]} == used
    metric = web["spec"]["metrics"][0]
    decisions = (
        json.loads(metric["successCondition"].removeprefix("result in ")),
        json.loads(metric["failureCondition"].removeprefix("result in ")),
    )
    assert {"PASS", "WARN", "WATCH", "HOTFIX", "ROLLBACK", "ROLLBACK_NOW"} == {*decisions[0], *decisions[1]}
    assert "{$.verdict.decision}" == metric["provider"]["web"]["jsonPath"]


def test_flagger() -> None:
    """Each webhook is of a type that Flagger has, and runs through its load tester."""
    found = yaml.safe_load(emitted("flagger")["deploycheck-canary.yaml"])
    hooks = found["spec"]["analysis"]["webhooks"]
    assert ["pre-rollout", "rollout"] == [hook["type"] for hook in hooks]
    assert {"bash"} == {hook["metadata"]["type"] for hook in hooks}
