"""Programs of this machine as a source: ``CommandAsk`` becomes ``CommandAnswer``; above ``process.py``."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from pytest_deploycheck.asks import CommandAnswer, CommandAsk
from pytest_deploycheck.errors import SourceError
from pytest_deploycheck.redact import Redactor
from pytest_deploycheck.sources.process import Command, Processes


class CommandSource:
    """Runs programs; safe to use from several threads at once."""

    ask_type = CommandAsk

    def __init__(self) -> None:
        """Start nothing yet."""
        self._processes = Processes()

    def observe(self, ask: CommandAsk) -> CommandAnswer:
        """Run the program to its end.

        Raises:
            CommandError: it cannot be started, or ended with an exit code that is not accepted.
            QueryError: it is no command.
            AnswerTimeoutError: it did not end in time; it was killed with all that it started.
            AnswerTooLargeError: it wrote too much; it was killed.
        """
        at = datetime.now(UTC)
        command = Command(argv=ask.argv, timeout=ask.timeout, allow=ask.allow, cwd=ask.cwd)
        try:
            finished = self._processes.run(command, max_bytes=ask.max_bytes)
            if ask.exit_codes and finished.code not in ask.exit_codes:
                finished.succeeded("Run it by hand as the same user")
        except SourceError as error:
            # what it wrote may quote a variable that it was given
            secrets = [os.environ[name] for name in ask.allow if name in os.environ]
            error.message = Redactor(secrets).text(error.message)
            raise
        return CommandAnswer(
            code=finished.code, output=finished.stdout, seconds=finished.seconds, target=command.name, at=at
        )

    def close(self) -> None:
        """Kill what still runs; idempotent."""
        self._processes.close()
