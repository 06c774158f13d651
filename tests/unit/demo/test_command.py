"""The command ``deploycheck demo``, run as people run it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_deploycheck.demo import command

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]
RUN = "import sys; from pytest_deploycheck.cli import main; sys.exit(main(['demo', *sys.argv[1:]]))"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment whose temporary files are this test's own, and open to the account of the database."""
    return {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}


@pytest.fixture
def no_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No demo of this user can be found."""
    monkeypatch.setattr(command, "state_path", lambda: tmp_path / "note.json")


def call(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-c", RUN, *arguments], env=env, capture_output=True, text=True, check=False, timeout=60
    )


def started(env: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    """Start a demo and return when it has introduced itself."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Ctrl-C" in line:
            return process
    assert process.stderr is not None
    pytest.fail(process.stderr.read())


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Wait for a condition; return whether it came true."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_runs_until_it_is_ended_and_leaves_nothing(
    environ: dict[str, str], tmp_path: Path, how: signal.Signals
) -> None:
    """Faults are switched from another process; however the command ends, no process and no file stays."""
    process = started(environ, "--fault", "slow=0.1")
    family = psutil.Process(process.pid).children(recursive=True)
    assert "on: slow=0.1, error-rate=12\n" == call("fault", "error-rate=12", env=environ).stdout
    assert "* error-rate" in call("fault", "--list", env=environ).stdout
    assert "on: error-rate=12\n" == call("fault", "--clear", "slow", env=environ).stdout
    assert "on: none\n" == call("fault", "--clear", env=environ).stdout
    process.send_signal(how)
    process.communicate(timeout=20)
    assert (0 if how is signal.SIGINT else -how) == process.returncode
    assert wait_until(lambda: not list(tmp_path.iterdir()))
    assert wait_until(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family))


@pytest.mark.usefixtures("no_demo")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("fault", "down"), 1, "no demo is running. Start one with: deploycheck demo"),
        (("fault", "--clear"), 1, "no demo is running"),
        (("fault", "dwn"), 4, "Did you mean down?"),
        (("fault",), 4, "name a fault, or use --clear or --list"),
        (("--fault", "slow=x"), 4, "needs SECONDS, a number from 0 to 60 (got 'x')"),
        (("--port", "99999"), 4, "--port: must be 0 to 65535 (got 99999)"),
    ],
)
def test_wrong_usage_is_one_clear_line(
    arguments: tuple[str, ...],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Errors say what to do, without a traceback."""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert code == command.run(parser.parse_args(list(arguments)))
    error = capsys.readouterr().err
    assert message in error
    assert 1 == error.count("\n")


def test_a_taken_port_is_told(environ: dict[str, str]) -> None:
    """A second demo on the same port says that the port is taken."""
    process = started(environ, "--port", "0")
    try:
        family = psutil.Process(process.pid).children()
        taken = next(c.laddr.port for one in family for c in one.net_connections("tcp") if c.status == "LISTEN")
        refused = call("--port", str(taken), env=environ)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert 1 == refused.returncode
    assert f"port {taken} cannot be used" in refused.stderr


@pytest.mark.usefixtures("no_demo")
def test_the_list_names_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    """The list needs no running demo."""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert 0 == command.run(parser.parse_args(["fault", "--list"]))
    assert "error-rate=PERCENT" in capsys.readouterr().out
