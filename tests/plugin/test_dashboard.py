"""The live dashboard on a real terminal, and the same board from elsewhere while the watch runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.fix_terminal import Terminal
from tests.plugin.conftest import OVERHEAD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

GOOD = "def test_good(): ..."
WATCH = ("--deploy-phase=first-hour", "--deploy-watch", "--deploy-interval=4s", "--deploy-id=r1")


@pytest.fixture
def watch(project: Project) -> Iterator[Callable[..., Terminal]]:
    """Starts watches on terminals, and ends them."""
    opened: list[Terminal] = []
    project.check(GOOD)

    def start(*arguments: str, columns: int = 80, rows: int = 24, **environ: str) -> Terminal:
        command = [sys.executable, "-m", "pytest", *OVERHEAD, *WATCH, *arguments]
        clean = {name: text for name, text in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}}
        environment = {**clean, "TERM": "xterm-256color", "PYTHONUTF8": "1", **environ}
        terminal = Terminal(command, columns=columns, rows=rows, cwd=project.path, environ=environment)
        opened.append(terminal)
        return terminal

    yield start
    for terminal in opened:
        terminal.close()


def test_from_the_first_look_to_ctrl_c(watch: Callable[..., Terminal], project: Project) -> None:
    """80 columns, then 200 while it runs, then Ctrl-C: always one whole board, and a terminal as it was."""
    terminal = watch(columns=80, rows=24)
    text = terminal.until(lambda shown: all(part in shown for part in ("PASS", "test_good", "Ctrl-C stops the watch")))
    lines = text.splitlines()
    assert lines[0].startswith(" PASS  ")
    assert "System health" in text
    assert "Last alerts  no alert went out" in text
    assert "Ctrl-C stops the watch" in text
    assert 1 == text.count("System health")
    status = [sys.executable, "-m", "pytest_deploycheck.cli", "status", "--json"]
    done = subprocess.run(status, cwd=project.path, capture_output=True, text=True, check=True)
    board = json.loads(done.stdout)
    assert ("r1", "PASS") == (board["deployment"]["id"], board["decision"])
    assert board["pace"]["going"] in {"waiting", "looking"}
    assert 4.0 == board["pace"]["interval"]

    terminal.resize(200, 30)
    wide = terminal.until(lambda shown: max(map(len, shown.splitlines())) > 150)
    assert 1 == wide.count("System health")
    assert any("System health" in line and "Last" not in line[:20] and len(line) > 150 for line in wide.splitlines())

    terminal.type("\x03")
    assert 11 == terminal.wait()
    assert "somebody stopped it" in terminal.text
    assert terminal.before == terminal.attributes
    assert b"\x1b[?" not in terminal.raw


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_watch_leaves_a_terminal_that_works(watch: Callable[..., Terminal], number: signal.Signals) -> None:
    """No mode was ever changed and no colour is left on; nothing has to be restored, so nothing can be missed."""
    terminal = watch(NO_COLOR="1")
    terminal.until("test_good")
    terminal.process.send_signal(number)
    terminal.wait()
    assert terminal.before == terminal.attributes
    assert b"\x1b[?" not in terminal.raw
    assert b"\x1b[3" not in terminal.raw.replace(b"\x1b[3;1H", b"")
    assert terminal.screen.cursor.attrs.fg == "default"


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [((), {"TERM": "dumb"}), (("-q",), {}), (("--deploy-plain",), {})],
    ids=["dumb", "quiet", "plain"],
)
def test_plain_lines(watch: Callable[..., Terminal], arguments: tuple[str, ...], environ: dict[str, str]) -> None:
    """A terminal that cannot, or whoever asks for it, gets a line for each look and no escape sequence."""
    terminal = watch("--deploy-duration=2s", *arguments, **environ)
    assert 0 == terminal.wait()
    assert "the phase is over" in terminal.text
    assert b"\x1b[" not in terminal.raw


def test_a_terminal_without_unicode(watch: Callable[..., Terminal]) -> None:
    """Where the encoding is ASCII, so is the board."""
    terminal = watch("--deploy-duration=2s", PYTHONUTF8="0", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert 0 == terminal.wait()
    assert terminal.raw.isascii()
    assert "test_good" in terminal.text
