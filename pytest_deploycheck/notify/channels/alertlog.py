"""A file with one JSON object a line for each alert: for people, for log shippers, and when all else fails."""

from __future__ import annotations

import json
import os
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import ChannelError
from pytest_deploycheck.notify.channels.webhook import as_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.notify.messages import Message

_SEARCHED: Final = 1024 * 1024


class AlertLogChannel:
    """Appends to the file; exactly once: a doubtful message is looked up before it is written again."""

    def __init__(self, options: Mapping[str, Any], _send: object = None) -> None:
        """Take ``path``, in which ``{date}`` stands for the day in UTC."""
        self._path: str = options["path"]

    def send(self, message: Message, ref: str | None) -> str | None:
        """Append the message; on disk when this returns.

        Raises:
            ChannelError: it cannot be written.
        """
        path = Path(self._path.replace("{date}", f"{message.at.astimezone(UTC):%Y-%m-%d}"))
        line = (json.dumps(as_json(message)) + "\n").encode()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o644)
            try:
                end = _end_of(handle)
                if not (message.doubtful and json.dumps(message.id).encode() in end):
                    os.write(handle, line if not end or end.endswith(b"\n") else b"\n" + line)
                    os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise ChannelError(f"the file cannot be written ({error.strerror})") from None
        return ref


def _end_of(handle: int) -> bytes:
    size = os.fstat(handle).st_size
    os.lseek(handle, max(0, size - _SEARCHED), os.SEEK_SET)
    return os.read(handle, _SEARCHED)
