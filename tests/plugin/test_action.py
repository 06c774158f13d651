"""The GitHub action, executed step by step as the runner does: inputs, expressions, files, outputs, conditions."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

ACTION = Path(__file__).resolve().parents[2] / "action.yml"
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass
class Runner:
    """As much of GitHub's runner as a composite action needs."""

    project: Project
    inputs: dict[str, str] = field(default_factory=dict)
    event: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    results: dict[str, int] = field(default_factory=dict)
    log: str = ""
    summary: str = ""

    def run(self) -> int:
        """Run the steps until one fails, and return the exit code of the job."""
        action = yaml.safe_load(ACTION.read_text())
        declared = {name: str(each.get("default", "")) for name, each in action["inputs"].items()}
        self.inputs = {**{name: self.filled(text) for name, text in declared.items()}, **self.inputs}
        for step in action["runs"]["steps"]:
            if not self.holds(step.get("if", "true")):
                continue
            code = self.step(step)
            self.results[step["name"]] = code
            if code and not step.get("continue-on-error"):
                return code
        return 0

    def step(self, step: dict[str, Any]) -> int:
        """Run one step in bash as GitHub does: with -e and pipefail, and the files for its outputs and summary."""
        folder = self.project.path / ".runner"
        folder.mkdir(exist_ok=True)
        files = {name: folder / f"{name}-{len(self.results)}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.touch()
        (folder / "event.json").write_text(json.dumps(self.event))
        (folder / "step.sh").write_text(step["run"])
        environ = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "COLUMNS": "200",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ACTION.parent),
            "GITHUB_EVENT_NAME": "deployment_status" if self.event else "workflow_dispatch",
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_API_URL": self.project.service.url,
            "GITHUB_REPOSITORY": "acme/shop",
            **{name: str(path) for name, path in files.items()},
            **{name: self.filled(str(text)) for name, text in step.get("env", {}).items()},
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(folder / "step.sh")],
            cwd=self.project.path / self.filled(step.get("working-directory", ".")),
            env=environ,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        self.log += done.stdout + done.stderr
        self.outputs[step.get("id", step["name"])] = read_outputs(files["GITHUB_OUTPUT"].read_text())
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        return done.returncode

    def filled(self, text: str) -> str:
        """Fill the expressions of a text."""
        return EXPRESSION.sub(lambda match: str(self.value(match[1]) or ""), text)

    def value(self, expression: str) -> Any:
        """Return what a dotted name means; the action uses nothing else outside its conditions."""
        node: Any = {
            "inputs": self.inputs,
            "github": {"token": "ghs_runner", "event": self.event},
            "steps": {name: {"outputs": found} for name, found in self.outputs.items()},
        }
        for part in expression.split("."):
            node = node.get(part) if isinstance(node, dict) else None
        return node

    def holds(self, condition: str) -> bool:
        """Tell whether all parts of a condition hold."""
        return all(self._part(part.strip()) for part in condition.split("&&"))

    def _part(self, part: str) -> bool:
        name, operator, text = re.fullmatch(r"([\w.-]+)(?: (==|!=) '(.*)')?", part).groups()  # type: ignore[union-attr]
        found = name == "true" or self.value(name)
        return bool(found) if operator is None else ((found or "") == text) is (operator == "==")


def read_outputs(text: str) -> dict[str, str]:
    """Read ``$GITHUB_OUTPUT``: ``name=value`` lines and ``name<<END`` blocks; the last one of a name counts."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, separator, end = line.partition("<<")
        if separator and "=" not in name:
            found[name] = "\n".join(iter(lambda end=end: next(lines, end), end))  # type: ignore[misc]
        else:
            name, _, found_text = line.partition("=")
            found[name] = found_text
    return found


@pytest.fixture
def runner(project: Project, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """A job in a checkout with settings; nothing is installed, the package is there already."""
    stand_in = project.path / "pip-stand-in"
    stand_in.mkdir()
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    return Runner(project, inputs={"install": "pip"})


STATUS = {
    "deployment": {"id": 77, "sha": "f95f852bd8fc", "environment": "production", "payload": {"version": "2"}},
    "deployment_status": {"state": "success", "environment": "production", "created_at": "2026-03-01T11:55:00Z"},
}


def test_a_good_deployment(runner: Runner) -> None:
    """The gate passes; summary, outputs and the deployment's status say so; the event named the deployment."""
    runner.event = STATUS
    runner.inputs |= {"deployment-status": "true"}
    runner.project.service.answers["/repos/acme/shop/deployments/77/statuses"] = (201, "{}")
    assert 0 == runner.run(), runner.log
    assert ("PASS", "0") == (runner.outputs["check"]["decision"], runner.outputs["check"]["exit-code"])
    assert Path(runner.outputs["check"]["report-path"]).is_file()
    assert "::notice title=PASS%3A service 2 (github-77) in production::" in runner.log
    assert "## PASS: service 2" in runner.summary
    assert ("POST", "/repos/acme/shop/deployments/77/statuses") in [each[:2] for each in runner.project.service.asked]


def test_a_bad_deployment(runner: Runner) -> None:
    """The gate fails with the verdict's exit code, after everything has been told; no status without being asked."""
    runner.project.service.answers["/health"] = (500, "{}")
    runner.inputs |= {"deploy-id": "r-1"}
    assert 20 == runner.run(), runner.log
    assert ("ROLLBACK", "20") == (runner.outputs["check"]["decision"], runner.outputs["check"]["exit-code"])
    assert "::error title=ROLLBACK%3A" in runner.log
    assert {"Install": 0, "Check": 0, "Gate": 20} == runner.results


def test_only_a_report(runner: Runner) -> None:
    """With gate = false the job goes on whatever the verdict is."""
    runner.project.service.answers["/health"] = (500, "{}")
    runner.inputs |= {"gate": "false"}
    assert 0 == runner.run(), runner.log
    assert "ROLLBACK" == runner.outputs["check"]["decision"]


def test_a_run_that_cannot_start(runner: Runner) -> None:
    """Wrong settings are no PASS: the decision is INCONCLUSIVE and the code pytest's."""
    runner.project.settings("[nonsense]\n")
    assert 4 == runner.run()
    assert {"decision": "INCONCLUSIVE", "report-path": "", "exit-code": "4"} == runner.outputs["check"]


@pytest.mark.parametrize("text", ["$(touch owned)", "`touch owned`", "; touch owned", '"; touch owned; "', "a\nb"])
def test_inputs_stay_texts(runner: Runner, text: str) -> None:
    """Whatever an input holds, it reaches pytest as one argument and never the shell."""
    runner.inputs |= {"deploy-id": text, "arguments": "--deploy-plan\n-k\nnothing at all"}
    runner.run()
    assert not (runner.project.path / "owned").exists()


def test_a_status_that_is_refused_changes_nothing(runner: Runner) -> None:
    """The gate decides by the verdict, not by GitHub's mood."""
    runner.event = STATUS
    runner.inputs |= {"deployment-status": "true"}
    runner.project.service.answers["/repos/acme/shop/deployments/77/statuses"] = (403, "{}")
    assert 0 == runner.run(), runner.log
    assert 4 == runner.results["Deployment status"]
    assert "ghs_runner" not in runner.log
