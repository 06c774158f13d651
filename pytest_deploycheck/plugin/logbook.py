"""The ``logs`` fixture: declared logs, counted by pattern and by level."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.asking import log_ask
from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.measuring import empty_note, measure_errors, measure_new_errors, signature_table

if TYPE_CHECKING:
    from pytest_deploycheck.asks import LogAnswer, LogAsk
    from pytest_deploycheck.model import Measurement
    from pytest_deploycheck.plugin.state import CheckState, DeployRun


class Logs:
    """Reads declared logs."""

    def __init__(self, run: DeployRun, state: CheckState) -> None:
        """Read for one check."""
        self._run = run
        self._state = state

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
        return measure_errors(log, answer)

    @staticmethod
    def new_error_count(log: Any, answer: LogAnswer) -> Measurement:
        """Return how many kinds of errors of a log were not there before the deployment.

        Raises:
            NoDataError: the log does not reach back that far.
        """
        return measure_new_errors(log, answer)

    @staticmethod
    def why_empty(answer: LogAnswer) -> str:
        """Return why the answer says too little."""
        return "the log is longer than what was read" if answer.truncated else empty_note(answer)

    def show_errors(self, answer: LogAnswer) -> None:
        """Put the most frequent kinds of errors into the check's details, whatever comes of it."""
        table = signature_table(answer, self._run.redactor.text)
        if table:
            self._state.attach("\n".join(table))

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
