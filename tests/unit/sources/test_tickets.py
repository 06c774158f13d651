"""Trackers at their HTTP boundary, from the settings to the number: documented answers and refusals."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pytest_deploycheck.asking import metric_ask
from pytest_deploycheck.asks import HttpAnswer, HttpAsk, TicketsAsk
from pytest_deploycheck.errors import (
    BadAnswerError,
    LoginRefusedError,
    MissingAccessError,
    NoDataError,
    QueryError,
    RateLimitedError,
)
from pytest_deploycheck.measuring import measure
from pytest_deploycheck.model import Deployment, Measurement
from pytest_deploycheck.settings.load import load_settings
from pytest_deploycheck.sources.base import Source
from pytest_deploycheck.sources.tickets import TicketSource

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.settings.schema import Settings

NOW = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)
DEPLOYMENT = Deployment(id="d", deployed_at=NOW - timedelta(minutes=90))
SERVICE = '[service]\nbase_url = "http://service.internal"\n[tickets]\ntoken = "tick3t-token"\n'
METRIC = '[[metric]]\nid = "tickets"\nsource = "tickets"\n'
GITHUB = 'tracker = "github"\nproject = "acme/shop"\n'
JIRA = 'tracker = "jira"\nurl = "https://acme.atlassian.net"\nproject = "SHOP"\nuser = "bot@acme.test"\n'
ZENDESK = 'tracker = "zendesk"\nurl = "https://acme.zendesk.com"\nuser = "bot@acme.test"\n'
LINEAR = 'tracker = "linear"\nproject = "team-1"\n'
JSON = 'tracker = "json"\nurl = "http://desk.internal/api"\n'


class Desk:
    """Answers every request with one body and remembers what was asked."""

    def __init__(self, body: Any = None, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Prepare the answer."""
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status = status
        self.headers = headers
        self.asks: list[HttpAsk] = []

    def __call__(self, ask: HttpAsk) -> HttpAnswer:
        """Answer one request."""
        self.asks.append(ask)
        return HttpAnswer(url=ask.url, status=self.status, body=self.body, headers=self.headers)

    @property
    def query(self) -> dict[str, list[str]]:
        """The parameters of the last request."""
        return parse_qs(urlsplit(self.asks[-1].url).query)

    @property
    def login(self) -> str:
        """The login of the last request, Basic decoded."""
        word, _, rest = dict(self.asks[-1].headers)["Authorization"].partition(" ")
        return base64.b64decode(rest).decode() if word == "Basic" else f"{word} {rest}".strip()


def load(folder: Path, tracker: str, more: str = "") -> Settings:
    """Return settings with a tracker and a metric."""
    path = folder / "deploycheck.toml"
    path.write_text(SERVICE + tracker + METRIC + more)
    return load_settings(path, cwd=folder, environ={})


def measured(
    folder: Path, desk: Desk, tracker: str, more: str = "", deployment: Deployment = DEPLOYMENT
) -> Measurement:
    """Go the whole way from the settings to the number."""
    settings = load(folder, tracker, more)
    metric = settings.metrics[0]
    ask = metric_ask(settings, metric, deployment, NOW)
    assert isinstance(ask, TicketsAsk)
    return measure(metric, TicketSource(desk).observe(ask))


def test_is_a_source() -> None:
    """The source has the interface that the observatory expects."""
    assert isinstance(TicketSource(Desk()), Source)


def test_issues_on_github(tmp_path: Path) -> None:
    """The search counts issues of the repository since the deployment, and patterns look at title and body."""
    desk = Desk(
        {
            "total_count": 3,
            "incomplete_results": False,
            "items": [
                {"title": "Payment fails", "body": None},
                {"title": "Cannot log in", "body": "since today"},
                {"title": "Typo", "body": "on the payment page"},
            ],
        }
    )
    found = measured(tmp_path, desk, GITHUB, 'search = "label:bug"\n')
    assert (3, "tickets", "https://api.github.com", False) == (
        found.value,
        found.source,
        found.target,
        found.lower_bound,
    )
    assert ["repo:acme/shop is:issue created:>=2026-11-21T10:30:30Z label:bug"] == desk.query["q"]
    assert "Bearer tick3t-token" == desk.login
    assert "tick3t-token" not in repr(desk.asks)
    found = measured(tmp_path, desk, GITHUB, "patterns = ['(?i)payment', '(?i)log.?in']\n")
    assert (3, "(?i)payment: 2, (?i)log.?in: 1") == (found.value, found.note)


@pytest.mark.parametrize(
    "body",
    [{"total_count": 9, "incomplete_results": True, "items": []}, {"total_count": 900, "items": [{"title": "x"}]}],
)
def test_more_tickets_than_were_seen_prove_no_health(tmp_path: Path, body: dict[str, Any]) -> None:
    """When not every text was seen, the number of matches is a lower bound, which never passes."""
    found = measured(tmp_path, Desk(body), GITHUB, "patterns = ['payment']\n")
    assert (0, True) == (found.value, found.lower_bound)
    assert "payment: 0; there are more than were looked at" == found.note


def test_issues_in_jira(tmp_path: Path) -> None:
    """Jira reads times in its user's zone, so that minutes ago are asked; a next page makes a lower bound."""
    desk = Desk({"issues": [{"key": "SHOP-1", "fields": {"summary": "Payment fails"}}], "isLast": True})
    found = measured(tmp_path, desk, JIRA, "search = 'priority = High'\npatterns = ['Payment']\n")
    assert (1, False) == (found.value, found.lower_bound)
    assert ['project = "SHOP" AND created >= "-90m" AND (priority = High)'] == desk.query["jql"]
    assert "bot@acme.test:tick3t-token" == desk.login
    assert measured(tmp_path, Desk({"issues": [], "nextPageToken": "x"}), JIRA).lower_bound


def test_tickets_in_zendesk(tmp_path: Path) -> None:
    """Zendesk's search counts; an API token is the user's with /token."""
    desk = Desk({"results": [{"subject": "login", "description": "broken"}], "count": 1, "next_page": None})
    assert 1 == measured(tmp_path, desk, ZENDESK, "search = 'priority>normal'\n").value
    assert ["type:ticket created>=2026-11-21T10:30:30Z priority>normal"] == desk.query["query"]
    assert "bot@acme.test/token:tick3t-token" == desk.login


def test_issues_in_linear(tmp_path: Path) -> None:
    """Linear is asked by GraphQL, whose errors come with 200."""
    nodes = {"nodes": [{"title": "a", "description": None}], "pageInfo": {"hasNextPage": False}}
    desk = Desk({"data": {"issues": nodes}})
    assert 1 == measured(tmp_path, desk, LINEAR, "window = '15m'\n").value
    sent = json.loads(desk.asks[-1].json_body or "")
    assert {"createdAt": {"gte": "2026-11-21T11:45:30Z"}, "team": {"id": {"eq": "team-1"}}} == sent["variables"][
        "filter"
    ]
    assert ("POST", "tick3t-token") == (desk.asks[-1].method, desk.login)
    with pytest.raises(QueryError, match="linear refused the search: Argument Validation Error"):
        measured(tmp_path, Desk({"errors": [{"message": "Argument Validation Error"}]}), LINEAR)


def test_any_tracker_that_answers_json(tmp_path: Path) -> None:
    """Path and places are the user's own; what is filled into the path is quoted."""
    desk = Desk({"found": [{"text": "payment"}, {"text": "other"}]})
    more = 'path = "/t?from={since}&q={search}"\ncount = "found"\ntexts = "found[].text"\nsearch = "a&b"\n'
    assert 2 == measured(tmp_path, desk, JSON, more).value
    assert "http://desk.internal/api/t?from=2026-11-21T10%3A30%3A30Z&q=a%26b" == desk.asks[-1].url
    assert 1 == measured(tmp_path, desk, JSON, more + "patterns = ['^payment$']\n").value


def test_an_unknown_deployment_time(tmp_path: Path) -> None:
    """Without a time to search from nothing is asked; a window is one."""
    desk, unknown = Desk({"total_count": 1}), replace(DEPLOYMENT, deployed_at_known=False)
    with pytest.raises(NoDataError, match="nobody knows when the deployment was"):
        measured(tmp_path, desk, GITHUB, deployment=unknown)
    assert [] == desk.asks
    assert 1 == measured(tmp_path, desk, GITHUB, "window = '1h'\n", unknown).value


@pytest.mark.parametrize(
    ("desk", "error", "words"),
    [
        (
            Desk({"message": "Bad credentials"}, status=401),
            LoginRefusedError,
            "github answered 401: Bad credentials. Re",
        ),
        (Desk({}, status=403), MissingAccessError, "github answered 403. Give the token the right to read"),
        (Desk({}, status=404), QueryError, "Correct tickets.url and tickets.project"),
        (Desk({"message": "Validation Failed"}, status=422), QueryError, "github answered 422: Validation Failed"),
        (Desk({}, status=429, headers=(("Retry-After", "600"),)), RateLimitedError, "for another 600 s"),
        (
            Desk({}, status=403, headers=(("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "9999999999"))),
            RateLimitedError,
            "github limits how often it may be asked",
        ),
        (Desk({}, status=500), BadAnswerError, "github answered 500"),
        (Desk(b"<html>"), BadAnswerError, "github did not answer JSON"),
        (Desk(b'{"total_count": 1'), BadAnswerError, "github did not answer JSON"),
        (Desk({}), BadAnswerError, "holds no number at total_count"),
        (Desk([]), BadAnswerError, "holds no number at total_count"),
        (Desk({"total_count": True}), BadAnswerError, "holds no number at total_count"),
        (Desk({"total_count": -1}), BadAnswerError, "holds no number at total_count"),
    ],
)
def test_bad_answers(tmp_path: Path, desk: Desk, error: type[Exception], words: str) -> None:
    """Each refusal and each garbage is an error of its kind, and never a number."""
    with pytest.raises(error, match=words):
        measured(tmp_path, desk, GITHUB)


@pytest.mark.parametrize("items", [{}, [{"title": 5}], None])
def test_texts_of_another_shape(tmp_path: Path, items: Any) -> None:
    """Texts that are none cannot be searched for patterns, which is no zero."""
    with pytest.raises(BadAnswerError):
        measured(tmp_path, Desk({"total_count": 1, "items": items}), GITHUB, "patterns = ['x']\n")


def test_jira_of_another_shape(tmp_path: Path) -> None:
    """A length of nothing is told as what it is."""
    with pytest.raises(BadAnswerError, match="jira answered something else than documented"):
        measured(tmp_path, Desk({"message": "moved"}), JIRA)
