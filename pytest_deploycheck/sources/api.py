"""JSON APIs of other services, for the sources that ask them: refusals in plain words, rate limits waited for, pages.

Beside ``net.py``, below those sources. HTTP itself is done by whoever is given as ``fetch``.
"""

from __future__ import annotations

import math
import re
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import (
    BadAnswerError,
    LoginRefusedError,
    MissingAccessError,
    QueryError,
    RateLimitedError,
    SourceError,
)
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.net import safe_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.asks import HttpAnswer, HttpAsk
    from pytest_deploycheck.sources.net import Deadline

_LIMITED: Final = frozenset({403, 429, 503})
_TOO_MANY: Final = 429
_FORBIDDEN: Final = 403
_UNAUTHORIZED: Final = 401
_MISSING: Final = 404
_REFUSED: Final = frozenset({400, 405, 406, 409, 410, 413, 414, 422})
# the moment when a limit ends, in seconds since 1970: GitHub's, Zendesk's and Jira's name, Sentry's name
_RESETS: Final = ("x-ratelimit-reset", "x-sentry-rate-limit-reset", "ratelimit-reset")
_DEFAULT_PAUSE: Final = 1.0
_LONGEST_WORDS: Final = 200
_LINK: Final = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w-]+\s*=\s*(?:\"[^\"]*\"|[^\s;,\"]+))*)")
_PARAMETER: Final = re.compile(r";\s*([\w-]+)\s*=\s*\"?([^\";,]*)\"?")


class Api:
    """Asks one kind of service; ``name`` is how messages call it, ``hints`` says what to do about a refusal by status.

    Safe to use from several threads at once.
    """

    def __init__(self, fetch: Callable[[HttpAsk], HttpAnswer], name: str, hints: Mapping[int, str]) -> None:
        """``fetch`` sends one HTTP request and raises SourceError when there is no answer."""
        self._fetch = fetch
        self._name = name
        self._hints = hints
        self._closing = Event()

    def get(self, ask: HttpAsk, deadline: Deadline, *, missing: bool = False) -> HttpAnswer:
        """Return an answer of success; a rate limit is waited for as long as ``deadline`` allows.

        With ``missing`` a 404 is returned, too.

        Raises:
            LoginRefusedError: the token is refused (401).
            MissingAccessError: the token may not see this (403).
            QueryError: there is no such thing (404), or the request is refused (400, 422).
            RateLimitedError: too many requests, and the deadline comes before the limit ends.
            BadAnswerError: any other status.
            SourceError: there was no answer, or the run ends.
        """
        attempts = 0
        while True:
            answer = self._fetch(replace(ask, timeout=max(deadline.left(), 0.001)))
            attempts += answer.attempts
            if 200 <= answer.status < 300 or (missing and answer.status == _MISSING):  # noqa: PLR2004  # success
                return replace(answer, attempts=attempts)
            pause = _pause(answer)
            if pause is None:
                raise self._refusal(answer)
            if pause >= deadline.left():
                raise RateLimitedError(
                    f"{self._name} limits how often it may be asked ({answer.status}), for another {pause:.3g} s",
                    f"That is beyond the timeout of {deadline.seconds:g} s: raise it, or ask less often",
                )
            if self._closing.wait(pause):
                raise SourceError(f"{self._name} was not asked again: the run is ending")

    def json(self, ask: HttpAsk, deadline: Deadline) -> tuple[Any, HttpAnswer]:
        """Return the body of an answer of success, and the answer; raises as ``get``."""
        answer = self.get(ask, deadline)
        try:
            return answer.json(), answer
        except BadAnswerError:
            raise BadAnswerError(
                f"{self._name} did not answer JSON ({safe_url(answer.url)}, {len(answer.body)} bytes)",
                "Is that URL its API, and is no login page or proxy in front of it?",
            ) from None

    def close(self) -> None:
        """Wake up whoever waits for a limit to end."""
        self._closing.set()

    def _refusal(self, answer: HttpAnswer) -> SourceError | MissingAccessError:
        status, hint = answer.status, self._hints.get(answer.status)
        words = explained(answer)
        message = f"{self._name} answered {status}{f': {words}' if words else ''}"
        if status == _UNAUTHORIZED:
            return LoginRefusedError(message, hint or "Renew the token in the settings")
        if status == _FORBIDDEN:
            return MissingAccessError(message, hint or "Give the token the right to read this")
        if status == _MISSING:
            return QueryError(message, hint or "Correct the names in the settings")
        if status in _REFUSED:
            return QueryError(message, hint or "Correct the query in the settings")
        return BadAnswerError(message, hint or f"See the status page of {self._name}")


def explained(answer: HttpAnswer) -> str:
    """Return what an error's body says, safe to show and short; empty when it says nothing."""
    try:
        body = answer.json()
    except BadAnswerError:
        return ""
    found = body
    if isinstance(body, dict):
        keys = ("detail", "message", "errorMessages", "description", "error")
        found = next((body[key] for key in keys if body.get(key)), "")
    if isinstance(found, dict):
        found = found.get("message") or found.get("title") or ""
    if isinstance(found, list):
        found = "; ".join(str(each) for each in found)
    return printable(str(found).strip()[:_LONGEST_WORDS]).rstrip(".")


def next_page(answer: HttpAnswer) -> str | None:
    """Return the URL that a Link header names as the next page; None when there is none or it is said to be empty."""
    links = ", ".join(value for name, value in answer.headers if name.lower() == "link")
    for url, rest in _LINK.findall(links):
        parameters = dict(_PARAMETER.findall(rest))
        if parameters.get("rel") == "next" and parameters.get("results", "true") == "true":
            return str(url)
    return None


def _pause(answer: HttpAnswer) -> float | None:
    """Return the seconds to wait before asking again; None when the answer is no rate limit."""
    if answer.status not in _LIMITED:
        return None
    after = answer.header("retry-after")
    if after is not None:
        return _seconds(after)
    spent = any(
        name.lower() in {"x-ratelimit-remaining", "x-sentry-rate-limit-remaining"} and value.strip() == "0"
        for name, value in answer.headers
    )
    if answer.status != _TOO_MANY and not spent:
        return None
    resets = (answer.header(name) for name in _RESETS)
    for reset in resets:
        with suppress(TypeError, ValueError):
            moment = float(reset or "")
            if math.isfinite(moment):
                return max(_DEFAULT_PAUSE, moment - time.time())
    return _DEFAULT_PAUSE


def _seconds(after: str) -> float:
    """Return the seconds of a Retry-After, which is a number or a date; what is neither means one second."""
    with suppress(ValueError):
        seconds = float(after)
        return max(0.0, seconds) if math.isfinite(seconds) else _DEFAULT_PAUSE
    with suppress(ValueError, TypeError):
        moment = parsedate_to_datetime(after)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    return _DEFAULT_PAUSE
