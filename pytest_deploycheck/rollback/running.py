"""One command of the hook: its placeholders filled, run without a shell, its output bounded and redacted."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import SourceError
from pytest_deploycheck.model import HookStep
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.process import Command, Processes
from pytest_deploycheck.templates import UnknownNameError, in_header

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FAILED: Final = "failed"
NOT_RUN: Final = "not run"
SUCCEEDED: Final = "succeeded"
LONGEST_OUTPUT: Final = 8_000  # characters that reports show
_KEPT: Final = 65_536


def filled(command: Sequence[str], values: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return the arguments with what they name; the values come from outside and may not become options.

    Raises:
        ValueError: a value is missing, begins with a dash where it begins an argument, or holds control characters.
    """
    known = {name: text for name, text in values.items() if text}
    found = []
    for argument in command:
        try:
            text = in_header(argument, known)
        except UnknownNameError as error:
            raise ValueError(f"the {error.name} of the deployment is not known, and the command needs it") from None
        if text.startswith("-") and not argument.startswith("-"):
            raise ValueError(f"{printable(repr(text[:80]))} would be read as an option of the command")
        found.append(text)
    return tuple(found)


def shown(command: Sequence[str], hide: Callable[[str], str]) -> str:
    """Return the command as a person would type it, redacted."""
    return printable(hide(shlex.join(command)))


def run_step(name: str, command: Command, hide: Callable[[str], str]) -> HookStep:
    """Run one command to its end, or until its time is up, and return how it went; it never raises."""
    kept = bytearray()

    def take(_stream: str, chunk: bytes) -> bool:
        kept.extend(chunk)
        del kept[:-_KEPT]
        return True

    processes, started = Processes(), time.monotonic()
    code: int | None = None
    try:
        code = processes.stream(command, take).code
        reason = "" if code == 0 else f"exit code {code}" if code > 0 else f"ended by signal {-code}"
    except SourceError as error:
        reason = printable(hide(str(error)))
    except KeyboardInterrupt:
        reason = "somebody stopped it"
    finally:
        processes.close()
    return HookStep(
        name=name,
        state=FAILED if reason else SUCCEEDED,
        reason=reason,
        command=shown(command.argv, hide),
        exit_code=code,
        seconds=round(time.monotonic() - started, 3),
        output=_bounded(hide(kept.decode("utf-8", "replace"))),
    )


def _bounded(text: str) -> str:
    clean = printable(text.replace("\r\n", "\n"), multiline=True).strip("\n")
    return clean if len(clean) <= LONGEST_OUTPUT else f"…{clean[1 - LONGEST_OUTPUT :]}"
