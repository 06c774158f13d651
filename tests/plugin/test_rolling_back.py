"""The rollback hook: when it runs, how often, and that the verdict stays what it was."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.plugin.conftest import OVERHEAD

if TYPE_CHECKING:
    from tests.plugin.conftest import Done, Project

pytest_plugins = ["pytester"]

BROKEN = '''
@pytest.mark.severity("critical")
@pytest.mark.on_fail("rollback")
def test_broken(api):
    """It works."""
    assert api.get("/state").json() == {"good": True}
'''
NAMED = ("--deploy-id=r-7", "--deploy-version=2.4", "--deploy-previous=2.3")
ALLOWED = (*NAMED, "--deploy-allow-rollback")


@pytest.fixture
def broken(project: Project) -> Project:
    """A release that has to go back; the script writes down that it ran, with its arguments."""
    project.check(BROKEN)
    program(project, "print('went back to', sys.argv[1], 'in', os.environ['DEPLOYCHECK_DEPLOY_ENVIRONMENT'])")
    return project


def program(project: Project, code: str, more: str = "verify = false\n", after: str = "") -> None:
    """Write the script and the settings that call it."""
    script = project.path / "back.py"
    count = f"open({str(project.path / 'ran')!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')"
    script.write_text(f"import os, sys, time\n{count}\n{code}\n", "utf-8")
    command = json.dumps([sys.executable, "back.py", "{previous}"])
    project.settings(f"[verdict.on_rollback]\nenabled = true\ncommand = {command}\n{more}{after}")


def ran(project: Project) -> list[str]:
    """Return with what arguments the script ran."""
    path = project.path / "ran"
    return path.read_text().splitlines() if path.is_file() else []


def steps(done: Done) -> list[tuple[str, str]]:
    """Return each step and what became of it."""
    return [(step["name"], step["state"]) for step in done.record["rollback"]]


def only(done: Done) -> dict[str, Any]:
    """Return the single step."""
    (step,) = done.record["rollback"]
    found: dict[str, Any] = step
    return found


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_it_runs_once(broken: Project, workers: tuple[str, ...]) -> None:
    """The first run that decides so rolls back, the next one says that it was done; the verdict is the same."""
    done = broken.run(*ALLOWED, *workers)
    assert ("ROLLBACK", 20) == done.verdict
    assert (["2.3"], [("roll back", "succeeded")]) == (ran(broken), steps(done))
    assert "went back to 2.3 in production" == only(done)["output"]
    assert "roll back succeeded after" in done.out
    assert "went back to 2.3" in (broken.reports / "report.html").read_text()
    assert "roll back succeeded" in (broken.reports / "summary.md").read_text()
    later = broken.run(*ALLOWED, *workers)
    assert (20, ["2.3"], [("roll back", "not run")]) == (later.code, ran(broken), steps(later))
    assert "it was done before by run 1 of first-hour" in only(later)["reason"]


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (NAMED, 20, "--deploy-allow-rollback was not given"),
        ((*ALLOWED, "--deploy-dry-run"), 0, "--deploy-dry-run only decides"),
        (("--deploy-previous=2.3", "--deploy-allow-rollback"), 20, "nobody named the deployment"),
        (("--deploy-id=r-7", "--deploy-allow-rollback"), 20, "the previous of the deployment is not known"),
        ((*NAMED[:2], "--deploy-previous=--help", "--deploy-allow-rollback"), 20, "would be read as an option"),
    ],
)
def test_it_does_not_run(broken: Project, arguments: tuple[str, ...], code: int, why: str) -> None:
    """Whatever forbids it is said in the report, and nothing is claimed."""
    done = broken.run(*arguments)
    assert (code, [], [("roll back", "not run")]) == (done.code, ran(broken), steps(done))
    assert why in only(done)["reason"]
    assert [] == list(broken.reports.rglob("*.claim"))


def test_it_has_to_be_enabled(broken: Project) -> None:
    """The option alone is not enough."""
    file = broken.path / "deploycheck.toml"
    file.write_text(file.read_text().replace("enabled = true", "enabled = false"))
    done = broken.run(*ALLOWED)
    assert ([], "[verdict.on_rollback] enabled is not true") == (ran(broken), only(done)["reason"])


def test_a_good_release_stays(broken: Project) -> None:
    """Another verdict asks for nothing."""
    broken.service.answers["/state"] = (200, '{"good": true}')
    done = broken.run(*ALLOWED)
    assert (0, [], []) == (done.code, ran(broken), done.record["rollback"])


@pytest.mark.parametrize(
    ("code", "more", "why"),
    [
        ("sys.exit('no such release: password=hunter2hunter2')", "", "exit code 1"),
        ("time.sleep(60)", 'timeout = "1s"\n', "did not end within 1 s"),
    ],
)
def test_it_fails(broken: Project, code: str, more: str, why: str) -> None:
    """A script that fails or hangs changes no exit code, is not verified, and is not tried again by itself."""
    program(broken, code, more)
    done = broken.run(*ALLOWED)
    assert (20, [("roll back", "failed")]) == (done.code, steps(done))
    assert why in only(done)["reason"]
    assert "hunter2" not in done.shown + done.written
    again = broken.run(*ALLOWED)
    assert (["2.3"], [("roll back", "not run")]) == (ran(broken), steps(again))
    assert "to allow another try, remove" in only(again)["reason"]


def test_two_runs_decide_at_the_same_time(broken: Project) -> None:
    """One of them rolls back."""
    program(broken, "time.sleep(1.5)")
    command = [sys.executable, "-m", "pytest", *OVERHEAD, "--deploy-phase=first-hour", *ALLOWED]
    both = [
        subprocess.Popen(
            [*command, f"--deploy-report-dir={broken.reports}", "-q"], cwd=broken.path, stdout=-1, stderr=-1
        )
        for _ in range(2)
    ]
    assert {20} == {each.wait(60) for each in both}
    for each in both:
        each.communicate()
    assert ["2.3"] == ran(broken)


def test_it_looks_again(broken: Project) -> None:
    """After a rollback the same phase runs once more, as another deployment; its verdict stands beside the first."""
    state = broken.path / "state"
    good = f"__import__('os').path.exists({str(state)!r})"
    broken.check(BROKEN.replace('api.get("/state").json() == {"good": True}', good))
    program(broken, f"open({str(state)!r}, 'w')", "")
    done = broken.run(*ALLOWED)
    assert (20, [("roll back", "succeeded"), ("verify", "succeeded")]) == (done.code, steps(done))
    step = done.record["rollback"][1]
    assert ("PASS", 0) == (step["decision"], step["exit_code"])
    (second,) = broken.reports.glob("*/*/*/verification/verdict.json")
    looked = json.loads(second.read_text())
    assert ("r-7.rolled-back", "2.3", []) == (
        looked["deployment"]["id"],
        looked["deployment"]["version"],
        looked["rollback"],
    )
    assert "ROLLBACK" == json.loads((broken.reports / "verdict.json").read_text())["verdict"]["decision"]


def test_it_looks_again_and_it_is_still_bad(broken: Project) -> None:
    """A rollback that did not help is said to have failed; it is not rolled back once more."""
    program(broken, "", "")
    done = broken.run(*ALLOWED)
    assert [("roll back", "succeeded"), ("verify", "failed")] == steps(done)
    assert ("ROLLBACK", ["2.3"]) == (done.record["rollback"][1]["decision"], ran(broken))


def test_restoring_waits_for_a_person(broken: Project) -> None:
    """A dump is restored only after somebody allowed it for this very deployment, and then once."""
    command = json.dumps([sys.executable, "back.py", "restore"])
    program(broken, "", after=f"[verdict.on_rollback.restore]\ncommand = {command}\n")
    waiting = broken.run(*ALLOWED)
    assert [("roll back", "succeeded"), ("restore", "not run")] == steps(waiting)
    assert "deploycheck attest restore-data --by NAME --deploy-id 'r-7'" in waiting.record["rollback"][1]["reason"]
    attest = [sys.executable, "-m", "pytest_deploycheck.cli", "attest", "restore-data", "--by", "Ada"]
    refused = subprocess.run([*attest, "--expires", "2h"], cwd=broken.path, capture_output=True, text=True, check=False)
    assert 4 == refused.returncode
    assert "this answer is about one deployment" in refused.stderr
    subprocess.run([*attest, "--deploy-id", "r-7"], cwd=broken.path, capture_output=True, check=True)
    assert [("roll back", "not run"), ("restore", "succeeded")] == steps(broken.run(*ALLOWED))
    assert [("roll back", "not run"), ("restore", "not run")] == steps(broken.run(*ALLOWED))
    assert ["2.3", "restore"] == ran(broken)


def test_nothing_is_restored_after_a_failed_rollback(broken: Project) -> None:
    """An attestation does not make up for it."""
    command = json.dumps([sys.executable, "back.py", "restore"])
    program(broken, "sys.exit(1)", after=f"[verdict.on_rollback.restore]\ncommand = {command}\n")
    broken.reports.mkdir()
    said = {"id": "restore-data", "by": "Ada", "at": "2026-03-01T00:00:00Z", "answer": "yes", "deployment": "r-7"}
    (broken.reports / "attestations.jsonl").write_text(json.dumps(said) + "\n")
    done = broken.run(*ALLOWED)
    assert [("roll back", "failed"), ("restore", "not run")] == steps(done)
    assert "the rollback did not succeed" == done.record["rollback"][1]["reason"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('command = ["./deploy.sh", "{prevoius}"]', 'Did you mean "previous"?'),
        ("enabled = true", "is enabled and has no command"),
        ('command = "./deploy.sh {previous}"', "command"),
    ],
)
def test_settings_that_cannot_be(project: Project, text: str, why: str) -> None:
    """Mistakes are told before anything runs."""
    project.settings(f"[verdict.on_rollback]\n{text}\n")
    done = project.run()
    assert 4 == done.code
    assert why in done.shown
