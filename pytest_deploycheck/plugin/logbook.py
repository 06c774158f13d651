"""The ``logs`` fixture: declared log files, counted by pattern and by level."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asking import log_ask
from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.phases import format_duration

if TYPE_CHECKING:
    from pytest_deploycheck.asks import LogAnswer, LogAsk
    from pytest_deploycheck.plugin.state import DeployRun

ERROR_LEVELS: Final = frozenset({"ERROR", "CRITICAL", "FATAL", "EMERGENCY", "ALERT", "PANIC"})


class Logs:
    """Reads declared logs."""

    def __init__(self, run: DeployRun) -> None:
        """Read for one check."""
        self._run = run

    def __call__(self, log: Any) -> LogAnswer:
        """Return the counts of a declared log, named by its id or given as the entry itself.

        Raises:
            SourceError: the log cannot be read.
            SettingsError: no log has that id.
        """
        answer: LogAnswer = self._run.observatory.observe(self._ask(log))
        return answer

    def count(self, log: Any, pattern: str) -> int:
        """Return how many lines of a declared log match a regular expression.

        Raises:
            SourceError: the log cannot be read.
        """
        ask = replace(self._ask(log), patterns=(pattern,))
        answer: LogAnswer = self._run.observatory.observe(ask)
        return dict(answer.matches)[pattern]

    @staticmethod
    def error_count(log: Any, answer: LogAnswer) -> Measurement:
        """Return how many lines of a log are errors or worse, by their level."""
        count = sum(count for level, count in answer.levels if level in ERROR_LEVELS)
        return Measurement(
            metric=f"{log.id}.errors",
            value=count if answer.lines else None,
            n=answer.lines or None,
            note=None if answer.lines else "the log has no line in this time",
            window=format_duration(log.since) if log.since else None,
            source="log",
            query="lines of level ERROR or worse",
            target=log.path,
            at=answer.at,
        )

    def _ask(self, log: Any) -> LogAsk:
        return log_ask(self._run.settings, self._entry(log), self._run.deployment, self._run.now)

    def _entry(self, log: Any) -> Any:
        if not isinstance(log, str):
            return log
        known = {entry.id: entry for entry in self._run.settings.logs}
        if log in known:
            return known[log]
        near = get_close_matches(log, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else "Declare it as [[log]]."
        raise SettingsError.of(self._run.settings.path.name, "log", f"no log has the id {log!r}", hint=hint)
