"""Prometheus, a real one with a past, and hostile ones."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.asks import Number, PromAsk
from pytest_deploycheck.errors import (
    AnswerTimeoutError,
    AnswerTooLargeError,
    BadAnswerError,
    LoginRefusedError,
    NoAnswerError,
    QueryError,
    SourceError,
)
from pytest_deploycheck.sources.http import HttpSource
from pytest_deploycheck.sources.prometheus import PrometheusSource
from tests.fix_http import Server, certificate, closed_port, forever

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.fix_http import Talk
    from tests.fix_prometheus import PrometheusServer


@pytest.fixture
def source() -> Iterator[PrometheusSource]:
    """A source on top of real HTTP."""
    http = HttpSource()
    yield PrometheusSource(fetch=http.observe)
    http.close()


def basic(server: PrometheusServer) -> tuple[tuple[str, str], ...]:
    """Return the header that the server's password makes."""
    assert server.auth is not None
    return (("Authorization", "Basic " + base64.b64encode(":".join(server.auth).encode()).decode()),)


@pytest.fixture
def ask(prometheus: PrometheusServer) -> PromAsk:
    """A question about the last ten minutes of the written past."""
    end = datetime.fromtimestamp(prometheus.filled_to, UTC)
    return PromAsk(url=prometheus.url, query="", headers=basic(prometheus), end=end, window=600.0)


def only(source: PrometheusSource, ask: PromAsk) -> Number:
    """Return the only number."""
    ((_, number),) = source.observe(ask).series
    return number


ERRORS = (
    'sum by (handler) (rate(shop_requests_total{code="500"}[$window]))'
    " / sum by (handler) (rate(shop_requests_total[$window]))"
)


def test_instant_query(source: PrometheusSource, ask: PromAsk) -> None:
    """A ratio over the window, at the moment that was asked for."""
    number = only(source, replace(ask, query=ERRORS))
    assert number.value == pytest.approx(0.06 / 2.06, rel=0.01)
    assert ("10m", ask.url) == (number.window, number.target)


def test_the_same_question_about_another_time(source: PrometheusSource, ask: PromAsk) -> None:
    """An hour earlier the errors were a third."""
    assert ask.end is not None
    earlier = replace(ask, query=ERRORS, end=ask.end - timedelta(minutes=75))
    assert only(source, earlier).value == pytest.approx(0.02 / 2.02, rel=0.01)


def test_a_range_becomes_one_number(source: PrometheusSource, ask: PromAsk) -> None:
    """The mean of a gauge over the window, with n, resolution and how it was made."""
    number = only(source, replace(ask, query="shop_memory_bytes", stat="mean", step=60.0))
    assert number.value == pytest.approx(1e6 + 7200 - 300, abs=20)
    assert (11, "10m", "1m", "mean of 11 points") == (number.n, number.window, number.resolution, number.note)


def test_a_counter_that_is_reset(source: PrometheusSource, ask: PromAsk) -> None:
    """Half an hour's increase goes on over the reset."""
    number = only(source, replace(ask, query="shop_resets_total", stat="increase", window=2400.0, step=15.0))
    assert number.value == pytest.approx(2400, abs=40)
    assert number.note is not None
    assert "reset" in number.note


def test_small_samples_are_labelled(source: PrometheusSource, ask: PromAsk) -> None:
    """A p95 of 11 points is their maximum, and says so."""
    number = only(source, replace(ask, query="shop_memory_bytes", stat="p95", step=60.0))
    assert "p95 of 11 points, which is their maximum" == number.note


def test_by_label(source: PrometheusSource, ask: PromAsk) -> None:
    """Each handler is a number of its own; what had to be there and is not has no data."""
    query = "sum by (handler) (rate(shop_requests_total[$window]))"
    found = dict(source.observe(replace(ask, query=query, by=("handler",), expected=("/a", "/gone"))).series)
    assert ["/a", "/b", "/gone", "/idle"] == list(found)
    assert (None, "the query answers no series") == (found["/gone"].value, found["/gone"].note)
    assert found["/b"].value == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize(("reduce", "expected"), [("max", 2.06), ("min", 0.0), ("sum", 3.06), ("mean", 1.02)])
def test_reduce(source: PrometheusSource, ask: PromAsk, reduce: str, expected: float) -> None:
    """Several series become one number, and the note says which one it was."""
    query = "sum by (handler) (rate(shop_requests_total[$window]))"
    number = only(source, replace(ask, query=query, reduce=reduce))
    assert number.value == pytest.approx(expected, abs=0.02)
    assert number.note is not None
    assert number.note.startswith(f"{reduce} of 3 series")
    assert ("handler=/a" in number.note) is (reduce == "max")


def test_each(source: PrometheusSource, ask: PromAsk) -> None:
    """All labels name a series."""
    query = 'rate(shop_requests_total{handler="/a"}[$window])'
    names = [name for name, _ in source.observe(replace(ask, query=query, reduce="each")).series]
    assert ["code=200,handler=/a", "code=500,handler=/a"] == names


def test_several_series_where_one_is_wanted(source: PrometheusSource, ask: PromAsk) -> None:
    """Nothing is picked silently."""
    with pytest.raises(QueryError, match=r"4 series where one number is wanted.*reduce"):
        source.observe(replace(ask, query="shop_requests_total"))


@pytest.mark.parametrize(
    ("query", "note"),
    [("nothing_of_that_name", "no series"), ("vector(0) / vector(0)", "nan"), ("1 / vector(0)", "inf")],
)
def test_no_data(source: PrometheusSource, ask: PromAsk, query: str, note: str) -> None:
    """An empty vector, a NaN, an infinite number: no data, with the reason."""
    number = only(source, replace(ask, query=query))
    assert (None, 0) == (number.value, number.n)
    assert number.note is not None
    assert note in number.note


def test_no_points(source: PrometheusSource, ask: PromAsk) -> None:
    """A range without a series, too."""
    number = only(source, replace(ask, query="nothing_of_that_name", stat="max"))
    assert (None, 0) == (number.value, number.n)


def test_scalar(source: PrometheusSource, ask: PromAsk) -> None:
    """A scalar is a number."""
    assert 42.0 == only(source, replace(ask, query="42")).value


def test_samples_behind_a_number(source: PrometheusSource, ask: PromAsk) -> None:
    """N comes from a query of its own: one for all, or one for each series."""
    question = replace(ask, query=ERRORS, samples_query="sum(increase(shop_requests_total[$window]))")
    assert only(source, question).n == pytest.approx(0.06 * 600 + 3 * 600, abs=30)
    by = replace(
        ask,
        query="sum by (handler) (rate(shop_requests_total[$window]))",
        samples_query="sum by (handler) (increase(shop_requests_total[$window]))",
        by=("handler",),
    )
    found = dict(source.observe(by).series)
    assert found["/b"].n == pytest.approx(600, abs=20)
    assert 0 == found["/idle"].n


def test_stale_sample(source: PrometheusSource, ask: PromAsk) -> None:
    """A sample that the look-back still finds, but which is too old, is no data."""
    assert ask.end is not None
    late = ask.end + timedelta(minutes=4)
    fresh = replace(ask, query="shop_memory_bytes", fresh="shop_memory_bytes", max_age=60.0)
    assert only(source, fresh).value == pytest.approx(1e6 + 7200)
    number = only(source, replace(fresh, end=late))
    assert (None, "stale: the newest sample is 4m old; it answered 1.0072e+06") == (number.value, number.note)
    gone = replace(ask, query="vector(1)", fresh="nothing_of_that_name", max_age=60.0)
    assert only(source, gone).value is None


def test_a_series_that_ended_inside_the_window(source: PrometheusSource, ask: PromAsk) -> None:
    """Its mean is not the window's."""
    assert ask.end is not None
    late = replace(ask, query="shop_memory_bytes", stat="mean", step=15.0, end=ask.end + timedelta(minutes=8))
    number = only(source, late)
    assert number.value is None
    assert number.note is not None
    assert number.note.startswith("stale: the newest point is")


@pytest.mark.parametrize("query", ["sum(", "rate(shop_memory_bytes)", '"text"'])
def test_refused_query(source: PrometheusSource, ask: PromAsk, query: str) -> None:
    """What the server refuses, or does not answer with a number, says what to correct."""
    with pytest.raises(QueryError, match=r"Correct the query"):
        source.observe(replace(ask, query=query))


def test_execution_error(source: PrometheusSource, ask: PromAsk) -> None:
    """422: the query can be read and not be run."""
    with pytest.raises(QueryError, match="duplicate series"):
        source.observe(replace(ask, query="shop_requests_total * on(code) shop_requests_total"))


def test_long_query(source: PrometheusSource, ask: PromAsk) -> None:
    """What is too long for a URL goes into the body."""
    query = " + ".join(["vector(1)"] * 600)
    assert 600.0 == only(source, replace(ask, query=query)).value


def test_wrong_password(source: PrometheusSource, ask: PromAsk) -> None:
    """Our login is told apart from its health."""
    with pytest.raises(LoginRefusedError, match=r"answered 401.*\[prometheus\]"):
        source.observe(replace(ask, query="1", headers=()))


def reply(result: Any = (), kind: str = "vector", **more: Any) -> bytes:
    """Return the body of a successful answer."""
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}, **more}).encode()


ONE = [{"metric": {}, "value": [1.0, "7"]}]


def answering(body: bytes, status: str = "200 OK", headers: str = "") -> Callable[[Talk], None]:
    """Return a server that always says the same."""
    return forever(lambda talk, _request: talk.answer(body, status, headers))


HOSTILE = {
    "garbage": (b"<html>hello</html>", "200 OK", BadAnswerError),
    "not ours": (b'{"status": "success"}', "200 OK", BadAnswerError),
    "no object": (b"[1, 2]", "200 OK", BadAnswerError),
    "deep": (b"[" * 100_000, "200 OK", BadAnswerError),
    "cut off": (reply(ONE)[:-9], "200 OK", BadAnswerError),
    "no pairs": (reply([{"metric": {}, "value": 3}]), "200 OK", BadAnswerError),
    "no text": (reply([{"metric": {}, "value": [1, 7]}]), "200 OK", BadAnswerError),
    "no metric": (reply([{"value": [1, "7"]}]), "200 OK", BadAnswerError),
    "metric list": (reply([{"metric": [], "value": [1, "7"]}]), "200 OK", BadAnswerError),
    "other kind": (reply([], "cheese"), "200 OK", BadAnswerError),
    "kind list": (b'{"status": "success", "data": {"resultType": []}}', "200 OK", BadAnswerError),
    "histogram": (reply([{"metric": {}, "histogram": [1, {}]}]), "200 OK", QueryError),
    "503": (b'{"status": "error", "errorType": "unavailable", "error": "x"}', "503 Unavailable", BadAnswerError),
    "gave up": (b'{"status": "error", "errorType": "timeout", "error": "x"}', "503 Unavailable", AnswerTimeoutError),
    "404": (b"404 page not found", "404 Not Found", BadAnswerError),
    "429": (b"", "429 Too Many Requests", BadAnswerError),
    "403": (b"", "403 Forbidden", LoginRefusedError),
    "redirect": (b"", "302 Found", BadAnswerError),
    "500": (b"\xff\xfe", "500 Oops", BadAnswerError),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers(source: PrometheusSource, name: str) -> None:
    """Whatever comes back, it is one clear error that says what to do."""
    body, status, kind = HOSTILE[name]
    with (
        Server(answering(body, status, "Location: http://127.0.0.1:1/\r\n" if "302" in status else "")) as server,
        pytest.raises(SourceError) as caught,
    ):
        source.observe(PromAsk(url=server.url, query="up"))
    assert kind is type(caught.value)
    assert caught.value.hint


def test_text_of_the_server_is_made_harmless(source: PrometheusSource) -> None:
    """Control characters and essays do not reach the terminal."""
    text = json.dumps({"status": "error", "errorType": "bad_data", "error": "\x1b[31m" + "x" * 9999})
    with Server(answering(text.encode(), "400 Bad Request")) as server, pytest.raises(QueryError) as caught:
        source.observe(PromAsk(url=server.url, query="up"))
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_huge_body(source: PrometheusSource) -> None:
    """Reading ends at the limit, whatever is announced."""

    def flood(talk: Talk) -> None:
        talk.request()
        talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        while True:
            talk.send(b" " * 65536)

    with Server(flood) as server, pytest.raises(AnswerTooLargeError):
        source.observe(PromAsk(url=server.url, query="up", max_bytes=100_000))


@pytest.mark.parametrize("behave", ["hang", "drip"])
def test_no_answer_in_time(source: PrometheusSource, behave: str) -> None:
    """A server that hangs or drips holds us no longer than the timeout."""

    def slow(talk: Talk) -> None:
        talk.request()
        talk.hang() if behave == "hang" else talk.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + b" " * 900)

    with Server(slow) as server, pytest.raises(AnswerTimeoutError):
        source.observe(PromAsk(url=server.url, query="up", timeout=0.3))


def test_connection_lost(source: PrometheusSource) -> None:
    """Refused, or reset in the middle."""
    with pytest.raises(NoAnswerError, match="refused"):
        source.observe(PromAsk(url=f"http://127.0.0.1:{closed_port()}", query="up"))

    def cut(talk: Talk) -> None:
        talk.request()
        talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{")
        talk.reset()

    with Server(cut) as server, pytest.raises(NoAnswerError):
        source.observe(PromAsk(url=server.url, query="up"))


def test_expired_certificate(source: PrometheusSource, tmp_path: Path) -> None:
    """It is not trusted, and the message says since when."""
    tls = certificate(tmp_path, not_after="20210101000000Z")
    with Server(answering(reply(ONE)), tls) as server, pytest.raises(NoAnswerError, match="certificate"):
        source.observe(PromAsk(url=server.url, query="up"))


def test_partial_results(source: PrometheusSource) -> None:
    """An answer with warnings is no data, unless that is accepted; either way they are told."""
    with Server(answering(reply(ONE, warnings=["store down"], infos=["not a counter"]))) as server:
        ask = PromAsk(url=server.url, query="up")
        assert (None, "partial: store down; it answered 7; not a counter") == (
            (refused := only(source, ask)).value,
            refused.note,
        )
        accepted = only(source, replace(ask, accept_partial=True))
    assert (7.0, "not a counter; store down") == (accepted.value, accepted.note)


@pytest.mark.parametrize(("ahead", "words"), [(3600, "ahead of"), (-90, "behind")])
def test_clock_skew(source: PrometheusSource, ahead: int, words: str) -> None:
    """When the Date header shows another time, the question is asked again on the server's clock, and it is told."""
    moment = datetime.now(UTC)
    asked: list[float] = []

    def behave(talk: Talk, request: bytes) -> None:
        asked.append(float(request.split(b"time=")[1].split(b"&")[0]))
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + ahead))
        talk.answer(reply(ONE), headers=f"Date: {date}\r\n")

    with Server(forever(behave)) as server:
        ask = PromAsk(url=server.url, query="up", end=moment)
        number, again = only(source, ask), only(source, ask)
    assert [0.0, ahead, ahead] == pytest.approx([at - moment.timestamp() for at in asked], abs=2)
    for each in (number, again):
        assert each.note is not None
        assert words in each.note


@pytest.mark.parametrize("date", ["", "Date: tomorrow\r\n", "Date: Thu, 99 Jan 1970 00:00:00 GMT\r\n"])
def test_no_usable_date(source: PrometheusSource, date: str) -> None:
    """Without one, our clock is taken."""
    with Server(answering(reply(ONE), headers=date)) as server:
        assert 7.0 == only(source, PromAsk(url=server.url, query="up")).value
        assert 1 == len(server.requests)


def test_too_many_series(source: PrometheusSource) -> None:
    """A label with thousands of values is told to be aggregated."""
    many = [{"metric": {"user": str(n)}, "value": [1.0, "1"]} for n in range(500)]
    with Server(answering(reply(many))) as server, pytest.raises(QueryError, match="500 series"):
        source.observe(PromAsk(url=server.url, query="up", by=("user",)))
