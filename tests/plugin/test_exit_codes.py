"""From the verdict to the exit code: strict, dry run, other codes; interrupted runs are never green."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.plugin.conftest import OVERHEAD, Done, Project

if TYPE_CHECKING:
    from collections.abc import Callable

pytest_plugins = ["pytester"]

WORKERS = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
BAD = '@pytest.mark.severity("high")\ndef test_a():\n    assert 1 == 2'
WARNING = "def test_a():\n    assert 1 == 2"
UNCLEAR = '@pytest.mark.severity("high")\ndef test_a():\n    pytest.skip("no")'
NAGIOS = '[verdict.exit_codes]\npreset = "nagios"'


@pytest.mark.parametrize(
    ("source", "settings", "arguments", "verdict"),
    [
        (WARNING, "", ("--deploy-strict",), ("WARN", 10)),
        (WARNING, "[verdict]\nstrict = true", (), ("WARN", 10)),
        (WARNING, "[verdict.exit_codes]\nWARN = 7", ("--deploy-strict",), ("WARN", 7)),
        (BAD, "[verdict.exit_codes]\nWATCH = 0", (), ("WATCH", 0)),
        (BAD, NAGIOS, (), ("WATCH", 2)),
        (WARNING, NAGIOS, (), ("WARN", 1)),
        (UNCLEAR, NAGIOS, (), ("INCONCLUSIVE", 3)),
        ("def test_a(): ...", NAGIOS, (), ("PASS", 0)),
        (BAD, "", ("--deploy-dry-run",), ("WATCH", 0)),
        (UNCLEAR, "", ("--deploy-dry-run", "-n", "2"), ("INCONCLUSIVE", 0)),
        (BAD, "", ("-n", "2"), ("WATCH", 12)),
    ],
)
def test_exit_code(
    project: Project, source: str, settings: str, arguments: tuple[str, ...], verdict: tuple[str, int]
) -> None:
    """The decision becomes the exit code that the options and the settings say."""
    project.settings(settings)
    project.check(source)
    assert verdict == project.run(*arguments).verdict


def _interrupted(project: Project, workers: tuple[str, ...], end: Callable[[subprocess.Popen[str]], None]) -> Done:
    """Run three checks, and end the run once the second one says that it has begun."""
    begun = project.path / "begun"
    project.check(f"""
import pathlib
import time

@pytest.mark.parametrize("n", range(2))
def test_fast(n): ...

def test_slow():
    pathlib.Path({str(begun)!r}).touch()
    time.sleep(30)

def test_after(): ...
""")
    command = [sys.executable, "-m", "pytest", *OVERHEAD, "--deploy-phase=first-hour", *workers]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    with subprocess.Popen(
        command, cwd=project.path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        limit = time.monotonic() + 30
        while not begun.exists() and time.monotonic() < limit:
            time.sleep(0.02)
        end(process)
        out, err = process.communicate(timeout=30)
    return project.done(process.returncode, out, err)


@WORKERS
def test_ctrl_c(project: Project, workers: tuple[str, ...]) -> None:
    """Somebody presses Ctrl-C: exit code 2, and verdict.json says that the run did not finish."""
    (project.reports).mkdir()
    done = _interrupted(project, workers, lambda process: process.send_signal(signal.SIGINT))
    assert ("INCONCLUSIVE", 2) == (done.decision, done.code), done.shown
    assert done.record["run"]["interrupted"]
    assert any("test_after" in check for check in done.record["not_reported"])
    assert "INCONCLUSIVE" in (project.reports / "summary.md").read_text()


@WORKERS
def test_sigkill(project: Project, workers: tuple[str, ...]) -> None:
    """A run that is killed leaves no older verdict behind."""
    assert ("PASS", 0) == project.run().verdict
    done = _interrupted(project, workers, lambda process: process.kill())
    assert -signal.SIGKILL == done.code
    assert "INCONCLUSIVE" == done.decision
    assert not done.record["run"]["finished"]
    assert not (project.reports / "report.html").exists()
    assert "PASS" not in (project.reports / "summary.md").read_text().partition("\n")[0]


@WORKERS
def test_interrupt_in_a_check(project: Project, workers: tuple[str, ...]) -> None:
    """A check that raises KeyboardInterrupt or SystemExit ends nothing quietly."""
    project.check("def test_a(): ...\n\ndef test_exit():\n    raise SystemExit(0)\n\ndef test_b(): ...")
    done = project.run(*workers)
    assert "PASS" != done.decision
    assert "PASS" != done.statuses.get("test_exit")
    project.check("def test_a(): ...\n\ndef test_stop():\n    raise KeyboardInterrupt\n\ndef test_b(): ...")
    done = project.run(*workers)
    assert ("INCONCLUSIVE", 2) == (done.decision, done.code)
