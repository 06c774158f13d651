"""Logs as a source: how many lines there are of each level, how many match, what the errors are; answers `LogAsk`.

The log may be large, hold anything, and grow; it is scanned in a process of its own (see ``logs_child.py``), which is
ended when it takes too long.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import LogAnswer, LogAsk
from pytest_deploycheck.errors import AnswerTimeoutError, QueryError, SourceError
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.logs_child import PATH, QUESTION, answer, encoded
from pytest_deploycheck.sources.logs_patterns import compiled
from pytest_deploycheck.sources.process import Command, Processes

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHILD: Final = "pytest_deploycheck.sources.logs_child"
_PACKAGES: Final = str(Path(__file__).resolve().parents[2])
_MOST_ANSWER: Final = 64 * 1024 * 1024
_LONGEST_QUESTION: Final = 100_000


class LogSource:
    """Reads log files of this machine, and what programs write."""

    ask_type: type = LogAsk

    def __init__(self) -> None:
        """Start nothing yet."""
        self._processes = Processes()

    def observe(self, ask: LogAsk) -> LogAnswer:
        """Count the lines of the log.

        Raises:
            QueryError: a pattern is no regular expression.
            NoAnswerError: there is no such file, or it is none.
            MissingAccessError: it may not be read.
            AnswerTimeoutError: it took too long.
            SourceError: reading failed.
        """
        _require_patterns(ask.patterns)
        text = encoded(ask)
        if len(text) > _LONGEST_QUESTION:
            raise QueryError(f"the patterns of {_name(ask)} are too long", "Declare fewer of them for one log")
        command = Command(
            argv=(sys.executable, "-P", "-m", _CHILD),
            timeout=ask.timeout,
            allow=ask.allow,
            env=((QUESTION, text), (PATH, os.pathsep.join((_PACKAGES, *filter(None, sys.path))))),
        )
        try:
            ended = self._processes.run(command, max_bytes=_MOST_ANSWER)
        except AnswerTimeoutError:
            raise AnswerTimeoutError(
                f"reading {_name(ask)} took longer than {ask.timeout:g} s",
                "Narrow it with since, simplify its patterns, or raise its timeout",
            ) from None
        try:
            return answer(ended.stdout)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise SourceError(f"reading {_name(ask)} failed: {ended.words() or f'exit code {ended.code}'}") from None

    def close(self) -> None:
        """End what still reads; idempotent."""
        self._processes.close()


def _name(ask: LogAsk) -> str:
    return printable(f"the log of {ask.argv[0]}" if ask.argv else f"the log {ask.path}")


def _require_patterns(patterns: Sequence[str]) -> None:
    try:
        for pattern in patterns:
            compiled(pattern)
    except ValueError as error:
        raise QueryError(str(error)) from None
