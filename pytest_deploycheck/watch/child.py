"""One tick as a subprocess: started, waited for, stopped when the watch is stopped, ended when it takes too long."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping, Sequence
    from pathlib import Path

POLL: Final = 0.05
# how long a stopped tick may take to write its reports, and then to end by itself
GRACE: Final = 15.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a subprocess ended: its exit code (negative is a signal), and whether it had to be killed and why."""

    code: int
    killed: str | None = None


def run_child(
    command: Sequence[str],
    *,
    environ: Mapping[str, str],
    folder: Path,
    log: Path,
    stop: threading.Event,
    timeout: float,
) -> Ended:
    """Run ``command`` in ``folder`` with its output in ``log``, at most ``timeout`` seconds.

    It is a process group of its own: Ctrl-C on the terminal reaches the watch only, which then asks it to stop.

    Raises:
        OSError: it cannot be started, or the log cannot be written.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # the interpreter itself, with the arguments that we were given
            list(command),
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        return _wait(process, stop, timeout)
    finally:
        _kill(process)  # whatever it left behind


def _wait(process: subprocess.Popen[bytes], stop: threading.Event, timeout: float) -> Ended:
    left = timeout
    while left > 0:
        with suppress(subprocess.TimeoutExpired):
            return Ended(process.wait(POLL))
        left -= POLL
        if stop.is_set():
            return _asked(process, None)
    return _asked(process, f"it took longer than {timeout:g} s")


def _asked(process: subprocess.Popen[bytes], why: str | None) -> Ended:
    """Ask the process to stop as Ctrl-C would, so that it writes its reports; kill it when it does not."""
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        return Ended(process.wait(GRACE), why)
    _kill(process)
    return Ended(process.wait(), why or "it did not stop when asked")


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
