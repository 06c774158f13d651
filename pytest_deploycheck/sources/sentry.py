"""Sentry as a source: issues, events and users since a time; answers :class:`SentryAsk` with a :class:`Number`.

Above ``sentry_query.py`` (what is asked) and ``api.py`` (refusals, rate limits). A count is only as good as what Sentry
was sent and kept, so dropped events make it a lower bound, and an unknown release makes a zero no data.
"""

from __future__ import annotations

import math
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asks import Number, SentryAsk
from pytest_deploycheck.errors import BadAnswerError, InconclusiveError, NoDataError, SourceError
from pytest_deploycheck.phases import format_duration
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources import sentry_query as queries
from pytest_deploycheck.sources.api import Api, next_page
from pytest_deploycheck.sources.net import Deadline, safe_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pytest_deploycheck.asks import HttpAnswer, HttpAsk

_HINTS: Final = {
    401: "Renew sentry.token",
    403: "Give the token the scopes event:read, org:read and project:read",
    404: "Correct url, organization, project and environment in [sentry]",
}
_MOST_TITLES: Final = 3
_LONGEST_TITLE: Final = 80
_MISSING: Final = 404
_SAMPLED: Final = ("client_discard", "sample_rate")
_Drops = dict[tuple[str, str], int]


class SentrySource:
    """Counts what Sentry collected; safe to use from several threads at once."""

    ask_type: type = SentryAsk

    def __init__(self, fetch: Callable[[HttpAsk], HttpAnswer]) -> None:
        """``fetch`` sends one HTTP request and raises SourceError when there is no answer."""
        self._api = Api(fetch, "Sentry", _HINTS)
        self._lock = Lock()
        self._numbers: dict[tuple[str, str, str], str] = {}
        self._outcomes: dict[tuple[Any, ...], _Drops | None] = {}

    def observe(self, ask: SentryAsk) -> Number:
        """Return the number that is asked for.

        Raises:
            LoginRefusedError: the token is refused.
            MissingAccessError: the token lacks a scope.
            QueryError: Sentry knows no such organization, project or environment, or cannot read the search.
            RateLimitedError: the limit does not end within the timeout.
            NoDataError: the window has no beginning, the release has no name, or Sentry does not know it.
            BadAnswerError: the answer is not what Sentry documents.
            NoAnswerError: there is none.
        """
        if ask.start is None and ask.query != "release":
            raise NoDataError("nobody knows when the deployment was", "Give --deployed-at, or the metric a window")
        if ask.release is None:
            raise NoDataError("no release to look for", "Give --deploy-version, or set sentry.release")
        deadline = Deadline(ask.timeout)
        number = _QUERIES[ask.query](self, ask, deadline)
        if ask.release and number.value == 0 and ask.query not in {"release", "dropped"}:
            self._require_release(ask, deadline)
        window = None if ask.start is None else format_duration((ask.end - ask.start).total_seconds())
        return replace(number, target=f"{safe_url(ask.url)}/{ask.organization}/{','.join(ask.projects)}", window=window)

    def close(self) -> None:
        """Wake up whoever waits for a rate limit."""
        self._api.close()

    def issues(self, ask: SentryAsk, deadline: Deadline) -> Number:
        """Return how many issues there are, page by page, the newest ones named."""
        found: dict[str, str] = {}
        request: HttpAsk | None = queries.issues_ask(ask, self._projects(ask, deadline))
        pages, more, at, attempts = 0, False, None, 1
        while request is not None:
            body, answer = self._api.json(request, deadline)
            before, pages, at, attempts = len(found), pages + 1, answer.at, max(attempts, answer.attempts)
            found |= _issues(body)
            url = next_page(answer)
            following = None if url is None else queries.page_ask(ask, url)
            # a page without anything new, or one page too many: the end is not known
            more = url is not None and (following is None or pages >= ask.max_pages or len(found) == before)
            request = None if more else following
        titles = "; ".join(list(found.values())[:_MOST_TITLES])
        notes = [titles] if titles else []
        if more:
            notes.append(f"only the first {len(found)} were counted")
        return self._with_drops(
            ask, Number(value=len(found), n=None, at=at, attempts=attempts, lower_bound=more), notes, deadline
        )

    def count(self, ask: SentryAsk, deadline: Deadline) -> Number:
        """Return how many events or users there are; events are extrapolated from the SDK's sample rate."""
        body, answer = self._api.json(queries.count_ask(ask, self._projects(ask, deadline)), deadline)
        counted = _count(body, queries.COUNTS[ask.query])
        sampled = ask.sample_rate < 1 and ask.query == "events"
        notes = [] if ask.sample_rate == 1 else [f"the SDK sends {ask.sample_rate:.4g} of its events"]
        if sampled:
            notes = [f"{counted:g} received, extrapolated from a sample rate of {ask.sample_rate:.4g}"]
        value = counted / ask.sample_rate if sampled else counted
        return self._with_drops(ask, Number(value=value, at=answer.at, attempts=answer.attempts), notes, deadline)

    def dropped(self, ask: SentryAsk, deadline: Deadline) -> Number:
        """Return how many error events were sent and not kept, for want of quota for example."""
        body, answer = self._api.json(queries.outcomes_ask(ask, self._projects(ask, deadline)), deadline)
        found = queries.outcomes(body)
        if found is None:
            raise BadAnswerError("Sentry's statistics have another shape than documented", "Is that URL its API?")
        lost = {key: count for key, count in found.items() if key[0] in queries.LOST and count}
        note = ", ".join(f"{count} {' '.join(key).strip()}" for key, count in sorted(lost.items()))
        return Number(value=sum(lost.values()), note=printable(note) or None, at=answer.at, attempts=answer.attempts)

    def release(self, ask: SentryAsk, deadline: Deadline) -> Number:
        """Return 1 when Sentry knows the release, 0 when it does not."""
        answer = self._api.get(queries.release_ask(ask), deadline, missing=True)
        known = answer.status != _MISSING
        note = None if known else f"Sentry knows no release {printable(str(ask.release))}"
        return Number(value=float(known), note=note, at=answer.at, attempts=answer.attempts)

    def _require_release(self, ask: SentryAsk, deadline: Deadline) -> None:
        """Make sure that a zero means no errors, and not a release that Sentry calls otherwise."""
        if self.release(ask, deadline).value == 0:
            raise NoDataError(
                f"Sentry knows no release {printable(str(ask.release))}, so that none of its errors proves nothing",
                "Set sentry.release to what the SDK reports, such as app@{version}",
            )

    def _projects(self, ask: SentryAsk, deadline: Deadline) -> tuple[str, ...]:
        """Return the projects' numbers, which every version of the API takes; each is looked up once."""
        return tuple(each if each.isdigit() else self._number_of(ask, each, deadline) for each in ask.projects)

    def _number_of(self, ask: SentryAsk, project: str, deadline: Deadline) -> str:
        key = (ask.url, ask.organization, project)
        with self._lock:
            known = self._numbers.get(key)
        if known is not None:
            return known
        body, _ = self._api.json(queries.project_ask(ask, project), deadline)
        number = str(body.get("id", "")) if isinstance(body, dict) else ""
        if not number.isdigit():
            raise BadAnswerError("Sentry's answer about the project holds no id", "Is that URL its API?")
        with self._lock:
            self._numbers[key] = number
        return number

    def _with_drops(self, ask: SentryAsk, number: Number, notes: list[str], deadline: Deadline) -> Number:
        """Return the number as a lower bound when Sentry threw away error events of this time."""
        found = self._outcomes_of(ask, deadline) if ask.dataset == "errors" else {}
        if found is None:
            notes = [*notes, "whether Sentry dropped events is not known"]
        lost = sum(count for (outcome, _), count in (found or {}).items() if outcome in queries.LOST)
        if lost:
            notes = [*notes, f"Sentry dropped {lost} error events, so there are more"]
        unknown_sampling = ask.sample_rate == 1 and (found or {}).get(_SAMPLED, 0)
        if unknown_sampling:
            notes = [*notes, f"the SDK left out {unknown_sampling} events by sampling: set sentry.sample_rate"]
        bound = number.lower_bound or bool(lost) or bool(unknown_sampling)
        return replace(number, note="; ".join(notes) or None, lower_bound=bound)

    def _outcomes_of(self, ask: SentryAsk, deadline: Deadline) -> _Drops | None:
        """Return what became of the events of this time, asked once for all questions about it; None when unknown."""
        key: tuple[str, str, tuple[str, ...], datetime | None, datetime]
        key = (ask.url, ask.organization, ask.projects, ask.start, ask.end)
        with self._lock:
            if key in self._outcomes:
                return self._outcomes[key]
        try:
            body, _ = self._api.json(queries.outcomes_ask(ask, self._projects(ask, deadline)), deadline)
            found = queries.outcomes(body)
        except (SourceError, InconclusiveError):
            found = None
        with self._lock:
            self._outcomes[key] = found
        return found


_QUERIES: Final[dict[str, Callable[[SentrySource, SentryAsk, Deadline], Number]]] = {
    "new-issues": SentrySource.issues,
    "issues": SentrySource.issues,
    "events": SentrySource.count,
    "users": SentrySource.count,
    "dropped": SentrySource.dropped,
    "release": SentrySource.release,
}


def _issues(body: Any) -> dict[str, str]:
    """Return a page of issues by id, each in a few words."""
    if not isinstance(body, list) or not all(isinstance(each, dict) and each.get("id") for each in body):
        raise BadAnswerError("Sentry's list of issues has another shape than documented", "Is that URL its API?")
    return {str(each["id"]): _words(each) for each in body}


def _words(issue: dict[str, Any]) -> str:
    title = str(issue.get("title") or "")[:_LONGEST_TITLE]
    return printable(f"{issue.get('shortId') or issue['id']} {title} ({issue.get('count', '?')} events)")


def _count(body: Any, column: str) -> float:
    """Return the single number of a table."""
    try:
        value = body["data"][0][column]
    except (KeyError, IndexError, TypeError):
        value = None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise BadAnswerError(f"Sentry's table holds no {column}", "Correct the metric's search or dataset")
    return value
