"""The process that scans a log: the question comes in the environment, the answer goes out as JSON.

A regular expression can take for ever and cannot be interrupted inside a process; a process can be ended. And scanning
must not hold up the threads that measure how fast others answer.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from datetime import datetime
from typing import Any, Final

from pytest_deploycheck import errors
from pytest_deploycheck.asks import LogAnswer, LogAsk, LogSignature
from pytest_deploycheck.sources.logs_scan import scan

QUESTION: Final = "DEPLOYCHECK_LOG_QUESTION"
PATH: Final = "PYTHONPATH"
_TIMES: Final = ("since", "until", "known_since", "at")


def encoded(value: LogAsk | LogAnswer) -> str:
    """Return the question or the answer as text."""
    return json.dumps(dataclasses.asdict(value), default=datetime.isoformat)


def question(text: str) -> LogAsk:
    """Return the question that the text holds."""
    return LogAsk(**_read(json.loads(text)))


def answer(text: bytes) -> LogAnswer:
    """Return the answer that the process wrote.

    Raises:
        SourceError: it wrote that it could not measure.
        InconclusiveError: it wrote that there was nothing to measure.
        ValueError: it wrote something else.
    """
    found = json.loads(text)
    if "error" in found:
        raise getattr(errors, found["error"])(found["message"], found["hint"])
    found["signatures"] = tuple(LogSignature(**each) for each in found["signatures"])
    return LogAnswer(**_read(found))


def main() -> None:
    """Answer the question of the environment."""
    asked = os.environ.pop(QUESTION)
    os.environ.pop(PATH, None)
    try:
        text = encoded(scan(question(asked)))
    except (errors.SourceError, errors.InconclusiveError) as error:
        text = json.dumps({"error": type(error).__name__, "message": error.message, "hint": error.hint})
    sys.stdout.write(text)


def _read(found: dict[str, Any]) -> dict[str, Any]:
    times = {name: datetime.fromisoformat(found[name]) for name in _TIMES if found.get(name)}
    return {name: _frozen(value) for name, value in found.items()} | times


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    main()
