"""What a channel is, and the way to an HTTP service that several of them share; ground floor of the channels."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from pytest_deploycheck.asks import HttpAnswer, HttpAsk
from pytest_deploycheck.errors import (
    AnswerTimeoutError,
    BadAnswerError,
    ChannelError,
    NoAnswerError,
    QueryError,
    SourceError,
)

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_deploycheck.notify.messages import Message

Send = Callable[[HttpAsk], HttpAnswer]
LARGEST_ANSWER: Final = 4 * 1024 * 1024
LONGEST_WAIT: Final = 3600.0
_SECONDS: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,60}")
_TRANSIENT: Final = frozenset({408, 425, 429})
_ERRORS: Final = 300
_SERVER_ERRORS: Final = 500


class Channel(Protocol):
    """A way to tell something.

    A channel may be asked for the same message again when nobody knows whether it arrived; then ``message.doubtful``
    is set and ``message.id`` is the same as before.
    """

    def send(self, message: Message, ref: str | None) -> str | None:
        """Send a message and return what to be given as ``ref`` with the next one of the same alert.

        Raises:
            ChannelError: it did not arrive.
        """


def post(
    send: Send,
    url: str,
    payload: Any,
    *,
    headers: tuple[tuple[str, str], ...] = (),
    method: str = "POST",
    timeout: float = 10.0,
    now: datetime | None = None,
    content: bytes | None = None,
) -> HttpAnswer:
    """Send JSON (or ``content``) and return an answer below 300.

    Raises:
        ChannelError: no such answer came.
    """
    ask = HttpAsk(
        url=url,
        method=method,
        headers=headers if content is None else (("Content-Type", "application/json"), *headers),
        json_body=None if payload is None or content is not None else json.dumps(payload),
        content=content,
        timeout=timeout,
        max_bytes=LARGEST_ANSWER,
        retries=1,
    )
    try:
        answer = send(ask)
    except SourceError as error:
        raise _translated(error, timeout) from None
    if answer.status < _ERRORS:
        return answer
    raise refused(answer, now)


def refused(answer: HttpAnswer, now: datetime | None = None) -> ChannelError:
    """Return the error for an answer that says no."""
    # GitHub says 403 with Retry-After when it is asked too often
    again = answer.status in _TRANSIENT or answer.status >= _SERVER_ERRORS or answer.header("retry-after") is not None
    word = word_of(answer)
    return ChannelError(
        f"it answered HTTP {answer.status}" + (f" ({word})" if word else ""),
        retry_after=wait_of(answer, now) if again else None,
        permanent=not again,
    )


def wait_of(answer: HttpAnswer, now: datetime | None) -> float | None:
    """Return the seconds of Retry-After, at most an hour, None when it is not there."""
    text = answer.header("retry-after")
    if text is None:
        return None
    try:
        if _SECONDS.fullmatch(text.strip()):
            return min(float(text), LONGEST_WAIT)
        at = parsedate_to_datetime(text)
        return None if now is None else min(max(0.0, (at - now).total_seconds()), LONGEST_WAIT)
    except (ValueError, TypeError, OverflowError):
        return None


def word_of(answer: HttpAnswer) -> str | None:
    """Return the service's own word for what is wrong, when it is a plain one."""
    try:
        found = answer.json()
    except BadAnswerError:
        found = answer.text()
    if isinstance(found, dict):
        found = found.get("error")
    return found if isinstance(found, str) and _WORD.fullmatch(found) else None


def _translated(error: SourceError, timeout: float) -> ChannelError:
    """Return the error in words without the address: that is the secret of a webhook."""
    if isinstance(error, AnswerTimeoutError):
        return ChannelError(f"no answer within {timeout:g} s", uncertain=True)
    if isinstance(error, NoAnswerError):
        return ChannelError("no connection, or it was lost", uncertain=True)
    if isinstance(error, QueryError):
        return ChannelError("its address cannot be used", permanent=True)
    return ChannelError("its answer cannot be read", uncertain=True)
