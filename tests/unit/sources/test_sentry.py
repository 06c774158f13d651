"""Sentry at its HTTP boundary: the documented answers, refusals, limits and pages, and what becomes of each."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pytest_deploycheck.asks import SentryAsk
from pytest_deploycheck.errors import (
    AnswerTimeoutError,
    BadAnswerError,
    LoginRefusedError,
    MissingAccessError,
    NoAnswerError,
    NoDataError,
    QueryError,
    RateLimitedError,
    SourceError,
)
from pytest_deploycheck.sources.base import Source
from pytest_deploycheck.sources.http import HttpSource
from pytest_deploycheck.sources.sentry import SentrySource
from tests.fix_http import Server, Talk, closed_port, forever

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_deploycheck.asks import Number

END = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TOKEN = "sntrys_s3cret"
NOTHING_LOST = {"groups": [{"by": {"outcome": "accepted", "reason": "none"}, "totals": {"sum(quantity)": 9}}]}


@dataclass
class Sentry:
    """A stand-in that answers by path as Sentry documents it, or as a test says."""

    bodies: dict[str, Any] = field(
        default_factory=lambda: {
            "/projects/acme/shop/": {"id": "42", "slug": "shop", "name": "Shop"},
            "/organizations/acme/stats_v2/": NOTHING_LOST,
        }
    )
    raw: dict[str, Callable[[Talk], None]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    url: str = ""

    def __call__(self, talk: Talk, request: bytes) -> None:
        """Answer one request."""
        head = request.decode().split("\r\n")
        target = urlsplit(head[0].split()[1])
        path = target.path.removeprefix("/api/0")
        self.asked.append((path, parse_qs(target.query)))
        assert f"authorization: Bearer {TOKEN}".lower() in [line.lower() for line in head]
        if path in self.raw:
            self.raw[path](talk)
        elif path in self.bodies:
            talk.answer(json.dumps(self.bodies[path]).encode())
        else:
            talk.answer(b'{"detail": "The requested resource does not exist"}', "404 Not Found")

    def queries(self, path: str) -> list[dict[str, list[str]]]:
        """Return the parameters of each request to a path."""
        return [query for asked, query in self.asked if asked == path]


ISSUES = "/organizations/acme/issues/"
EVENTS = "/organizations/acme/events/"
STATS = "/organizations/acme/stats_v2/"


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    """A stand-in on loopback."""
    stand_in = Sentry()
    with Server(forever(stand_in)) as server:
        stand_in.url = server.url
        yield stand_in


@pytest.fixture
def source() -> Iterator[SentrySource]:
    """The source over real HTTP."""
    http = HttpSource()
    made = SentrySource(http.observe)
    yield made
    made.close()
    http.close()


def asking(sentry: Sentry, query: str = "events", **changes: Any) -> SentryAsk:
    """Return a question about the last hour."""
    given: dict[str, Any] = {"start": END - timedelta(hours=1), "environment": "production", "timeout": 5.0}
    return SentryAsk(
        url=sentry.url,
        organization="acme",
        projects=("shop",),
        token=TOKEN,
        query=query,
        end=END,
        **(given | changes),
    )


def issue(number: int, **more: Any) -> dict[str, Any]:
    """Return an issue as the list of issues holds it."""
    title = more.pop("title", "TypeError: x is not a function")
    return {"id": str(number), "shortId": f"SHOP-{number}", "title": title, "count": "3", "level": "error", **more}


def table(count: Any, column: str = "count()") -> dict[str, Any]:
    """Return a table of a single number, as the events of an organization come."""
    return {"data": [{column: count}], "meta": {"fields": {column: "integer"}}}


def status(code: str, headers: str = "", body: bytes = b"{}") -> Callable[[Talk], None]:
    """Return an answer with a status."""
    return lambda talk: talk.answer(body, code, headers)


def test_is_a_source() -> None:
    """The source has the interface that the observatory expects."""
    assert isinstance(SentrySource(HttpSource().observe), Source)


def test_new_issues_are_counted_and_named(sentry: Sentry, source: SentrySource) -> None:
    """Issues first seen in the window are asked for by time, level and environment, resolved ones too."""
    sentry.bodies[ISSUES] = [issue(7), issue(8, title="\x1b[31mred")]
    number = source.observe(asking(sentry, "new-issues", event_levels=("fatal", "error"), search="!is:archived"))
    assert (2, "1h", False) == (number.value, number.window, number.lower_bound)
    assert number.note == "SHOP-7 TypeError: x is not a function (3 events); SHOP-8 \\x1b[31mred (3 events)"
    assert f"{sentry.url}/acme/shop" == number.target
    [query] = sentry.queries(ISSUES)
    assert ["!is:archived level:[fatal, error] firstSeen:>=2026-11-21T11:00:00"] == query["query"]
    assert ["42"] == query["project"]
    assert ["production"] == query["environment"]
    assert (["2026-11-21T11:00:00"], ["2026-11-21T12:00:00"]) == (query["start"], query["end"])


def test_pages_are_followed_to_the_last(sentry: Sentry, source: SentrySource) -> None:
    """The Link header leads from page to page by cursor, until it says that the next one has no results."""
    pages = iter([([issue(1), issue(2)], "0:100:0", "true"), ([issue(2), issue(3)], "0:200:0", "false")])

    def page(talk: Talk) -> None:
        body, cursor, more = next(pages)
        before = f'<{sentry.url}/api/0{ISSUES}?&cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1"'
        after = f'<{sentry.url}/api/0{ISSUES}?&cursor={cursor}>; rel="next"; results="{more}"; cursor="{cursor}"'
        talk.answer(json.dumps(body).encode(), headers=f"Link: {before}, {after}\r\n")

    sentry.raw[ISSUES] = page
    number = source.observe(asking(sentry, "issues"))
    assert (3, False) == (number.value, number.lower_bound)
    assert [None, ["0:100:0"]] == [query.get("cursor") for query in sentry.queries(ISSUES)]


def test_endless_pages_end_and_prove_no_health(sentry: Sentry, source: SentrySource) -> None:
    """After the most pages, or a page that repeats the one before, the count is a lower bound."""
    found = iter(range(100))

    def page(talk: Talk, *, repeat: bool = False) -> None:
        number = 0 if repeat else next(found)
        link = f'Link: <{sentry.url}/api/0{ISSUES}?cursor=0:{number}:0>; rel="next"; results="true"\r\n'
        talk.answer(json.dumps([issue(number + 1)]).encode(), headers=link)

    sentry.raw[ISSUES] = page
    number = source.observe(asking(sentry, "issues", max_pages=3))
    assert (3, True) == (number.value, number.lower_bound)
    assert str(number.note).endswith("only the first 3 were counted")
    sentry.raw[ISSUES] = lambda talk: page(talk, repeat=True)
    assert (1, True) == ((again := source.observe(asking(sentry, "issues"))).value, again.lower_bound)


def test_the_token_stays_with_its_host(sentry: Sentry, source: SentrySource) -> None:
    """A next page on another host is not asked for, and the count is a lower bound."""
    link = 'Link: <http://127.0.0.1:1/steal?cursor=0:1:0>; rel="next"; results="true"\r\n'
    sentry.raw[ISSUES] = status("200 OK", link, json.dumps([issue(1)]).encode())
    number = source.observe(asking(sentry, "issues"))
    assert (1, True) == (number.value, number.lower_bound)


def test_events_by_release_and_level(sentry: Sentry, source: SentrySource) -> None:
    """Counts are asked of the errors data set, narrowed to a release whose name may hold anything."""
    sentry.bodies[EVENTS] = table(12)
    number = source.observe(asking(sentry, release='shop@1.0 "x"', event_levels=("error",)))
    assert (12, None) == (number.value, number.note)
    [query] = sentry.queries(EVENTS)
    assert (["errors"], ["count()"]) == (query["dataset"], query["field"])
    assert [r'level:error release:"shop@1.0 \"x\""'] == query["query"]


def test_sampling_is_extrapolated_and_said(sentry: Sentry, source: SentrySource) -> None:
    """With a sample rate the count is an estimate, which says what it comes from; users cannot be extrapolated."""
    sentry.bodies[EVENTS] = table(12)
    number = source.observe(asking(sentry, sample_rate=0.25))
    assert (48, "12 received, extrapolated from a sample rate of 0.25") == (number.value, number.note)
    sentry.bodies[EVENTS] = table(5, "count_unique(user)")
    users = source.observe(asking(sentry, "users", sample_rate=0.25))
    assert (5, "the SDK sends 0.25 of its events") == (users.value, users.note)


@pytest.mark.parametrize(
    ("outcome", "reason", "words"),
    [
        ("rate_limited", "key_quota", "Sentry dropped 7 error events, so there are more"),
        ("client_discard", "sample_rate", "the SDK left out 7 events by sampling: set sentry.sample_rate"),
    ],
)
def test_dropped_events_prove_no_health(
    sentry: Sentry, source: SentrySource, outcome: str, reason: str, words: str
) -> None:
    """A project over its quota shows no errors: then a zero is a lower bound, which never passes."""
    group = {"by": {"outcome": outcome, "reason": reason}, "totals": {"sum(quantity)": 7}}
    sentry.bodies |= {STATS: {"groups": [group]}, EVENTS: table(0), ISSUES: []}
    for query in ("events", "new-issues"):
        number = source.observe(asking(sentry, query))
        assert (0, True, words) == (number.value, number.lower_bound, number.note)
    assert 1 == len(sentry.queries(STATS))
    assert 1 == len(sentry.queries("/projects/acme/shop/"))


def test_drops_that_nobody_may_see_are_said(sentry: Sentry, source: SentrySource) -> None:
    """Without the right to see the statistics the count stands, with a remark."""
    sentry.raw[STATS] = status("403 Forbidden")
    sentry.bodies[EVENTS] = table(3)
    number = source.observe(asking(sentry))
    assert (3, "whether Sentry dropped events is not known") == (number.value, number.note)


def test_dropped_is_a_number_of_its_own(sentry: Sentry, source: SentrySource) -> None:
    """What was sent and not kept can be judged, by its reasons."""
    groups = [("accepted", "none", 90), ("rate_limited", "key_quota", 4), ("filtered", "browser-extensions", 5)]
    sentry.bodies[STATS] = {
        "groups": [{"by": {"outcome": o, "reason": r}, "totals": {"sum(quantity)": q}} for o, r, q in groups]
    }
    number = source.observe(asking(sentry, "dropped"))
    assert (4, "4 rate_limited key_quota") == (number.value, number.note)


def test_a_zero_of_an_unknown_release_is_no_data(sentry: Sentry, source: SentrySource) -> None:
    """A release that Sentry calls otherwise has no errors, and that proves nothing; a known one may have none."""
    sentry.bodies[EVENTS] = table(0)
    with pytest.raises(NoDataError, match=r"Sentry knows no release 1\.2, so that none of its errors proves nothing"):
        source.observe(asking(sentry, release="1.2"))
    sentry.bodies["/organizations/acme/releases/1.2/"] = {"version": "1.2"}
    assert 0 == source.observe(asking(sentry, release="1.2")).value


def test_whether_a_release_is_known(sentry: Sentry, source: SentrySource) -> None:
    """A release that was never announced is a 0 that levels can judge; a name without a value is no data."""
    assert 0 == source.observe(asking(sentry, "release", release="a/b", start=None)).value
    assert "/organizations/acme/releases/a%2Fb/" == sentry.asked[-1][0]
    sentry.bodies["/organizations/acme/releases/1.2/"] = {"version": "1.2"}
    assert 1 == source.observe(asking(sentry, "release", release="1.2", start=None)).value
    with pytest.raises(NoDataError, match="no release to look for"):
        source.observe(asking(sentry, "release", release=None))


def test_a_window_without_a_beginning_is_no_data(sentry: Sentry, source: SentrySource) -> None:
    """When nobody knows when the deployment was, nothing is asked."""
    with pytest.raises(NoDataError, match=r"nobody knows when the deployment was\. Give --deployed-at"):
        source.observe(asking(sentry, start=None))
    assert [] == sentry.asked


@pytest.mark.parametrize(
    ("code", "body", "error", "words"),
    [
        ("400 Bad Request", b'{"detail": "Invalid query"}', QueryError, r"^Sentry answered 400: Invalid query\. Corr"),
        ("401 Unauthorized", b'{"detail": "Invalid token"}', LoginRefusedError, "401: Invalid token. Renew sentry.tok"),
        ("403 Forbidden", b'{"detail": "no"}', MissingAccessError, "403: no. Give the token the scopes event:read"),
        ("404 Not Found", b'{"detail": "gone"}', QueryError, "404: gone. Correct url, organization, project and env"),
        ("500 Internal Server Error", b"<html>\x1b", BadAnswerError, "Sentry answered 500. See the status page"),
        ("502 Bad Gateway", b'{"detail": {"message": "deep"}}', BadAnswerError, "Sentry answered 502: deep. See"),
        ("503 Service Unavailable", b"[" * 100_000, BadAnswerError, "Sentry answered 503. See"),
        ("302 Found", b"", BadAnswerError, "Sentry answered 302"),
        ("200 OK", b"<html>Log in</html>", BadAnswerError, "Sentry did not answer JSON .*Is that URL its API"),
        ("200 OK", b'{"data": [{"count()": 1', BadAnswerError, "Sentry did not answer JSON"),
        ("200 OK", b'{"data": []}', BadAnswerError, r"Sentry's table holds no count\(\)"),
        ("200 OK", b'{"data": [{"count()": "7"}]}', BadAnswerError, "Sentry's table holds no"),
        ("200 OK", b'{"data": [{"count()": NaN}]}', BadAnswerError, "Sentry's table holds no"),
        ("200 OK", b'{"data": [{"count()": -1}]}', BadAnswerError, "Sentry's table holds no"),
        ("200 OK", b'{"data": [{"count()": true}]}', BadAnswerError, "Sentry's table holds no"),
        ("200 OK", b"null", BadAnswerError, "Sentry's table holds no"),
    ],
)
def test_bad_answers(
    sentry: Sentry, source: SentrySource, code: str, body: bytes, error: type[Exception], words: str
) -> None:
    """Each refusal and each garbage is an error of its kind that says what to do, and shows no token."""
    sentry.raw[EVENTS] = status(code, body=body)
    with pytest.raises(error, match=words) as found:
        source.observe(asking(sentry))
    assert TOKEN not in str(found.value)


@pytest.mark.parametrize("body", [b"{}", b"[1]", b'[{"id": ""}]', b"null"])
def test_a_list_of_issues_of_another_shape(sentry: Sentry, source: SentrySource, body: bytes) -> None:
    """What is no list of issues is not counted as none."""
    sentry.raw[ISSUES] = status("200 OK", body=body)
    with pytest.raises(BadAnswerError, match="another shape than documented"):
        source.observe(asking(sentry, "issues"))


@pytest.mark.parametrize("body", [{}, {"id": None}, {"id": "../x"}, []])
def test_a_project_of_another_shape(sentry: Sentry, source: SentrySource, body: Any) -> None:
    """A project without a number cannot be asked about."""
    sentry.bodies["/projects/acme/shop/"] = body
    with pytest.raises(BadAnswerError, match="about the project holds no id"):
        source.observe(asking(sentry))


def test_a_truncated_body_is_no_answer(sentry: Sentry, source: SentrySource) -> None:
    """A connection that ends inside the body does not become a smaller number."""

    def cut(talk: Talk) -> None:
        talk.send(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"data": [{"count()": 1}]')
        talk.reset()

    sentry.raw[EVENTS] = cut
    with pytest.raises(NoAnswerError):
        source.observe(asking(sentry))


def test_silence_ends_with_the_timeout(sentry: Sentry, source: SentrySource) -> None:
    """A server that hangs is given up when the time is over."""
    sentry.raw[EVENTS] = Talk.hang
    with pytest.raises(AnswerTimeoutError):
        source.observe(asking(sentry, timeout=0.5))


def test_nobody_there() -> None:
    """A refused connection says so."""
    http = HttpSource()
    nobody = Sentry(url=f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(NoAnswerError, match="refused the connection"):
        SentrySource(http.observe).observe(asking(nobody))
    http.close()


def limited(sentry: Sentry, headers: str, *, code: str = "429 Too Many Requests", times: int = 1) -> None:
    """Let the stand-in refuse the first requests for events."""
    answers = iter([status(code, headers)] * times + [status("200 OK", body=json.dumps(table(4)).encode())] * 9)

    def answer(talk: Talk) -> None:
        next(answers)(talk)

    sentry.raw[EVENTS] = answer


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ("Retry-After: 0\r\n", "429 Too Many Requests"),
        ("Retry-After: 0.01\r\n", "503 Service Unavailable"),
        ("Retry-After: Sat, 21 Nov 2015 10:00:00 GMT\r\n", "429 Too Many Requests"),
        ("Retry-After: soon\r\n", "429 Too Many Requests"),
        ("X-Sentry-Rate-Limit-Reset: 1\r\n", "429 Too Many Requests"),
        ("X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1\r\n", "403 Forbidden"),
    ],
)
def test_a_rate_limit_is_waited_for(sentry: Sentry, source: SentrySource, headers: str, code: str) -> None:
    """When the limit ends within the timeout, the question is asked again."""
    limited(sentry, headers, code=code)
    number: Number = source.observe(asking(sentry))
    assert (4, 2) == (number.value, number.attempts)


@pytest.mark.parametrize(
    "headers",
    [
        "Retry-After: 3600\r\n",
        f"Retry-After: {format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)}\r\n",
        f"X-Sentry-Rate-Limit-Reset: {time.time() + 3600:.0f}\r\n",
    ],
    ids=["seconds", "date", "reset"],
)
def test_a_rate_limit_beyond_the_timeout_is_told(sentry: Sentry, source: SentrySource, headers: str) -> None:
    """A limit that ends too late is an error at once, without waiting and without asking again."""
    limited(sentry, headers, times=9)
    with pytest.raises(RateLimitedError, match=r"^Sentry limits how often it may be asked \(429\), for another 3\."):
        source.observe(asking(sentry))
    assert 1 == len(sentry.queries(EVENTS))


def test_closing_wakes_up_who_waits(sentry: Sentry, source: SentrySource) -> None:
    """The end of a run does not wait for a limit."""
    limited(sentry, "Retry-After: 60\r\n")
    errors: list[SourceError] = []

    def ask() -> None:
        try:
            source.observe(asking(sentry, timeout=120.0))
        except SourceError as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not sentry.queries(EVENTS):
        time.sleep(0.01)
    source.close()
    thread.join(10)
    assert ["Sentry was not asked again: the run is ending"] == [str(error) for error in errors]


def test_numbers_of_projects_need_no_lookup(sentry: Sentry, source: SentrySource) -> None:
    """A project given by number is used as it is, beside others."""
    sentry.bodies[EVENTS] = table(1)
    source.observe(replace(asking(sentry), projects=("7", "shop")))
    assert [["7", "42"]] == [query["project"] for query in sentry.queries(EVENTS)]
