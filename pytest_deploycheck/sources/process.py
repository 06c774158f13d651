"""Programs of this machine, for every source that has to start one; beside ``net.py``, it knows nothing of asks.

A program gets its arguments as a list and never passes through a shell. It is bounded in time and output, sees only the
environment variables on a list, and is ended together with whatever it started in its process group.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from pytest_deploycheck.errors import (
    AnswerTimeoutError,
    AnswerTooLargeError,
    CommandError,
    QueryError,
    SourceError,
)
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.net import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

# what programs need to find themselves, their settings and their language; nothing that could hold a secret
ENVIRONMENT: Final = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "TZ", "TMPDIR"),
    *("XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "SYSTEMROOT", "LD_LIBRARY_PATH"),
)
STDOUT: Final = "stdout"
STDERR: Final = "stderr"
_CHUNK: Final = 65_536
_KEPT_STDERR: Final = 65_536
_LONGEST_WORDS: Final = 300
# how long a program's output stays open after its own end, because a child of it holds it
_LINGER: Final = 0.5
_POLL: Final = 0.05
_GRACE: Final = 0.5
_REAPING: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program with its arguments, and its bounds: ``timeout`` in seconds for all of it.

    ``allow`` names further variables of our environment that it may see, ``env`` sets some of its own.
    """

    argv: tuple[str, ...]
    timeout: float = 10.0
    allow: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cwd: str | None = None

    @property
    def name(self) -> str:
        """The program, safe to show; arguments may hold secrets."""
        return printable(Path(self.argv[0]).name) if self.argv else "the command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a program ended: its exit code (negative: the signal), what it wrote, and how many seconds it took."""

    command: Command
    code: int
    seconds: float
    stdout: bytes = field(default=b"", repr=False)
    stderr: bytes = field(default=b"", repr=False)

    def words(self) -> str:
        """Return the last line that it wrote to stderr, safe to show, or an empty text."""
        lines = [line for line in self.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        return printable(lines[-1].strip()[:_LONGEST_WORDS]) if lines else ""

    def succeeded(self, hint: str | None = None) -> Finished:
        """Return this when the exit code is 0.

        Raises:
            CommandError: it is not; the message holds the last line of stderr.
        """
        if self.code == 0:
            return self
        end = f"exit code {self.code}" if self.code > 0 else f"signal {-self.code}"
        words = self.words()
        raise CommandError(f"{self.command.name} ended with {end}{f': {words}' if words else ''}", hint)


class Processes:
    """Starts programs; ``close`` ends those that still run. Safe to use from several threads at once."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    def run(self, command: Command, *, max_bytes: int) -> Finished:
        """Run a program to its end and return what it wrote; of stderr the last 64 KiB.

        Raises:
            CommandError: it cannot be started.
            QueryError: it is no command: empty, or with a NUL in it.
            AnswerTimeoutError: it did not end in time; it was killed.
            AnswerTooLargeError: it wrote more than ``max_bytes``; it was killed.
        """
        written: dict[str, bytearray] = {STDOUT: bytearray(), STDERR: bytearray()}

        def take(stream: str, chunk: bytes) -> bool:
            written[stream] += chunk
            if stream == STDERR:
                del written[STDERR][:-_KEPT_STDERR]
            elif len(written[STDOUT]) > max_bytes:
                raise AnswerTooLargeError(
                    f"{command.name} wrote more than {max_bytes} bytes", "Let it print less, or raise the limit"
                )
            return True

        ended = self.stream(command, take)
        return Finished(
            command=command,
            code=ended.code,
            seconds=ended.seconds,
            stdout=bytes(written[STDOUT]),
            stderr=bytes(written[STDERR]),
        )

    def stream(self, command: Command, take: Callable[[str, bytes], bool]) -> Finished:
        """Run a program and hand over each piece of its output as it comes; it ends early when ``take`` says False.

        ``take`` gets ``stdout`` or ``stderr`` and the bytes (not whole lines); what it raises ends the program, too.

        Raises:
            CommandError: it cannot be started.
            QueryError: it is no command: empty, or with a NUL in it.
            AnswerTimeoutError: it did not end in time; it was killed.
            SourceError: the run is ending.
        """
        deadline, started = Deadline(command.timeout), time.monotonic()
        process = self._start(command)
        try:
            for stream, chunk in _output(process, deadline):
                if not take(stream, chunk):
                    break
            else:
                _wait(process, deadline)
            if not _has_ended(process) and not deadline.left():
                raise AnswerTimeoutError(
                    f"{command.name} did not end within {command.timeout:g} s", "Raise its timeout, or let it do less"
                )
        finally:
            self._end(process)
        if self._closed:
            raise SourceError(f"{command.name} was ended: the run is ending")
        code = -signal.SIGKILL if process.returncode is None else process.returncode
        return Finished(command=command, code=code, seconds=time.monotonic() - started)

    def close(self) -> None:
        """Kill what still runs; idempotent."""
        with self._lock:
            self._closed = True
            for process in self._running:
                _kill_group(process, signal.SIGKILL)

    def _start(self, command: Command) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise SourceError(f"{command.name} was not started: the run is ending")
            process = _popen(command)
            self._running.add(process)
            return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """End the whole group, its leader first noticed and only then reaped: until then nobody else has its number."""
        if not _has_ended(process):
            _kill_group(process, signal.SIGTERM)
            _wait(process, Deadline(_GRACE))
        with self._lock:
            _kill_group(process, signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):  # the kernel may hold it back, on a dead network disk for example
                process.wait(_REAPING)
            self._running.discard(process)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def environment(allow: Sequence[str] = (), extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables that a program may see: those that all need, those allowed, and some of its own."""
    names = dict.fromkeys((*ENVIRONMENT, *allow))
    return {name: os.environ[name] for name in names if name in os.environ} | dict(extra or {})


def _popen(command: Command) -> subprocess.Popen[bytes]:
    if not command.argv or any("\0" in part for part in command.argv):
        raise QueryError("the command is empty or holds a NUL", "Write it as a list: program, argument, argument")
    variables = environment(command.allow, dict(command.env))
    program = command.argv[0]
    if os.sep in program:
        program = str(Path(command.cwd or "") / program)
    found = shutil.which(program, path=variables.get("PATH"))
    if found is None:
        raise CommandError(
            f"there is no program {printable(command.argv[0])} that may be run",
            "Install it, or correct the command or PATH",
        )
    try:
        return subprocess.Popen(  # noqa: S603  # a list of arguments from the settings, never a shell
            [str(Path(found).absolute()), *command.argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=variables,
            cwd=command.cwd,
            bufsize=0,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or type(error).__name__
        raise CommandError(f"{command.name} cannot be started ({words})", "Correct the command") from None


def _output(process: subprocess.Popen[bytes], deadline: Deadline) -> Iterator[tuple[str, bytes]]:
    """Yield what the program writes until both streams end, the time is up, or only children of it hold them open."""
    with selectors.DefaultSelector() as selector:
        for name, pipe in ((STDOUT, process.stdout), (STDERR, process.stderr)):
            assert pipe is not None
            selector.register(pipe, selectors.EVENT_READ, name)
        lingering: Deadline | None = None
        while selector.get_map() and deadline.left():
            if lingering is None and _has_ended(process):
                lingering = Deadline(_LINGER)
            ready = selector.select(min(deadline.left(), _POLL))
            if not ready and lingering is not None and not lingering.left():
                return
            for key, _ in ready:
                chunk = _read(key.fileobj)
                if chunk:
                    yield key.data, chunk
                else:
                    selector.unregister(key.fileobj)


def _read(pipe: object) -> bytes:
    file: IO[bytes] = pipe  # type: ignore[assignment]  # the selector hands back what it was given
    return os.read(file.fileno(), _CHUNK)


def _wait(process: subprocess.Popen[bytes], deadline: Deadline) -> None:
    """Wait until the program has ended or the time is up, without reaping it."""
    pause = 0.001
    while not _has_ended(process) and deadline.left():
        time.sleep(min(pause, deadline.left()))
        pause = min(pause * 2, _POLL)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Tell whether the program ended; where the system can, without reaping it, so that its group keeps its number."""
    if process.returncode is not None or not hasattr(os, "waitid"):
        return process.poll() is not None
    with suppress(ChildProcessError):
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    return True


def _kill_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to the program and all in its group; one that is gone is no error."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.kill()
