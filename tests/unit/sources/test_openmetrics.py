"""The metrics source: how often it asks, what it shares, and what becomes of bad answers."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from pytest_deploycheck.asks import HttpAnswer, HttpAsk, Number, OpenMetricsAsk
from pytest_deploycheck.errors import BadAnswerError, NoAnswerError, QueryError, SourceError
from pytest_deploycheck.phases import parse_duration
from pytest_deploycheck.sources.base import Source
from pytest_deploycheck.sources.http import HttpSource
from pytest_deploycheck.sources.openmetrics import OpenMetricsSource
from tests.fix_http import Server, Talk

URL = "http://user:Sekret@127.0.0.1:9/metrics?key=Sekret"


class Service:
    """Answers each scrape with a counter that is 100 higher than before, or as told."""

    def __init__(self, *, status: int = 200, body: bytes | None = None, error: SourceError | None = None) -> None:
        """Prepare the answer."""
        self.asks: list[HttpAsk] = []
        self._status = status
        self._body = body
        self._error = error
        self._lock = threading.Lock()

    def __call__(self, ask: HttpAsk) -> HttpAnswer:
        """Answer one request."""
        with self._lock:
            self.asks.append(ask)
            count = len(self.asks)
        if self._error:
            raise self._error
        body = self._body if self._body is not None else f"c_total {count * 100}\ng {count}\n".encode()
        return HttpAnswer(url=ask.url, status=self._status, body=body)


def asking(query: str, window: float = 0.2, url: str = URL) -> OpenMetricsAsk:
    """Return an ask."""
    return OpenMetricsAsk(url=url, query=query, window=window)


def test_is_a_source() -> None:
    """The source has the interface that the observatory expects."""
    assert isinstance(OpenMetricsSource(Service()), Source)


def test_all_questions_share_two_scrapes() -> None:
    """Many threads with many questions cost the service two requests."""
    service = Service()
    source = OpenMetricsSource(service)
    found: list[Number] = []
    queries = ["increase(c_total)", "ratio(c_total, c_total)", "delta(g)", "rate(c_total)"] * 4
    threads = [threading.Thread(target=lambda q=query: found.append(source.observe(asking(q)))) for query in queries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(queries) == len(found)
    assert 2 == len(service.asks)
    assert {1.0, 100.0} == {number.value for number in found if number.unit != "1/s"}


def test_each_window_has_its_own_end() -> None:
    """A longer window needs a later scrape, and both begin at the first one."""
    service = Service()
    source = OpenMetricsSource(service)
    assert 100 == source.observe(asking("increase(c_total)", 0.05)).value
    assert 200 == source.observe(asking("increase(c_total)", 0.3)).value
    assert 200 == source.observe(asking("increase(c_total)", 0.25)).value
    assert 3 == len(service.asks)


def test_a_gauge_needs_one_scrape() -> None:
    """What compares nothing waits for nothing, and takes the newest there is."""
    service = Service()
    source = OpenMetricsSource(service)
    started = time.monotonic()
    number = source.observe(asking("value(g)", 60))
    assert (1, None) == (number.value, number.window)
    assert time.monotonic() - started < 30
    assert 1 == len(service.asks)


def test_priming_begins_the_window() -> None:
    """After a prime only the second scrape is left; a failing prime says nothing."""
    service = Service()
    source = OpenMetricsSource(service)
    source.prime(asking("increase(c_total)"))
    assert 1 == len(service.asks)
    assert 100 == source.observe(asking("increase(c_total)")).value
    OpenMetricsSource(Service(error=NoAnswerError("refused"))).prime(asking("value(g)"))


def test_the_answer_says_where_and_over_what() -> None:
    """Origin and window are there, login and query of the address are not."""
    number = OpenMetricsSource(Service()).observe(asking("increase(c_total)"))
    assert "http://127.0.0.1:9/metrics" == number.target
    assert parse_duration(str(number.window)) >= 0.2
    assert number.at is not None


def test_the_format_is_asked_for() -> None:
    """Both text formats are accepted, and the headers of the ask are sent along."""
    service = Service()
    ask = OpenMetricsAsk(url=URL, query="value(g)", headers=(("Authorization", "Bearer x"),), timeout=3, max_bytes=99)
    OpenMetricsSource(service).observe(ask)
    sent = service.asks[0]
    assert "openmetrics-text" in dict(sent.headers)["Accept"]
    assert "Bearer x" == dict(sent.headers)["Authorization"]
    assert (3, 99) == (sent.timeout, sent.max_bytes)


@pytest.mark.parametrize(
    ("service", "kind", "words"),
    [
        (Service(status=404), BadAnswerError, "answered 404 instead of metrics. Check the path"),
        (Service(status=401), BadAnswerError, "auth = true"),
        (Service(body=b"<html>"), BadAnswerError, "HTML, not metrics"),
        (Service(error=NoAnswerError("refused")), NoAnswerError, "refused"),
    ],
)
def test_a_bad_answer_is_an_error_for_all(service: Service, kind: type[Exception], words: str) -> None:
    """Whoever asks while the failure is fresh shares it, without another request and without the secrets."""
    source = OpenMetricsSource(service)
    for query in ("value(g)", "increase(c_total)"):
        with pytest.raises(kind, match=words) as caught:
            source.observe(asking(query))
        assert "Sekret" not in str(caught.value)
    assert 1 == len(service.asks)


def test_a_query_that_cannot_be_read_costs_no_request() -> None:
    """A wrong query is the query's fault."""
    service = Service()
    with pytest.raises(QueryError, match="unknown function"):
        OpenMetricsSource(service).observe(asking("nope(g)"))
    assert [] == service.asks


def test_closing_wakes_who_waits() -> None:
    """At the end of the run nobody sits out a long window."""
    source = OpenMetricsSource(Service())
    threading.Timer(0.2, source.close).start()
    started = time.monotonic()
    with pytest.raises(SourceError, match="the run ends"):
        source.observe(replace(asking("increase(c_total)", 120), patience=600.0))
    assert time.monotonic() - started < 60


def test_over_real_http() -> None:
    """Against a real server, with the real HTTP source."""

    def behave(talk: Talk) -> None:
        count = 0
        while talk.request():
            count += 1
            talk.answer(
                f"c_total {count * 7}\n# EOF\n".encode(), headers="Content-Type: application/openmetrics-text\r\n"
            )

    http = HttpSource()
    with Server(behave) as server:
        number = OpenMetricsSource(http.observe).observe(asking("increase(c_total)", 0.1, server.url + "/metrics"))
    http.close()
    assert 7 == number.value
