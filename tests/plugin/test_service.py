"""What the service, the environment and an earlier baseline do to a run."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

QUEUE = """
[[metric]]
id = "queue"
source = "http"
path = "/queue"
query = "length"
severity = "high"
levels = { high = "> +30%" }

[[endpoint]]
id = "a"
path = "/a"
latency = { high = "> 50x baseline" }
"""
WORKERS = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_baseline_from_before_the_deployment(project: Project) -> None:
    """The run before captures what was normal; the run after judges against it, and without it is not sure."""
    project.settings(QUEUE)
    project.service.answers["/queue"] = (200, '{"length": 10}')
    project.check("def test_base(baseline):\n    assert baseline('queue') in {None, 10}")
    without = project.run()
    assert ("INCONCLUSIVE", 11) == without.verdict
    assert "pre-deploy" in without.checks["metrics.metric[queue]"]["reason"]
    captured = project.run(phase="pre-deploy")
    assert "baseline captured: 3 metrics" in captured.record["run"]["notes"]
    assert ("PASS", 0) == project.run().verdict
    project.service.answers["/queue"] = (200, '{"length": 13}')
    assert ("PASS", 0) == project.run().verdict
    project.service.answers["/queue"] = (200, '{"length": 14}')
    worse = project.run()
    assert ("WATCH", 12) == worse.verdict
    assert 10 == worse.checks["metrics.metric[queue]"]["measurements"][0]["baseline"]


def test_baseline_in_a_broken_history(project: Project) -> None:
    """A history that cannot be read holds no baseline: not sure, and the report says why."""
    project.settings(QUEUE)
    project.service.answers["/queue"] = (200, '{"length": 10}')
    project.run(phase="pre-deploy")
    (project.reports / "history.sqlite").write_bytes(b"torn" * 2000)
    done = project.run()
    assert ("INCONCLUSIVE", 11) == done.verdict
    assert any("history.sqlite" in note and "damaged" in note for note in done.record["run"]["notes"])


def test_baseline_of_another_environment(project: Project) -> None:
    """What is normal in one environment is not the baseline of another."""
    project.settings(f'{QUEUE}\n[[environment]]\nname = "staging"\n')
    project.service.answers["/queue"] = (200, '{"length": 10}')
    project.run("--deploy-environment=staging", phase="pre-deploy")
    assert ("PASS", 0) == project.run("--deploy-environment=staging").verdict
    done = project.run()
    assert ("INCONCLUSIVE", 11) == done.verdict
    assert any("staging" in note for note in done.record["run"]["notes"])


def test_environment(project: Project) -> None:
    """``--deploy-environment`` chooses another address and other headers."""
    project.settings(f"""
[[environment]]
name = "staging"
base_url = "{project.service.url}/stage"
headers = {{ "X-Stage" = "1" }}
""")
    done = project.run("--deploy-environment=staging")
    assert ("PASS", 0) == done.verdict
    assert "staging" == done.record["deployment"]["environment"]
    assert [("/stage/health", "1")] == [(path, headers["X-Stage"]) for _, path, headers in project.service.asked]
    wrong = project.run("--deploy-environment=stagin")
    assert 4 == wrong.code
    assert "staging" in wrong.err


@WORKERS
def test_own_network_is_gone(project: Project, workers: tuple[str, ...]) -> None:
    """When the self-check targets are silent too, nothing is known about the service: ERROR, not FAIL."""
    port, other = _closed_port(), _closed_port()
    project.settings("", service=f'self_check = ["http://127.0.0.1:{other}"]')
    file = project.path / "deploycheck.toml"
    file.write_text(file.read_text().replace(project.service.url, f"http://127.0.0.1:{port}"))
    project.check("""
@pytest.mark.impact("flow")
@pytest.mark.severity("critical")
def test_flow(flow):
    flow.run([flow.step("a", "/a")])

@pytest.mark.impact("availability")
@pytest.mark.severity("critical")
def test_api(api):
    api.get("/a")
""")
    done = project.run(*workers)
    assert ("INCONCLUSIVE", 11) == done.verdict, done.shown
    assert {"ERROR"} == {check["status"] for check in done.record["checks"]}
    file.write_text(file.read_text().replace(f"http://127.0.0.1:{other}", project.service.url))
    alive = project.run(*workers)
    assert ("ROLLBACK", 20) == alive.verdict
    assert {"FAIL"} == {check["status"] for check in alive.record["checks"]}


def test_api_fixture_without_an_answer(project: Project) -> None:
    """No answer to the api is a failure of availability checks, and no measurement for all others."""
    file = project.path / "deploycheck.toml"
    file.write_text(file.read_text().replace(project.service.url, f"http://127.0.0.1:{_closed_port()}"))
    project.check("""
@pytest.mark.impact("availability")
@pytest.mark.severity("high")
def test_available(api):
    api.get("/a")

@pytest.mark.severity("high")
def test_other(api):
    api.get("/a")

def test_bad_path(api):
    api.get("no scheme://nowhere at all")
""")
    done = project.run()
    assert "FAIL" == done.statuses["test_available"]
    assert "ERROR" == done.statuses["test_other"]
    assert "ERROR" == done.statuses["test_bad_path"]


def test_attested_answers_steer_the_verdict(project: Project) -> None:
    """What people attest with the command counts in the next run, until it expires."""
    project.check('@pytest.mark.severity("high")\ndef test_a():\n    assert 1 == 2')
    assert ("WATCH", 12) == project.run("--deploy-id=d1").verdict
    attest = ("-m", "pytest_deploycheck.cli", "attest", "can-wait", "--by", "Ada", "--deploy-id", "d1")
    given = project.pytester.runpython_c(
        f"import sys; from pytest_deploycheck.cli import main; sys.exit(main({list(attest[2:])!r}))"
    )
    assert 0 == given.ret
    assert ("HOTFIX", 13) == project.run("--deploy-id=d1").verdict
    assert ("WATCH", 12) == project.run("--deploy-id=d2").verdict
    answers = project.reports / "attestations.jsonl"
    line = json.loads(answers.read_text())
    answers.write_text(json.dumps({**line, "expires": "2020-01-01T00:00:00Z"}) + "\n")
    assert ("WATCH", 12) == project.run("--deploy-id=d1").verdict


NEIGHBOUR = 'def test_answers(): ...\n\ndef test_service_answers():\n    """Mine."""'


@WORKERS
def test_files_named_like_the_shipped_ones(project: Project, workers: tuple[str, ...]) -> None:
    """The user's ``test_endpoints.py`` and ``test_availability.py`` are checks of their own beside the shipped ones."""
    project.settings('[[endpoint]]\nid = "a"\npath = "/a"')
    for name in ("test_endpoints.py", "test_availability.py"):
        project.check(NEIGHBOUR, name)
    done = project.run(*workers)
    assert ("PASS", 0) == done.verdict, done.shown
    ids = {check["id"] for check in done.record["checks"]}
    assert {
        "availability.service_answers",
        "endpoints.answers[a]",
        "deploy_checks/test_endpoints.py::test_answers",
        "deploy_checks/test_availability.py::test_service_answers",
    } <= ids
    assert 6 == len(ids)


@WORKERS
@pytest.mark.parametrize("mode", ["prepend", "importlib"])
def test_a_package_named_checks(project: Project, mode: str, workers: tuple[str, ...]) -> None:
    """A project with a package ``checks`` of its own, with the same file names, keeps both apart."""
    project.settings('[[endpoint]]\nid = "a"\npath = "/a"')
    file = project.path / "deploycheck.toml"
    file.write_text('deploy_checks = ["checks"]\n' + file.read_text())
    package = project.path / "checks"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "helper.py").write_text("VALUE = 5")
    helper = "from checks.helper import VALUE\n" if mode != "importlib" else ""
    (package / "test_endpoints.py").write_text(f"{helper}{NEIGHBOUR}")
    (project.path / "conftest.py").write_text(f"{helper}")
    done = project.run(f"--import-mode={mode}", *workers)
    assert ("PASS", 0) == done.verdict, done.shown
    ids = {check["id"] for check in done.record["checks"]}
    assert {"endpoints.answers[a]", "checks/test_endpoints.py::test_answers"} <= ids


def test_other_directories(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started elsewhere with ``--deploy-config`` the ids, the reports and the checks are the same."""
    project.check("def test_a(): ...")
    here = project.run()
    elsewhere = tmp_path / "else"
    elsewhere.mkdir(exist_ok=True)
    monkeypatch.chdir(elsewhere)
    there = project.run(f"--deploy-config={project.path / 'deploycheck.toml'}")
    assert ("PASS", 0) == there.verdict, there.shown
    assert [check["id"] for check in here.record["checks"]] == [check["id"] for check in there.record["checks"]]
