"""What a program writes, as the bytes of a log: both streams, as they come; below the log source.

It runs inside the process that scans, in its process group, so that it ends with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import CommandError
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.logs_blocks import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_KEPT: Final = 2000
_LONGEST_WORDS: Final = 300


def written(argv: Sequence[str], cwd: str | None = None) -> Iterator[bytes]:
    """Yield what the program writes to stdout and stderr.

    Raises:
        CommandError: it cannot be started, or ended with another exit code than 0.
    """
    name = printable(Path(argv[0]).name)
    program = argv[0] if os.sep not in argv[0] else str(Path(cwd or "") / argv[0])
    found = shutil.which(program)
    if found is None:
        raise CommandError(
            f"there is no program {printable(argv[0])} that may be run", "Install it, or correct the command or PATH"
        )
    try:
        process = subprocess.Popen(  # noqa: S603  # a list of arguments from the settings, never a shell
            [str(Path(found).absolute()), *argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            bufsize=0,
        )
    except OSError as error:
        raise CommandError(f"{name} cannot be started ({error.strerror})", "Correct the command") from None
    assert process.stdout is not None
    last = b""
    try:
        with process.stdout as pipe:
            while piece := pipe.read(BLOCK):
                last = (last + piece)[-_KEPT:]
                yield piece
    finally:
        if process.poll() is None and not process.stdout.closed:
            process.kill()
        code = process.wait()
    if code:
        words = [line for line in last.decode("utf-8", "replace").splitlines() if line.strip()]
        shown = f": {printable(words[-1].strip()[:_LONGEST_WORDS])}" if words else ""
        raise CommandError(f"{name} ended with {code}{shown}", "Run the command by hand on this machine")
