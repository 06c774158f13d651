"""What a run leaves in the history, what the next one makes of it, and what a history that fails does to a verdict."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.history import open_history
from tests.fix_postgres import server
from tests.plugin.conftest import OVERHEAD

if TYPE_CHECKING:
    from pytest_deploycheck.demo.postgres import EmbeddedPostgres
    from pytest_deploycheck.history import History
    from tests.plugin.conftest import Project

__all__ = ["server"]
pytest_plugins = ["pytester"]

WORKERS = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
QUEUE = """
[[metric]]
id = "queue"
source = "http"
path = "/queue"
query = "length"
unit = "s"
levels = { high = "> 20" }
"""
BREAKS = """
import contextlib, sqlite3
def test_breaks():
    with contextlib.closing(sqlite3.connect("reports/history.sqlite")) as history:
        history.execute("DROP TABLE deploycheck_records")
"""
SLOW = """
import time
def test_first(thresholds):
    thresholds.check("x", 7, levels={"high": "> 9"})
def test_second():
    open("begun", "w").close()
    end = time.monotonic() + 55
    while open("pause").read() == "on" and time.monotonic() < end:
        time.sleep(0.05)
"""


def remembered(project: Project) -> History:
    """Return the history of a project."""
    return open_history(project.reports / "history.sqlite", create=False)


@WORKERS
def test_a_run_is_remembered(project: Project, workers: tuple[str, ...]) -> None:
    """Its verdict, its record, the status of every check and every number, each once."""
    project.settings(QUEUE)
    project.service.answers["/queue"] = (200, '{"length": 7.5}')
    done = project.run("--deploy-id=r1", *workers)
    with remembered(project) as history:
        (run,) = history.runs()
        assert ("r1", "first-hour", 1, "PASS", 0, True) == (
            run.deployment, run.phase, run.tick, run.decision, run.exit_code, run.finished
        )  # fmt: skip
        (point,) = history.series("queue", environment="production")
        assert (7.5, "s", "metrics.metric[queue]") == (point.value, point.unit, point.check)
        statuses = history.series("", environment="production")
        assert {check["id"] for check in done.record["checks"]} == {point.check for point in statuses}
        assert len(done.record["checks"]) == len(statuses)
        kept = history.record(run.id)
    assert kept is not None
    assert [check["id"] for check in done.record["checks"]] == [check.id for check in kept.checks]


def test_ticks_go_on(project: Project) -> None:
    """Each run of a phase has the next number, also when the reports of the others are gone."""
    for tick in (1, 2):
        assert tick == project.run("--deploy-id=r1").record["tick"]
    for folder in (project.reports / "r1").iterdir():
        for run in folder.iterdir():
            run.rename(project.path / f"moved-{run.name}")
    assert 3 == project.run("--deploy-id=r1").record["tick"]


def test_a_killed_run_loses_nothing_it_observed(project: Project) -> None:
    """What was measured before the kill is there; the run is not finished, and its lock is free at once."""
    project.check(SLOW)
    (project.path / "pause").write_text("on")
    command = [sys.executable, "-m", "pytest", *OVERHEAD, "--deploy-phase=first-hour", "--deploy-id=r1"]
    process = subprocess.Popen(command, cwd=project.path, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        until = time.monotonic() + 30
        while not (project.path / "begun").exists() and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.5)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    with remembered(project) as history:
        assert [(False, None)] == [(run.finished, run.decision) for run in history.runs()]
        assert [7] == [point.value for point in history.series("x", environment="production")]
    (project.path / "pause").write_text("off")
    after = project.run("--deploy-id=r1")
    assert ("PASS", 0, 2) == (*after.verdict, after.record["tick"])


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_two_runs_at_once(project: Project, database: str, request: pytest.FixtureRequest) -> None:
    """The second waits for the first; one that may not wait is refused and leaves the first one's reports alone."""
    chosen = []
    if database == "postgresql":
        postgres: EmbeddedPostgres = request.getfixturevalue("server")
        chosen = [f"--deploy-history={postgres.dsn}"]
    project.check(SLOW)
    (project.path / "pause").write_text("on")
    arguments = [*OVERHEAD, "--deploy-phase=first-hour", "--deploy-id=r1", *chosen]
    first = subprocess.Popen([sys.executable, "-m", "pytest", *arguments], cwd=project.path, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while not (project.path / "begun").exists() and time.monotonic() < until:
            time.sleep(0.05)
        project.settings("[run]\nlock_timeout = 0\n")
        refused = project.run("--deploy-id=r1", *chosen)
        assert 11 == refused.code
        assert f"process {first.pid} on" in refused.shown
        assert "Traceback" not in refused.shown
        assert "has not finished" in (refused.verdict_json or "")
        project.settings("[run]\nlock_timeout = '60s'\n")
        released = threading.Timer(1, (project.path / "pause").write_text, ["off"])
        released.start()
        waited = project.run("--deploy-id=r1", *chosen)
        released.join()
        assert 0 == first.wait(60)
        assert ("PASS", 0, 2) == (*waited.verdict, waited.record["tick"])
    finally:
        first.kill()
        first.wait()


def test_nobody_waits_for_another_deployment(project: Project) -> None:
    """Another deployment is under way beside it."""
    project.settings("[run]\nlock_timeout = 0\n")
    project.run("--deploy-id=r1")
    with remembered(project) as history, history.lock("production/r2", 1):
        assert ("PASS", 0) == project.run("--deploy-id=r1").verdict
        assert 11 == project.run("--deploy-id=r2").code


@WORKERS
@pytest.mark.parametrize("url", ["postgresql://app:geheim42@127.0.0.1:1/deploys", "sqlite:///file/h.sqlite"])
def test_without_its_history(project: Project, url: str, workers: tuple[str, ...]) -> None:
    """The verdict and the reports are there all the same, a note says what is missing, and no secret is told."""
    (project.path / "file").write_text("")
    done = project.run("--deploy-id=r1", f"--deploy-history={url}", *workers)
    assert ("PASS", 0) == done.verdict
    assert any(note.startswith("no history: ") for note in done.record["run"]["notes"])
    assert (project.reports / "report.html").is_file()
    assert "geheim42" not in done.shown + done.written
    assert "Traceback" not in done.shown


def test_a_history_that_goes_away(project: Project) -> None:
    """One that breaks while the run goes on costs its memory, not its verdict."""
    project.check(BREAKS)
    done = project.run("--deploy-id=r1")
    assert ("PASS", 0) == done.verdict
    assert any("not remembered" in note for note in done.record["run"]["notes"])


@pytest.mark.parametrize("only", ["--deploy-plan", "--collect-only"])
def test_looking_leaves_no_trace(project: Project, only: str) -> None:
    """Only a run that measures makes a history, or adds to one."""
    project.run(only)
    assert not (project.reports / "history.sqlite").exists()
    project.run("--deploy-id=r1")
    project.run("--deploy-id=r1", only)
    with remembered(project) as history:
        assert 1 == len(history.runs())


def test_secrets_are_not_remembered(project: Project) -> None:
    """What the reports may not show the history does not hold."""
    project.settings("", service='secrets = ["geheim42"]')
    project.check("def test_leaks():\n    assert False, 'token geheim42'\n")
    project.run("--deploy-id=r1")
    with remembered(project) as history:
        kept = history.record(history.runs()[0].id)
    assert "geheim42" not in str(kept)
    assert b"geheim42" not in (project.reports / "history.sqlite").read_bytes()


def test_pre_deploy_without_a_history(project: Project) -> None:
    """A baseline that could not be kept is told."""
    (project.path / "file").write_text("")
    done = project.run("--deploy-history=sqlite:///file/h.sqlite", phase="pre-deploy")
    assert any("baseline was not captured" in note for note in done.record["run"]["notes"])
