"""Programs started by sources: bounded in time, output and environment, and gone afterwards with all their children."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.errors import (
    AnswerTimeoutError,
    AnswerTooLargeError,
    CommandError,
    QueryError,
    SourceError,
)
from pytest_deploycheck.sources.process import Command, Processes

if TYPE_CHECKING:
    from collections.abc import Iterator

KIB = 1024


@pytest.fixture
def processes() -> Iterator[Processes]:
    """Return a runner that is closed afterwards."""
    runner = Processes()
    yield runner
    runner.close()


def shell(script: str, **changes: object) -> Command:
    """Return a command that runs a script; the tests' own shell, not the product's."""
    return Command(argv=("sh", "-c", script), **changes)  # type: ignore[arg-type]  # keywords of Command


def is_there(pid: int) -> bool:
    """Tell whether a process runs; a zombie that nobody reaped yet counts as gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    return False


def wait_until_gone(pid: int) -> bool:
    """Return whether the process went away within five seconds."""
    end = time.monotonic() + 5
    while is_there(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return not is_there(pid)


def test_both_streams_and_the_exit_code(processes: Processes) -> None:
    """What a program writes comes back by stream, with its exit code."""
    found = processes.run(shell("echo out; echo err >&2; exit 3"), max_bytes=KIB)
    assert (3, b"out\n", b"err\n") == (found.code, found.stdout, found.stderr)


def test_a_failure_quotes_the_last_line_of_stderr(processes: Processes) -> None:
    """An exit code that is not 0 becomes one line, control characters shown and not sent."""
    found = processes.run(shell(r"printf 'first\nno such \033[31mcontainer\n\n' >&2; exit 1"), max_bytes=KIB)
    with pytest.raises(CommandError, match=r"^sh ended with exit code 1: no such \\x1b\[31mcontainer\. Look$"):
        found.succeeded("Look")


def test_arguments_never_pass_through_a_shell(processes: Processes, tmp_path: Path) -> None:
    """What a shell would run is an argument like any other."""
    text = f"$(touch {tmp_path}/made); `id` | cat > {tmp_path}/made"
    assert text.encode() == processes.run(Command(argv=("printf", "%s", text)), max_bytes=KIB).stdout
    assert [] == list(tmp_path.iterdir())


def test_only_listed_variables_are_seen(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret in our environment stays there unless its name is allowed."""
    monkeypatch.setenv("SHOP_API_KEY", "s3cret-value")
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    seen = processes.run(Command(argv=("env",), allow=("DOCKER_HOST",), env=(("OWN", "1"),)), max_bytes=64 * KIB)
    lines = seen.stdout.decode().splitlines()
    assert {"DOCKER_HOST=tcp://127.0.0.1:1", "OWN=1", f"PATH={os.environ['PATH']}"} <= set(lines)
    assert [] == [line for line in lines if "s3cret" in line]


def test_a_hanging_program_is_killed_with_its_children(processes: Processes, tmp_path: Path) -> None:
    """After the timeout nothing of the process group runs on, also when it ignores a polite request."""
    pid = tmp_path / "pid"
    script = f"trap '' TERM; (trap '' TERM; sleep 60) & echo $! > {pid}; sleep 60"
    with pytest.raises(AnswerTimeoutError, match=r"^sh did not end within 0\.3 s"):
        processes.run(shell(script, timeout=0.3), max_bytes=KIB)
    assert wait_until_gone(int(pid.read_text()))


def test_a_child_that_holds_the_output_open_is_not_waited_for(processes: Processes, tmp_path: Path) -> None:
    """A program that leaves a child behind has ended when it ends, and takes the child with it."""
    pid = tmp_path / "pid"
    found = processes.run(shell(f"sleep 60 & echo $! > {pid}; echo done", timeout=30), max_bytes=KIB)
    assert (0, b"done\n") == (found.code, found.stdout)
    assert found.seconds < 30
    assert wait_until_gone(int(pid.read_text()))


def test_endless_output_ends_at_the_limit(processes: Processes) -> None:
    """More than the limit is an error, and memory stays bounded."""
    with pytest.raises(AnswerTooLargeError, match=r"^yes wrote more than 1024 bytes"):
        processes.run(Command(argv=("yes",)), max_bytes=KIB)


def test_endless_stderr_is_cut_from_the_front(processes: Processes) -> None:
    """Of stderr the end is kept: there stands why it failed."""
    found = processes.run(shell("head -c 200000 /dev/zero >&2; echo why >&2; exit 1"), max_bytes=KIB)
    assert 65_536 == len(found.stderr)
    assert found.stderr.endswith(b"why\n")


@pytest.mark.parametrize("argv", [("no-such-program-here",), ("./nowhere",), ("/",)])
def test_a_missing_program_is_named(processes: Processes, argv: tuple[str, ...]) -> None:
    """What cannot be started says so, without a traceback."""
    with pytest.raises(CommandError, match=r"^there is no program .* that may be run\. Install it"):
        processes.run(Command(argv=argv), max_bytes=KIB)


def test_a_file_that_is_no_program_is_named(processes: Processes, tmp_path: Path) -> None:
    """An executable file that the system cannot run is an error of the command."""
    path = tmp_path / "tool"
    path.write_bytes(b"\x00garbage")
    path.chmod(0o755)
    with pytest.raises(CommandError, match=r"^tool cannot be started \(Exec format error\)"):
        processes.run(Command(argv=(str(path),)), max_bytes=KIB)


@pytest.mark.parametrize("argv", [(), ("echo", "a\0b")])
def test_what_is_no_command_is_refused(processes: Processes, argv: tuple[str, ...]) -> None:
    """An empty list and a NUL are refused before anything starts."""
    with pytest.raises(QueryError, match="the command is empty or holds a NUL"):
        processes.run(Command(argv=argv), max_bytes=KIB)


def test_a_relative_program_starts_at_its_folder(processes: Processes, tmp_path: Path) -> None:
    """A program with a slash in its name is found from the folder that is given."""
    path = tmp_path / "tool"
    path.write_text("#!/bin/sh\npwd\n")
    path.chmod(0o755)
    found = processes.run(Command(argv=("./tool",), cwd=str(tmp_path)), max_bytes=KIB)
    assert f"{tmp_path}\n".encode() == found.stdout


def test_streaming_stops_when_enough_is_seen(processes: Processes) -> None:
    """A program without an end ends as soon as its reader has enough."""
    seen = bytearray()

    def take(stream: str, chunk: bytes) -> bool:
        assert "stdout" == stream
        seen.extend(chunk)
        return len(seen) < KIB

    assert processes.stream(Command(argv=("yes",)), take).code < 0
    assert KIB <= len(seen)


def test_a_reader_that_raises_ends_the_program(processes: Processes, tmp_path: Path) -> None:
    """What the reader raises comes out unchanged, and nothing runs on."""
    pid = tmp_path / "pid"

    def take(stream: str, chunk: bytes) -> bool:
        raise ValueError(f"{stream} {chunk!r}")

    with pytest.raises(ValueError, match="stdout b'x"):
        processes.stream(shell(f"echo $$ > {pid}; echo x; sleep 60"), take)
    assert wait_until_gone(int(pid.read_text()))


def test_close_ends_what_runs_and_refuses_more(tmp_path: Path) -> None:
    """The end of a run does not wait for programs, and starts none."""
    runner, errors, pid = Processes(), list[BaseException](), tmp_path / "pid"

    def work() -> None:
        try:
            runner.run(shell(f"echo $$ > {pid}; exec sleep 60", timeout=60), max_bytes=KIB)
        except SourceError as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    end = time.monotonic() + 10
    while not (pid.exists() and pid.read_text().strip()) and time.monotonic() < end:
        time.sleep(0.01)
    runner.close()
    thread.join(10)
    assert ["sh was ended: the run is ending"] == [str(error) for error in errors]
    with pytest.raises(SourceError, match="sh was not started: the run is ending"):
        runner.run(shell("true"), max_bytes=KIB)
