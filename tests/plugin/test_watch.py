"""``--deploy-watch``: one pytest after the other, and one decision at the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.history import History, open_history
from pytest_deploycheck.plugin import watching
from tests.plugin.conftest import OVERHEAD

if TYPE_CHECKING:
    from pytest_deploycheck.history.lock import Lock
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

GOOD = "def test_good(): ..."
WATCH = ("--deploy-watch", "--deploy-interval=1s", "--deploy-id=r1")


def watch_record(project: Project) -> dict[str, Any]:
    """Return watch.json."""
    record: dict[str, Any] = json.loads((project.reports / "watch.json").read_text())
    return record


def looks(project: Project) -> list[str]:
    """Return the folders of the ticks of the deployment r1."""
    return sorted(path.name for path in (project.reports / "r1" / "first-hour").iterdir())


def started(project: Project, *arguments: str) -> subprocess.Popen[str]:
    """Start a watch and leave it running."""
    command = [sys.executable, "-m", "pytest", *OVERHEAD, "--deploy-phase=first-hour", *WATCH, *arguments]
    return subprocess.Popen(
        command, cwd=project.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(os.environ)
    )


def wait_for_ticks(project: Project, count: int) -> None:
    """Wait until so many ticks have left their verdict."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        records = [json.loads(path.read_text()) for path in project.reports.glob("r1/first-hour/*/verdict.json")]
        if sum(record["run"]["finished"] for record in records) >= count:
            return
        time.sleep(0.05)
    pytest.fail("the watch does not tick")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
def test_watches_to_the_end(project: Project, workers: tuple[str, ...]) -> None:
    """Every tick is a whole run with reports of its own; at the end the last verdict is the watch's."""
    project.check(GOOD)
    done = project.run(*WATCH, "--deploy-interval=3s", "--deploy-duration=6s", *workers)
    assert (0, "PASS") == (done.code, done.decision)
    record = watch_record(project)
    assert ("PASS", 0, "the phase is over") == (record["decision"], record["exit_code"], record["ended_because"])
    assert 3 == record["ticks"] + record["missed"]
    assert len(looks(project)) == record["ticks"]
    assert {"PASS": record["ticks"]} == record["decisions"]
    assert (project.reports / "r1" / "watch.md").read_text().startswith("# Watch: PASS\n")
    assert record["ticks"] == sum("PASS" in line and "tick" in line for line in done.out.splitlines()[1:-1])


def test_stops_at_once_on_rollback(project: Project) -> None:
    """The deployment goes bad during the second tick: the watch ends there, with the exit code of the verdict."""
    project.check(
        """
import pathlib
@pytest.mark.severity("critical")
@pytest.mark.on_fail("rollback")
def test_goes_bad():
    seen = pathlib.Path("seen")
    before = seen.exists()
    seen.touch()
    assert not before
"""
    )
    done = project.run(*WATCH, "--deploy-duration=60s")
    assert ("ROLLBACK", 20) == done.verdict
    record = watch_record(project)
    assert ("ROLLBACK", "the verdict says stop", 2) == (record["decision"], record["ended_because"], record["ticks"])
    assert ["PASS", "ROLLBACK"] == [change["decision"] for change in record["changes"]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_between_two_ticks(project: Project, number: signal.Signals) -> None:
    """Everything passed so far, but the watch did not finish: INCONCLUSIVE, in the exit code and in verdict.json."""
    project.check(GOOD)
    process = started(project, "--deploy-interval=30s")
    wait_for_ticks(project, 1)
    time.sleep(3)
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert 11 == process.returncode, out
    done = project.done(process.returncode, out, "")
    assert ("INCONCLUSIVE", 11) == done.verdict
    assert "the watch did not finish" == done.record["verdict"]["rule"]
    assert not (project.reports / "report.html").exists()
    assert "somebody stopped it" == watch_record(project)["ended_because"]


def test_stopped_in_the_middle_of_a_tick(project: Project) -> None:
    """The tick is asked to stop, writes its reports, and the watch never says PASS."""
    project.check("import pathlib, time\ndef test_slow():\n    pathlib.Path('here').touch()\n    time.sleep(50)")
    process = started(project)
    end = time.monotonic() + 30
    while not (project.path / "here").exists() and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert 11 == process.returncode, out
    assert "INCONCLUSIVE" == project.done(11, out, "").decision


def test_killed_and_resumed(project: Project) -> None:
    """Kill -9 between ticks: the next watch of the deployment goes on where this one was, and counts its ticks."""
    project.check(GOOD)
    process = started(project, "--deploy-duration=10s", "--deploy-interval=2s")
    wait_for_ticks(project, 2)
    time.sleep(0.3)
    process.kill()
    process.communicate()
    time.sleep(1.0)
    done = project.run(*WATCH, "--deploy-duration=10s", "--deploy-interval=2s")
    assert 0 == done.code
    record = watch_record(project)
    begun = datetime.fromisoformat(record["begun_at"])
    assert begun < datetime.now(UTC)
    assert len(looks(project)) == record["ticks"]
    assert 6 == record["ticks"] + record["missed"]
    assert "going on after" in done.out


def test_one_watch_at_a_time(project: Project) -> None:
    """A second watch of the same deployment refuses, and says why."""
    project.check(GOOD)
    process = started(project, "--deploy-interval=20s")
    try:
        wait_for_ticks(project, 1)
        done = project.run(*WATCH, "--deploy-duration=2s")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert 4 == done.code
    assert "this deployment is watched already" in done.shown


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--deploy-interval=soon",), "--deploy-interval"),
        (("--deploy-duration=0",), "shorter than a second"),
        (("--deploy-plan",), "a watch measures"),
    ],
)
def test_mistakes(project: Project, arguments: tuple[str, ...], complaint: str) -> None:
    """Each is one clear message, exit code 4, and nothing is asked of the service."""
    done = project.run("--deploy-watch", *arguments)
    assert 4 == done.code
    assert complaint in done.shown
    assert "Traceback" not in done.shown
    assert [] == project.service.asked


def test_needs_a_phase(project: Project) -> None:
    """Without a phase there is nothing to watch."""
    done = project.run("--deploy-watch", phase=None)
    assert 4 == done.code
    assert "--deploy-watch needs --deploy-phase" in done.shown


def test_a_tick_that_dies(project: Project) -> None:
    """A tick that leaves no verdict is told with its last words, counted, and makes the whole inconclusive."""
    project.check("import os, signal\ndef test_dies():\n    os.kill(os.getpid(), signal.SIGKILL)")
    done = project.run(*WATCH, "--deploy-duration=1s", "--deploy-interval=10s")
    assert 11 == done.code
    assert "no verdict after signal 9" in done.out
    assert 1 == watch_record(project)["without_verdict"]
    assert (project.reports / "watch-lost.log").is_file()


def test_the_lock_outlives_its_lease(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch says again and again that it is alive, also while one tick takes longer than the lock's lease."""
    project.run("--deploy-id=r1")
    monkeypatch.setattr(watching, "REFRESH", 0.05)
    with open_history(project.reports / "history.sqlite") as history:
        held = history.acquire("watch/production/r1", 0)
        over, seen = threading.Event(), []

        def refresh(_history: History, lock: Lock) -> bool:
            seen.append(lock)
            return True

        monkeypatch.setattr(History, "refresh", refresh)
        keeper = threading.Thread(target=watching._keep, args=(history, held, over))
        keeper.start()
        time.sleep(0.5)
        over.set()
        keeper.join(5)
    assert not keeper.is_alive()
    assert {held} == set(seen)
    assert 1 < len(seen)
