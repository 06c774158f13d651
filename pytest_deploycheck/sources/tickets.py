"""Ticket systems as a source: one search, its JSON; answers :class:`TicketsAsk`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import TicketsAnswer, TicketsAsk
from pytest_deploycheck.errors import NoDataError, QueryError
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.api import Api
from pytest_deploycheck.sources.net import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.asks import HttpAnswer, HttpAsk

_HINTS: Final = {
    401: "Renew tickets.token (and tickets.user)",
    403: "Give the token the right to read tickets",
    404: "Correct tickets.url and tickets.project",
}


class TicketSource:
    """Searches trackers; safe to use from several threads at once."""

    ask_type: type = TicketsAsk

    def __init__(self, fetch: Callable[[HttpAsk], HttpAnswer]) -> None:
        """``fetch`` sends one HTTP request and raises SourceError when there is no answer."""
        self._fetch = fetch
        self._apis: dict[str, Api] = {}

    def observe(self, ask: TicketsAsk) -> TicketsAnswer:
        """Return what a search found.

        Raises:
            NoDataError: nobody knows since when to search.
            LoginRefusedError: the token is refused.
            MissingAccessError: the token may not read tickets.
            QueryError: the tracker cannot read the search.
            RateLimitedError: the limit does not end within the timeout.
            BadAnswerError: the answer is no JSON.
            NoAnswerError: there is none.
        """
        if ask.request is None:
            raise NoDataError("nobody knows when the deployment was", "Give --deployed-at, or the metric a window")
        api = self._apis.setdefault(ask.tracker, Api(self._fetch, ask.tracker, _HINTS))
        body, answer = api.json(ask.request, Deadline(ask.timeout))
        errors = body.get("errors") if isinstance(body, dict) else None
        if errors:  # a GraphQL answer is 200 whatever happens
            first = errors[0] if isinstance(errors, list) else errors
            words = first.get("message") if isinstance(first, dict) else first
            raise QueryError(f"{ask.tracker} refused the search: {printable(str(words)[:200])}")
        return TicketsAnswer(ask=ask, body=body, attempts=answer.attempts, at=answer.at)

    def close(self) -> None:
        """Wake up whoever waits for a rate limit."""
        for api in list(self._apis.values()):
            api.close()
