"""The root ``conftest.py``: pytest starts the demo, judges it, and leaves nothing behind, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment without a demo, whose temporary files are this test's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DEPLOYCHECK_")}
    return {**kept, "TMPDIR": str(tmp_path)}


def command(tmp_path: Path, *arguments: str) -> list[str]:
    """Return the command line of a gate whose reports go to the test's folder."""
    reports = ("--deploy-report-dir", str(tmp_path / "reports"), "-p", "no:cacheprovider")
    return [sys.executable, "-m", "pytest", *reports, *arguments]


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Wait for a condition; return whether it came true."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_the_newcomers_line_passes(tmp_path: Path, environ: dict[str, str]) -> None:
    """With nothing but the phase, the demo starts, is judged good and goes away."""
    run = subprocess.run(
        command(tmp_path, "--deploy-phase=first-hour"),
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == run.returncode, run.stdout
    assert "PASS" in run.stdout
    assert [] == list(tmp_path.glob("deploycheck-*"))


def test_a_fault_is_found(tmp_path: Path, environ: dict[str, str]) -> None:
    """A fault given on the command line decides the verdict."""
    run = subprocess.run(
        command(tmp_path, "--deploy-phase=first-hour", "--demo-fault=login-broken", "--demo-fault=orphans"),
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 20 == run.returncode, run.stdout


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        (("--demo-fault=down",), {}, "only with --deploy-phase"),
        (("--deploy-phase=first-hour", "--demo-fault=dwn"), {}, "Did you mean down?"),
        (("--deploy-phase=first-hour", "--demo-fault=slow"), {}, "needs SECONDS"),
        (
            ("--deploy-phase=first-hour", "--demo-fault=down"),
            {"DEPLOYCHECK_DEMO_URL": "http://127.0.0.1:1"},
            "names a demo that runs already",
        ),
    ],
)
def test_wrong_use_is_exit_code_4(
    tmp_path: Path, environ: dict[str, str], arguments: tuple[str, ...], variables: dict[str, str], message: str
) -> None:
    """Wrong use of --demo-fault is a usage error with one clear sentence."""
    run = subprocess.run(
        command(tmp_path, *arguments),
        cwd=ROOT,
        env={**environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (4, True) == (run.returncode, message in run.stderr)
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
def test_leaves_nothing_however_it_ends(
    tmp_path: Path, environ: dict[str, str], how: signal.Signals, workers: tuple[str, ...]
) -> None:
    """Ended in the middle of a run, pytest leaves no process and no file of the demo."""
    output = tmp_path / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            command(tmp_path, "--deploy-phase=first-hour", *workers),
            cwd=ROOT,
            env=environ,
            stdout=file,
            stderr=file,
        )
    owner = psutil.Process(process.pid)
    family: list[psutil.Process] = []
    try:
        came_up = wait_until(lambda: bool(list(tmp_path.glob("deploycheck-pg-*/service.log"))))
        time.sleep(1)
        family = relatives(owner)
    finally:
        process.send_signal(how)
        process.wait(30)
    assert came_up, output.read_text()
    assert wait_until(lambda: not any(alive(one) for one in family))
    assert wait_until(lambda: not list(tmp_path.glob("deploycheck-*")))


def relatives(owner: psutil.Process) -> list[psutil.Process]:
    """Return the processes below a process."""
    try:
        return owner.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def alive(process: psutil.Process) -> bool:
    """Return whether a process still does something."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
