"""Starts a demo in a process of its own and talks to it; what the root ``conftest.py``, the command and tests use."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from pytest_deploycheck.demo.faults import parse_faults
from pytest_deploycheck.errors import NoAnswerError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 10.0
CONTROL_SECONDS: Final = 75.0


@dataclass(frozen=True, slots=True)
class Control:
    """The control API of a running demo."""

    url: str
    token: str = field(repr=False)

    def fault(self, text: str) -> tuple[str, ...]:
        """Switch ``NAME[=VALUE]`` on and return what is on.

        Raises:
            SettingsError: there is no such fault or value.
            NoAnswerError: the demo does not answer, or cannot do it now.
        """
        return self._ask("POST", {"fault": text})

    def clear(self, name: str | None = None) -> tuple[str, ...]:
        """Switch one fault off, or all of them, and return what is still on.

        Raises:
            SettingsError: there is no such fault.
            NoAnswerError: the demo does not answer, or cannot do it now.
        """
        return self._ask("DELETE", None if name is None else {"fault": name})

    def faults(self) -> tuple[str, ...]:
        """Return what is on.

        Raises:
            NoAnswerError: the demo does not answer.
        """
        return self._ask("GET", None)

    def _ask(self, method: str, body: dict[str, str] | None) -> tuple[str, ...]:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=CONTROL_SECONDS)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, "/faults", text, {"Authorization": f"Bearer {self.token}"})
            response = connection.getresponse()
            status, answer = response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswerError("the demo does not answer", f"Is it still running? ({type(error).__name__})") from None
        finally:
            connection.close()
        return ANSWERS.get(status, _cannot)(answer)


def _done(answer: dict[str, Any]) -> tuple[str, ...]:
    return tuple(answer["faults"])


def _wrong(answer: dict[str, Any]) -> tuple[str, ...]:
    raise SettingsError.of("demo", "", str(answer["error"]), value=answer["value"], hint=answer["hint"])


def _cannot(answer: dict[str, Any]) -> tuple[str, ...]:
    raise NoAnswerError(f"the demo cannot do that now: {answer.get('error', 'no reason given')}")


ANSWERS: Final = {200: _done, 422: _wrong}


class RunningDemo:
    """A demo in another process; it ends with ``stop``, or by itself when this process ends in any way."""

    def __init__(self, process: subprocess.Popen[bytes], facts: dict[str, Any]) -> None:
        """Keep the process and what it told about itself."""
        self._process = process
        self.facts = facts
        self.url: str = facts["url"]
        self.dsn: str = facts["dsn"]
        self.control_url: str = facts["control_url"]
        self.control = Control(facts["control_url"], facts["control_token"])
        self.log = Path(facts["log"])
        self.version: str = facts["version"]

    @property
    def pid(self) -> int:
        """The demo's process id."""
        return self._process.pid

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables that the root ``deploycheck.toml`` needs."""
        return {
            "DEPLOYCHECK_DEMO_URL": self.url,
            "DEPLOYCHECK_DEMO_DSN": self.dsn,
            "DEPLOYCHECK_DEMO_ADMIN_KEY": self.facts["admin_key"],
            "DEPLOYCHECK_DEMO_EMAIL": self.facts["email"],
            "DEPLOYCHECK_DEMO_PASSWORD": self.facts["password"],
            "DEPLOYCHECK_DEMO_LOG": str(self.log),
            "DEPLOYCHECK_DEMO_BACKUPS": self.facts["backups"],
            "DEPLOYCHECK_DEMO_SECRET": self.facts["secrets"][0],
            "DEPLOYCHECK_DEMO_APP_PASSWORD": self.facts["secrets"][2],
        }

    def fault(self, text: str) -> tuple[str, ...]:
        """Switch ``NAME[=VALUE]`` on and return what is on."""
        return self.control.fault(text)

    def clear(self, name: str | None = None) -> tuple[str, ...]:
        """Switch one fault off, or all of them, and return what is still on."""
        return self.control.clear(name)

    def running(self) -> bool:
        """Return whether the process is alive."""
        return self._process.poll() is None

    def wait(self, seconds: float | None = None) -> int | None:
        """Wait until the process ends by itself; return its code, None when it still runs after ``seconds``."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def stop(self) -> None:
        """End the demo and wait until everything of it is gone; idempotent."""
        _end(self._process)

    def __enter__(self) -> Self:
        """Return the demo."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the demo."""
        self.stop()


def start_demo(
    faults: Iterable[str] = (), *, port: int = 0, state: Path | None = None, timeout: float = START_SECONDS
) -> RunningDemo:
    """Start a demo with faults (``NAME[=VALUE]``) and return it when it is ready and under traffic.

    ``state`` is where the demo leaves a note for ``deploycheck demo fault``, nowhere when None.

    Raises:
        SettingsError: a fault or its value does not exist, or the extra ``demo`` is not installed.
        NoAnswerError: it did not start within ``timeout`` seconds.
    """
    wanted = [str(active) for active in parse_faults(faults)]
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    process = subprocess.Popen(  # noqa: S603  # this interpreter and a module of our own
        [
            *(sys.executable, "-P", "-m", "pytest_deploycheck.demo", "--port", str(port)),
            *(part for fault in wanted for part in ("--fault", fault)),
            *(("--state", str(state)) if state is not None else ()),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )
    try:
        facts = _first_line(process, timeout)
    except BaseException:
        _end(process)
        raise
    return RunningDemo(process, facts)


def _first_line(process: subprocess.Popen[bytes], timeout: float) -> dict[str, Any]:
    assert process.stdout is not None
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=lambda stream: lines.put(stream.readline()), args=(process.stdout,), daemon=True).start()
    try:
        line = lines.get(timeout=timeout)
    except queue.Empty:
        raise NoAnswerError(f"the demo was not ready within {timeout:g} s") from None
    facts: dict[str, Any] = json.loads(line) if line.startswith(b"{") else {"error": "it ended without a word"}
    if "needs" in facts:
        raise SettingsError.of("environment", "", facts["needs"], hint="Run: pip install 'pytest-deploycheck[demo]'")
    if "error" in facts:
        raise NoAnswerError(f"the demo did not start: {facts['error']}")
    return facts


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the demo's standard input, which ends it; insist when it does not."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    for number in (None, signal.SIGTERM, signal.SIGKILL):
        if number is not None:
            process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            return
