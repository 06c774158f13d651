"""What pgBackRest and Barman say about their backups; answers :class:`BackupToolAsk`. They only list."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asks import BackupFile, BackupList, BackupToolAsk
from pytest_deploycheck.errors import BadAnswerError, CommandError, InconclusiveError, QueryError
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.process import Command, Processes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MOST: Final = 16 << 20
_DONE: Final = frozenset({"DONE", "WAITING_FOR_WALS"})
_Read = tuple[list[BackupFile], str | None]


class BackupToolSource:
    """Asks backup tools for their listings."""

    ask_type: type = BackupToolAsk

    def __init__(self) -> None:
        """Ask nothing yet."""
        self._processes = Processes()

    def observe(self, ask: BackupToolAsk) -> BackupList:
        """Return the tool's finished backups, the newest first, and what it calls wrong.

        Raises:
            InconclusiveError: the tool is not installed here.
            CommandError: it ended with an error.
            QueryError: it knows no such stanza or server.
            BadAnswerError: it answered something else.
        """
        arguments, read = _TOOLS[ask.tool]
        command = Command(argv=(*arguments[:-1], arguments[-1] + ask.name), timeout=ask.timeout)
        try:
            done = self._processes.run(command, max_bytes=_MOST)
        except CommandError as error:
            raise InconclusiveError(error.message, f"Install {ask.tool} where the checks run") from None
        text = done.succeeded(f"Run {ask.tool} by hand as this account").stdout
        try:
            files, problem = read(json.loads(text), ask.name)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise BadAnswerError(f"{ask.tool} answered something else than its listing of backups") from None
        files.sort(key=lambda file: file.at, reverse=True)
        return BackupList(
            files=tuple(files), place=f"{ask.tool} {printable(ask.name)}", problem=problem, at=datetime.now(UTC)
        )

    def close(self) -> None:
        """End what still runs."""
        self._processes.close()


def _pgbackrest(answer: Any, name: str) -> _Read:
    stanza = next((each for each in answer if each["name"] == name), None)
    if stanza is None:
        raise QueryError(f"pgBackRest knows no stanza {printable(name)}", "Correct the name of the tool's stanza")
    status = stanza["status"]
    broken = [str(each["label"]) for each in stanza["backup"] if each.get("error")]
    problem = f"status {status['code']}: {status['message']}" if status["code"] else None
    if broken and problem is None:
        problem = f"page checksum errors in {', '.join(broken[-3:])}"
    files = [
        BackupFile(
            name=str(each["label"]),
            bytes=int(each["info"]["size"]),
            at=datetime.fromtimestamp(each["timestamp"]["stop"], UTC),
        )
        for each in stanza["backup"]
    ]
    return files, printable(problem) if problem else None


def _barman(answer: Any, name: str) -> _Read:
    if name not in answer:
        raise QueryError(f"Barman knows no server {printable(name)}", "Correct the name of the tool's server")
    entries = answer[name]
    files = [
        BackupFile(
            name=str(each["backup_id"]),
            bytes=int(each["size_bytes"]),
            at=datetime.fromtimestamp(int(each["end_time_timestamp"]), UTC),
        )
        for each in entries
        if each["status"] in _DONE
    ]
    newest = max(((str(each["backup_id"]), each["status"]) for each in entries), default=("", ""))
    return files, f"the newest backup {printable(newest[0])} failed" if newest[1] == "FAILED" else None


_TOOLS: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Any, str], _Read]]]] = {
    "pgbackrest": (("pgbackrest", "info", "--output=json", "--stanza="), _pgbackrest),
    "barman": (("barman", "--format", "json", "list-backups", ""), _barman),
}
