"""From a question about errors to Sentry's URLs and search syntax; beside ``sentry.py``, pure."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode, urlsplit

from pytest_deploycheck.asks import HttpAsk

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_deploycheck.asks import SentryAsk

ISSUES_A_PAGE: Final = 100
COUNTS: Final = {"events": "count()", "users": "count_unique(user)"}
OUTCOME_TOTAL: Final = "sum(quantity)"
# reserved words of outcomes: what Sentry or the SDK threw away although nobody asked for that
LOST: Final = frozenset({"rate_limited", "abuse", "cardinality_limited"})


def moment(when: datetime) -> str:
    """Return a time as the API takes it: ISO 8601 in UTC without a zone."""
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def quoted(value: str) -> str:
    r"""Return a value of a search term, in quotes, its own quotes and backslashes escaped."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def search(ask: SentryAsk) -> str:
    """Return the search terms that narrow a question."""
    terms = [ask.search] if ask.search else []
    if ask.event_levels:
        levels = ", ".join(ask.event_levels)
        terms.append(f"level:[{levels}]" if len(ask.event_levels) > 1 else f"level:{levels}")
    if ask.release:
        terms.append(f"{'firstRelease' if ask.query == 'new-issues' else 'release'}:{quoted(ask.release)}")
    if ask.query == "new-issues" and ask.start is not None:
        terms.append(f"firstSeen:>={moment(ask.start)}")
    return " ".join(terms)


def issues_ask(ask: SentryAsk, projects: tuple[str, ...]) -> HttpAsk:
    """Return the request for the first page of a list of issues; an empty query would leave out resolved ones."""
    parameters = [("query", search(ask)), ("limit", str(ISSUES_A_PAGE)), ("sort", "date")]
    return request(ask, "issues/", [*parameters, *_scope(ask, projects)])


def count_ask(ask: SentryAsk, projects: tuple[str, ...]) -> HttpAsk:
    """Return the request for a count of events or users."""
    parameters = [("dataset", ask.dataset), ("field", COUNTS[ask.query]), ("per_page", "1"), ("query", search(ask))]
    return request(ask, "events/", [*parameters, *_scope(ask, projects)])


def outcomes_ask(ask: SentryAsk, projects: tuple[str, ...]) -> HttpAsk:
    """Return the request for what became of the error events that were sent."""
    parameters = [("field", OUTCOME_TOTAL), ("category", "error"), ("groupBy", "outcome"), ("groupBy", "reason")]
    times = _times(ask)
    return request(ask, "stats_v2/", [*parameters, *times, *(("project", each) for each in projects)])


def release_ask(ask: SentryAsk) -> HttpAsk:
    """Return the request for one release."""
    return request(ask, f"releases/{quote(ask.release or '', safe='')}/", [])


def project_ask(ask: SentryAsk, project: str) -> HttpAsk:
    """Return the request for one project, whose number the other requests need."""
    return _http(ask, f"projects/{quote(ask.organization, safe='')}/{quote(project, safe='')}/")


def request(ask: SentryAsk, path: str, parameters: list[tuple[str, str]]) -> HttpAsk:
    """Return a request to the organization's part of the API."""
    query = f"?{urlencode(parameters)}" if parameters else ""
    return _http(ask, f"organizations/{quote(ask.organization, safe='')}/{path}{query}")


def page_ask(ask: SentryAsk, url: str) -> HttpAsk | None:
    """Return the request for a next page; None when it lies on another host, where the token must not go."""
    if urlsplit(url)[:2] != urlsplit(ask.url)[:2]:
        return None
    return _http(ask, "", url=url)


def outcomes(body: Any) -> dict[tuple[str, str], int] | None:
    """Return the number of events by outcome and reason; None when the body is of another shape."""
    try:
        return {
            (str(group["by"]["outcome"]), str(group["by"].get("reason") or "")): int(group["totals"][OUTCOME_TOTAL])
            for group in body["groups"]
        }
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def _http(ask: SentryAsk, path: str, url: str | None = None) -> HttpAsk:
    return HttpAsk(
        url=url or f"{ask.url.rstrip('/')}/api/0/{path}",
        headers=(("Authorization", f"Bearer {ask.token}"), ("Accept", "application/json")),
        timeout=ask.timeout,
        max_bytes=ask.max_bytes,
        verify_tls=ask.verify_tls,
    )


def _scope(ask: SentryAsk, projects: tuple[str, ...]) -> list[tuple[str, str]]:
    environment = [("environment", ask.environment)] if ask.environment else []
    return [*(("project", each) for each in projects), *environment, *_times(ask)]


def _times(ask: SentryAsk) -> list[tuple[str, str]]:
    assert ask.start is not None
    return [("start", moment(ask.start)), ("end", moment(ask.end))]
