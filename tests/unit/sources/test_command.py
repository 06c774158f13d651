"""Programs as a source of numbers."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.asks import CommandAsk
from pytest_deploycheck.errors import AnswerTimeoutError, AnswerTooLargeError, CommandError
from pytest_deploycheck.sources.command import CommandSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def source() -> Iterator[CommandSource]:
    """A source that is closed at the end."""
    made = CommandSource()
    yield made
    made.close()


def python(code: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs a piece of Python."""
    return (sys.executable, "-c", code, *arguments)


def test_output(source: CommandSource, tmp_path: Path) -> None:
    """Arguments go as they are, no shell reads them; the folder is the one that was given."""
    code = "import os, sys; print(sys.argv[1], os.getcwd())"
    answer = source.observe(CommandAsk(argv=python(code, "$HOME; echo *"), cwd=str(tmp_path)))
    assert (0, f"$HOME; echo * {tmp_path}\n".encode()) == (answer.code, answer.output)
    assert "python" in answer.target


def test_exit_code(source: CommandSource) -> None:
    """Other codes than the accepted ones are an error with the last line of stderr; none given accepts any."""
    failing = python("import sys; sys.exit('the disk is gone')")
    with pytest.raises(CommandError, match="exit code 1: the disk is gone"):
        source.observe(CommandAsk(argv=failing))
    assert 1 == source.observe(CommandAsk(argv=failing, exit_codes=())).code


def test_environment(source: CommandSource, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is allowed is seen, and it is not told when the program quotes it."""
    monkeypatch.setenv("DB_PASSWORD", "s3cr3t-word")
    monkeypatch.setenv("OTHER", "not yours")
    code = "import os, sys; sys.exit(str(os.environ.get('DB_PASSWORD')) + str(os.environ.get('OTHER')))"
    with pytest.raises(CommandError, match=r"\*\*\*None") as caught:
        source.observe(CommandAsk(argv=python(code), allow=("DB_PASSWORD",)))
    assert "s3cr3t" not in str(caught.value)


def test_bounds(source: CommandSource) -> None:
    """Time and output are limited, children included."""
    began = time.monotonic()
    child = f"import subprocess, sys; subprocess.run([{sys.executable!r}, '-c', 'import time; time.sleep(60)'])"
    with pytest.raises(AnswerTimeoutError):
        source.observe(CommandAsk(argv=python(child), timeout=0.5))
    assert time.monotonic() - began < 30
    with pytest.raises(AnswerTooLargeError):
        source.observe(CommandAsk(argv=python("while True: print('x' * 1000)"), max_bytes=5000))


def test_unknown_program(source: CommandSource) -> None:
    """It says so."""
    with pytest.raises(CommandError, match="there is no program no-such-program-here"):
        source.observe(CommandAsk(argv=("no-such-program-here",)))
