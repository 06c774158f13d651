"""From a declared metric with source ``tickets`` to the search of its tracker, in the tracker's own language."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from pytest_deploycheck.asks import HttpAsk, TicketsAsk
from pytest_deploycheck.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.settings.metrics import TicketsMetric
    from pytest_deploycheck.settings.schema import Settings
    from pytest_deploycheck.settings.services import Tickets

MAX_BYTES: Final = 8 * 1024 * 1024
_A_PAGE: Final = 100
_JOINED: Final = "join(' ', [{0} || '', {1} || ''])"
_LINEAR: Final = (
    "query($filter: IssueFilter) { issues(filter: $filter, first: 100) "
    "{ nodes { title description } pageInfo { hasNextPage } } }"
)


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched: from ``since`` to ``now``, with the metric's own terms."""

    tickets: Tickets
    metric: TicketsMetric
    since: datetime
    now: datetime

    @property
    def start(self) -> str:
        """The beginning as ISO 8601 in UTC."""
        return self.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def words(self) -> str:
        """The metric's own terms."""
        return self.metric.search or ""


@dataclass(frozen=True, slots=True)
class Tracker:
    """One kind of tracker: where it answers, who is asked how, and where in the body the numbers stand."""

    search: Callable[[Search], HttpAsk]
    count: str
    texts: str
    more: str = ""
    url: str = ""


def tickets_ask(settings: Settings, metric: TicketsMetric, deployment: Deployment, now: datetime) -> TicketsAsk:
    """Return the search for tickets opened in the window, or since the deployment without one.

    Raises:
        SettingsError: no tracker is declared.
    """
    tickets = settings.tickets
    if tickets is None:
        raise SettingsError.of(settings.path.name, "tickets", "a metric counts tickets, and no tracker is declared")
    known = deployment.deployed_at if deployment.deployed_at_known else None
    since = now - timedelta(seconds=metric.window) if metric.window else known
    tracker = TRACKERS[tickets.tracker]
    timeout = metric.timeout or tickets.timeout
    ask = TicketsAsk(
        tracker=tickets.tracker,
        url=base_of(tickets),
        count=metric.count or tracker.count,
        texts=metric.texts or tracker.texts,
        more=tracker.more,
        timeout=timeout,
    )
    if since is None:
        return ask
    request = tracker.search(Search(tickets, metric, since, now))
    return replace(ask, request=replace(request, timeout=timeout))


def base_of(tickets: Tickets) -> str:
    """Return where the tracker's API answers."""
    return (tickets.url or TRACKERS[tickets.tracker].url).rstrip("/")


def tracker_headers(tickets: Tickets) -> tuple[tuple[str, str], ...]:
    """Return the headers of every request to the tracker, its login among them."""
    return (("Authorization", _LOGINS[tickets.tracker](tickets)), *_EXTRA.get(tickets.tracker, _ACCEPT))


def tracker_request(tickets: Tickets, path: str, body: object = None) -> HttpAsk:
    """Return a request to the tracker: GET, or POST with a body; it is never repeated."""
    return HttpAsk(
        url=f"{base_of(tickets)}{path}",
        method="GET" if body is None else "POST",
        headers=tracker_headers(tickets),
        json_body=None if body is None else json.dumps(body),
        timeout=tickets.timeout,
        max_bytes=MAX_BYTES,
        retries=0 if body is not None else 2,
        verify_tls=tickets.verify_tls,
    )


def _bearer(tickets: Tickets) -> str:
    return f"Bearer {tickets.token.get_secret_value()}"


def _plain(tickets: Tickets) -> str:
    return tickets.token.get_secret_value()


def _basic(user: str, tickets: Tickets) -> str:
    pair = f"{user}:{tickets.token.get_secret_value()}".encode()
    return f"Basic {base64.b64encode(pair).decode('ascii')}"


_ACCEPT: Final = (("Accept", "application/json"),)
_EXTRA: Final = {"github": (("Accept", "application/vnd.github+json"), ("X-GitHub-Api-Version", "2022-11-28"))}
_LOGINS: Final[Mapping[str, Callable[[Tickets], str]]] = {
    "github": _bearer,
    "json": _bearer,
    "linear": _plain,
    "jira": lambda tickets: _basic(tickets.user, tickets) if tickets.user else _bearer(tickets),
    "zendesk": lambda tickets: _basic(f"{tickets.user}/token", tickets) if tickets.user else _bearer(tickets),
}


def _github(search: Search) -> HttpAsk:
    words = f"repo:{search.tickets.project} is:issue created:>={search.start} {search.words}".strip()
    return tracker_request(search.tickets, f"/search/issues?{urlencode({'q': words, 'per_page': _A_PAGE})}")


def _jira(search: Search) -> HttpAsk:
    # a time of day would be read in the time zone of the token's owner; minutes ago mean the same everywhere
    minutes = max(1, math.ceil((search.now - search.since).total_seconds() / 60))
    terms = [f'project = "{search.tickets.project}"', f'created >= "-{minutes}m"']
    terms += [f"({search.words})"] if search.words else []
    query = {"jql": " AND ".join(terms), "maxResults": _A_PAGE, "fields": "summary"}
    return tracker_request(search.tickets, f"/rest/api/3/search/jql?{urlencode(query)}")


def _zendesk(search: Search) -> HttpAsk:
    words = f"type:ticket created>={search.start} {search.words}".strip()
    return tracker_request(search.tickets, f"/api/v2/search.json?{urlencode({'query': words, 'per_page': _A_PAGE})}")


def _linear(search: Search) -> HttpAsk:
    narrowed: dict[str, object] = {"createdAt": {"gte": search.start}}
    if search.tickets.project:
        narrowed["team"] = {"id": {"eq": search.tickets.project}}
    if search.words:
        narrowed["searchableContent"] = {"contains": search.words}
    return tracker_request(search.tickets, "/graphql", {"query": _LINEAR, "variables": {"filter": narrowed}})


def _json(search: Search) -> HttpAsk:
    path = (search.metric.path or "/").replace("{since}", quote(search.start, safe=""))
    return tracker_request(search.tickets, path.replace("{search}", quote(search.words, safe="")))


TRACKERS: Final[Mapping[str, Tracker]] = {
    "github": Tracker(
        _github,
        "total_count",
        f"items[].{_JOINED.format('title', 'body')}",
        "incomplete_results",
        "https://api.github.com",
    ),
    "jira": Tracker(_jira, "length(issues)", "issues[].fields.summary", "nextPageToken"),
    "zendesk": Tracker(_zendesk, "count", f"results[].{_JOINED.format('subject', 'description')}"),
    "linear": Tracker(
        _linear,
        "length(data.issues.nodes)",
        f"data.issues.nodes[].{_JOINED.format('title', 'description')}",
        "data.issues.pageInfo.hasNextPage",
        "https://api.linear.app",
    ),
    "json": Tracker(_json, "", ""),
}
