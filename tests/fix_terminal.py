"""A terminal for a program: a pseudo terminal with an emulator, so that tests read what a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from typing import TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


class Terminal:
    """A program on a terminal of a size; :meth:`until` reads what it shows."""

    def __init__(
        self, command: Sequence[str], *, columns: int = 80, rows: int = 24, cwd: Path, environ: Mapping[str, str]
    ) -> None:
        """Start the program as the leader of a session of its own, with the terminal as its controlling one."""
        self.master, worker = pty.openpty()
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._set_size(columns, rows)
        self.before = termios.tcgetattr(worker)
        self.process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(environ),
            stdin=worker,
            stdout=worker,
            stderr=worker,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509  # no thread is running in the child
        )
        self._worker = worker

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the kernel tells the program with SIGWINCH."""
        self.screen.resize(rows, columns)
        self._set_size(columns, rows)

    def type(self, text: str) -> None:
        """Press keys; Ctrl-C is character 3."""
        os.write(self.master, text.encode())

    @property
    def lines(self) -> list[str]:
        """What stands on the screen, blanks at the ends left out."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """The whole screen."""
        return "\n".join(self.lines)

    @property
    def attributes(self) -> object:
        """The modes of the terminal, as ``stty`` shows them."""
        return termios.tcgetattr(self._worker)

    def until(self, found: str | Callable[[str], bool], seconds: float = 60.0) -> str:
        """Read until the screen shows something, and return the screen."""
        end = time.monotonic() + seconds
        shows = (lambda text: found in text) if isinstance(found, str) else found
        while not shows(self.text):
            if time.monotonic() > end:
                raise AssertionError(f"not shown within {seconds:g} s: {found}\n{self.text}")
            self.read(0.1)
        return self.text

    def read(self, seconds: float) -> None:
        """Take in what the program writes within some time."""
        if select.select([self.master], [], [], seconds)[0]:
            data = os.read(self.master, 65536)
            self.raw += data
            self.stream.feed(data)

    def wait(self, seconds: float = 60.0) -> int:
        """Wait for the end of the program, read what is left, and return its exit code."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            if time.monotonic() > end:
                raise AssertionError(f"still running after {seconds:g} s\n{self.text}")
            self.read(0.1)
        for _ in range(20):
            self.read(0.01)
        return self.process.returncode

    def close(self) -> None:
        """End the program and give the terminal back."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self._worker)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
