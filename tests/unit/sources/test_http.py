"""HTTP against real servers: good ones, slow ones, broken ones and hostile ones."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.asks import HttpAnswer, HttpAsk
from pytest_deploycheck.errors import (
    AnswerTimeoutError,
    AnswerTooLargeError,
    BadAnswerError,
    NoAnswerError,
    QueryError,
    SourceError,
)
from pytest_deploycheck.sources.base import Source
from pytest_deploycheck.sources.http import HttpSource
from tests.fix_http import Server, Talk, certificate, closed_port, forever

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def http() -> Iterator[HttpSource]:
    """Give a source and close it."""
    source = HttpSource()
    yield source
    source.close()


def served(http: HttpSource, behave: Callable[[Talk], None], path: str = "/", **more: object) -> HttpAnswer:
    """Return what the source answers when a server behaves like that."""
    with Server(behave) as server:
        return http.observe(HttpAsk(url=server.url + path, **more))  # type: ignore[arg-type]


def refused(http: HttpSource, behave: Callable[[Talk], None], **more: object) -> SourceError:
    """Return the error that the source raises when a server behaves like that."""
    with pytest.raises(SourceError) as caught:
        served(http, behave, **more)  # type: ignore[arg-type]
    return caught.value


def test_the_source_fits_its_interface(http: HttpSource) -> None:
    """The source is a Source that answers HttpAsk."""
    assert isinstance(http, Source)
    assert http.ask_type is HttpAsk


def test_an_answer_has_status_headers_body_and_times(http: HttpSource) -> None:
    """A plain answer arrives whole, with its time and date."""
    answer = served(http, forever(lambda talk, _: talk.answer(b'{"a": 1}', "201 Created", "X-Id: \xe4\r\n")))
    assert (answer.status, answer.json(), answer.attempts) == (201, {"a": 1}, 1)
    assert answer.header("x-id") == "\xc3\xa4"
    assert answer.samples == (answer.seconds,)
    assert answer.at is not None
    assert abs(datetime.now(UTC) - answer.at) < timedelta(minutes=1)


def test_the_request_says_who_asks_and_carries_headers_and_body(http: HttpSource) -> None:
    """User-Agent, own headers and the JSON body go out, each header once."""
    with Server(forever(lambda talk, _: talk.answer())) as server:
        ask = HttpAsk(url=server.url, method="post", headers=(("accept", "text/x"),), json_body='{"ä": 1}')
        http.observe(ask)
        request = server.requests[0]
    assert request.startswith(b"POST / HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"User-Agent: pytest-deploycheck/" in request
    assert request.lower().count(b"accept: ") == 1
    assert b"Content-Length: 9\r\n" in request
    assert request.endswith('\r\n\r\n{"ä": 1}'.encode())


def test_a_connection_is_kept_for_the_next_request(http: HttpSource) -> None:
    """Samples go over one connection and are timed each."""
    with Server(forever(lambda talk, _: talk.answer())) as server:
        answer = http.observe(HttpAsk(url=server.url, samples=5))
        assert (len(answer.samples), server.connections, http.requests) == (5, 1, 5)
    assert answer.seconds == answer.samples[0]


def test_an_error_among_the_samples_is_not_hidden(http: HttpSource) -> None:
    """A service that fails once in four requests is reported by its failure."""

    def flap(talk: Talk) -> None:
        for status in ("200 OK", "200 OK", "503 Busy", "200 OK"):
            talk.request()
            talk.answer(status.encode(), status)

    answer = served(http, flap, samples=4)
    assert (answer.status, answer.body, len(answer.samples)) == (503, b"503 Busy", 4)


def test_cookies_are_not_kept(http: HttpSource) -> None:
    """What one answer sets is not sent with the next request."""
    with Server(forever(lambda talk, _: talk.answer(headers="Set-Cookie: session=1\r\n"))) as server:
        http.observe(HttpAsk(url=server.url, samples=2))
        assert not any(b"cookie" in request.lower() for request in server.requests)


def test_user_and_password_of_the_url_become_a_header(http: HttpSource) -> None:
    """Credentials in the URL are sent, and shown nowhere."""
    with Server(forever(lambda talk, _: talk.answer())) as server:
        url = server.url.replace("//", "//user:p%40ss@")
        answer = http.observe(HttpAsk(url=f"{url}/x?token=hidden#part"))
        assert b"Authorization: Basic dXNlcjpwQHNz" in server.requests[0]
        assert b"GET /x?token=hidden HTTP/1.1" in server.requests[0]
        assert answer.url == f"{server.url}/x"


def test_a_refused_connection_is_tried_again_and_counted(http: HttpSource) -> None:
    """Nothing listening is no answer, after the attempts that were allowed."""
    with pytest.raises(NoAnswerError, match=r"refused the connection, 3 attempts\. Is the service running") as caught:
        http.observe(HttpAsk(url=f"http://user:secret@127.0.0.1:{closed_port()}/a?key=secret"))
    assert "secret" not in str(caught.value)
    assert http.requests == 3


def test_an_unknown_name_is_no_answer(http: HttpSource) -> None:
    """A name that cannot be resolved says so."""
    with pytest.raises(NoAnswerError, match="host name that cannot be resolved"):
        http.observe(HttpAsk(url="http://no-such-host.invalid/", retries=0))


def test_a_server_that_hangs_is_a_timeout(http: HttpSource) -> None:
    """Nothing at all ends at the timeout."""
    began = time.monotonic()
    error = refused(http, Talk.hang, timeout=0.2)
    assert time.monotonic() - began < 5
    assert type(error) is AnswerTimeoutError
    assert "did not answer within 0.2 s" in str(error)


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"],
    ids=["status line", "headers", "body"],
)
def test_a_server_that_drips_does_not_pass_the_timeout(http: HttpSource, start: bytes) -> None:
    """The timeout bounds the whole answer, wherever in it the bytes come one by one."""

    def drip(talk: Talk) -> None:
        talk.request()
        talk.send(start)
        talk.drip(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 9000 if not start else b"x" * 9000)

    began = time.monotonic()
    error = refused(http, drip, timeout=0.4)
    assert type(error) is AnswerTimeoutError
    assert "bytes arrived" in str(error)
    assert time.monotonic() - began < 5


def test_a_kept_connection_that_drips_does_not_pass_the_timeout(http: HttpSource) -> None:
    """The deadline holds on the second request of a connection as on the first."""

    def behave(talk: Talk) -> None:
        talk.request()
        talk.answer()
        talk.request()
        talk.drip(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 9000)

    with Server(behave) as server:
        http.observe(HttpAsk(url=server.url))
        with pytest.raises(AnswerTimeoutError):
            http.observe(HttpAsk(url=server.url, timeout=0.3))


def test_endless_interim_answers_do_not_pass_the_timeout(http: HttpSource) -> None:
    """A server that sends 100 Continue for ever is stopped."""

    def flood(talk: Talk) -> None:
        talk.request()
        while not talk.server.stopping.is_set():
            talk.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 50)

    assert type(refused(http, flood, timeout=0.3)) is AnswerTimeoutError


def test_a_reset_before_the_answer_is_no_answer_and_not_repeated(http: HttpSource) -> None:
    """A fresh connection that is reset is a finding about the service, not a reason to ask again."""

    def behave(talk: Talk) -> None:
        talk.request()
        talk.reset()

    error = refused(http, behave)
    assert type(error) is NoAnswerError
    assert "reset the connection before it answered" in str(error)
    assert http.requests == 1


@pytest.mark.parametrize(("method", "sent"), [("GET", 3), ("POST", 2)])
def test_only_an_idempotent_request_is_repeated_on_a_stale_connection(http: HttpSource, method: str, sent: int) -> None:
    """A kept connection that closes as the request goes out is repeated for GET, and never for POST."""

    def behave(talk: Talk) -> None:
        talk.request()
        talk.answer()
        talk.request()
        if talk.number == 1:
            talk.reset()
        else:
            talk.answer()

    with Server(behave) as server:
        http.observe(HttpAsk(url=server.url))
        ask = HttpAsk(url=server.url, method=method)
        if method == "GET":
            assert http.observe(ask).attempts == 2
        else:
            with pytest.raises(NoAnswerError):
                http.observe(ask)
    assert http.requests == sent


@pytest.mark.parametrize(
    ("sent", "kind", "text"),
    [
        (b"", NoAnswerError, "closed the connection without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", NoAnswerError, "in the middle of its answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\nhalf", NoAnswerError, "in the middle"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nhello\r\n", BadAnswerError, "not valid HTTP"),
        (b"\x1b[2J\x00garbage\r\n\r\n", BadAnswerError, "not valid HTTP"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", BadAnswerError, "not valid HTTP"),
        (b"HTTP/1.1 99999 What\r\n\r\n", BadAnswerError, "not valid HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", BadAnswerError, "not valid HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", BadAnswerError, "not valid HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000 + b"\r\n\r\n", BadAnswerError, "not valid HTTP"),
        (b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", BadAnswerError, "not valid HTTP"),
    ],
)
def test_broken_answers_give_one_clear_error(http: HttpSource, sent: bytes, kind: type[SourceError], text: str) -> None:
    """Whatever a server sends that is not a whole HTTP answer is named, on one printable line."""

    def behave(talk: Talk) -> None:
        talk.request()
        talk.send(sent)

    error = refused(http, behave, retries=0)
    assert type(error) is kind
    assert text in str(error)
    assert str(error).isprintable()
    assert len(str(error)) < 400


def test_a_body_beyond_the_limit_is_not_read(http: HttpSource) -> None:
    """Of a gigabyte only about the limit is taken from the wire."""
    taken = []

    def behave(talk: Talk) -> None:
        talk.request()
        talk.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        try:
            for _ in range(1024):
                talk.send(b"x" * 1024 * 1024)
                taken.append(1)
        finally:
            talk.server.stopping.set()

    error = refused(http, behave, max_bytes=100_000)
    assert type(error) is AnswerTooLargeError
    assert "more than 100000 bytes. Raise max_body" in str(error)
    assert len(taken) < 100


def test_a_declared_length_beyond_the_limit_is_refused_at_once(http: HttpSource) -> None:
    """A body that announces itself as too large is not waited for."""

    def behave(talk: Talk) -> None:
        talk.request()
        talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        talk.hang()

    error = refused(http, behave, max_bytes=100)
    assert type(error) is AnswerTooLargeError


def test_a_body_of_exactly_the_limit_is_accepted(http: HttpSource) -> None:
    """The limit itself is allowed; one byte more is not."""
    assert len(served(http, forever(lambda talk, _: talk.answer(b"x" * 100)), max_bytes=100).body) == 100
    assert type(refused(http, forever(lambda talk, _: talk.answer(b"x" * 101)), max_bytes=100)) is AnswerTooLargeError


def test_the_length_of_a_head_is_no_body(http: HttpSource) -> None:
    """HEAD announces a length that never comes; that is fine."""
    sent = b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\nContent-Encoding: gzip\r\n\r\n"
    answer = served(http, forever(lambda talk, _: talk.send(sent)), method="HEAD")
    assert (answer.status, answer.body) == (200, b"")


def redirect(to: str, status: int = 302) -> str:
    """Return an answer that sends elsewhere."""
    return f"HTTP/1.1 {status} Elsewhere\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"


def test_a_redirect_is_not_followed_unless_asked_for(http: HttpSource) -> None:
    """By default the redirect itself is the answer."""
    answer = served(http, forever(lambda talk, _: talk.send(redirect("/next").encode())))
    assert (answer.status, answer.header("location"), answer.redirects) == (302, "/next", ())


def test_redirects_are_followed_and_recorded(http: HttpSource) -> None:
    """Followed redirects end at the last answer, and show the way, without queries."""

    def behave(talk: Talk, request: bytes) -> None:
        if request.startswith(b"GET /start"):
            talk.send(redirect("next?code=secret").encode())
        else:
            talk.answer(b"end")

    answer = served(http, forever(behave), path="/a/../start", follow_redirects=True)
    assert (answer.status, answer.body) == (200, b"end")
    assert [url.rpartition("/")[2] for url in answer.redirects] == ["next"]


def test_a_redirect_loop_ends(http: HttpSource) -> None:
    """After five redirects it is enough."""
    error = refused(http, forever(lambda talk, _: talk.send(redirect("/").encode())), follow_redirects=True)
    assert type(error) is BadAnswerError
    assert "redirects more than 5 times" in str(error)
    assert http.requests == 6


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://x/", "http://[::1", "http://a:b/", "//", "http://"])
def test_a_redirect_to_something_else_is_a_bad_answer(http: HttpSource, to: str) -> None:
    """Only http and https are followed."""
    error = refused(http, forever(lambda talk, _: talk.send(redirect(to).encode())), follow_redirects=True)
    assert type(error) is BadAnswerError
    assert "passwd" not in str(error)


def test_credentials_stay_with_their_origin(http: HttpSource) -> None:
    """Another origin gets none of the headers that the settings gave to the first one."""
    with (
        Server(forever(lambda talk, _: talk.answer())) as other,
        Server(forever(lambda talk, _: talk.send(redirect(other.url).encode()))) as first,
    ):
        headers = (("Authorization", "Bearer secret"), ("X-Api-Key", "secret"), ("Cookie", "secret=1"))
        http.observe(HttpAsk(url=first.url, headers=headers, follow_redirects=True))
        assert first.requests[0].count(b"secret") == 3
        assert b"secret" not in other.requests[0]


@pytest.mark.parametrize(("status", "second"), [(303, b"GET /there"), (302, b"GET /there"), (307, b"POST /there")])
def test_a_redirected_post_keeps_its_body_only_where_the_standard_says(
    http: HttpSource, status: int, second: bytes
) -> None:
    """303 and 302 become GET without a body; 307 repeats the request."""

    def behave(talk: Talk, request: bytes) -> None:
        if b" /there " in request:
            talk.answer()
        else:
            talk.send(redirect("/there", status).encode())

    with Server(forever(behave)) as server:
        http.observe(HttpAsk(url=server.url, method="POST", json_body="[1]", follow_redirects=True))
        assert server.requests[1].startswith(second)
        assert server.requests[1].endswith(b"[1]") is (status == 307)


@pytest.mark.parametrize(
    "url", ["ftp://a/", "http://", "nonsense", "", "http://a:b:c/", "http://[::1/", "http://a:99999/"]
)
def test_an_address_that_is_none_is_refused(http: HttpSource, url: str) -> None:
    """A URL that cannot be asked is the question's fault."""
    with pytest.raises(QueryError):
        http.observe(HttpAsk(url=url))


def test_a_header_with_a_line_break_is_never_sent_nor_shown(http: HttpSource) -> None:
    """Header injection fails, and the value is not in the message."""
    with Server(forever(lambda talk, _: talk.answer())) as server:
        with pytest.raises(QueryError, match="cannot be sent") as caught:
            http.observe(HttpAsk(url=server.url, headers=(("X", "sec\r\nret: 1"),)))
        assert server.requests == []
    assert "ret" not in str(caught.value)


def test_a_self_signed_certificate_is_named_and_not_asked_again(http: HttpSource, tmp_path: Path) -> None:
    """A certificate that nobody vouches for is a clear error with its end."""
    with (
        Server(forever(lambda talk, _: talk.answer()), certificate(tmp_path)) as server,
        pytest.raises(NoAnswerError, match=r"certificate that cannot be trusted \(self.signed certificate\)"),
    ):
        http.observe(HttpAsk(url=server.url, tls_expiry=True))
    assert http.requests == 1


def test_an_expired_certificate_says_when_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, http: HttpSource
) -> None:
    """The error for an expired certificate carries the date."""
    context = certificate(tmp_path, not_after="20210203040506Z")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with (
        Server(forever(lambda talk, _: talk.answer()), context) as server,
        pytest.raises(NoAnswerError, match=r"certificate has expired\); it ends 2021-02-03 04:05 UTC"),
    ):
        http.observe(HttpAsk(url=server.url))


@pytest.mark.parametrize("trusted", [True, False])
def test_the_end_of_a_certificate_is_seen(
    *, trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, http: HttpSource
) -> None:
    """``tls_expiry`` gives the certificate's end, with verification and without."""
    context = certificate(tmp_path, not_after="20500203040506Z")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with Server(forever(lambda talk, _: talk.answer()), context) as server:
        answer = http.observe(HttpAsk(url=server.url, tls_expiry=True, verify_tls=trusted, samples=2))
    assert answer.tls_expires_at == datetime(2050, 2, 3, 4, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reply", "text"),
    [(b"HTTP/1.1 400 Bad Request\r\n\r\n", "failed the TLS handshake"), (b"", "did not finish the TLS handshake")],
)
def test_https_to_a_plain_port_fails_the_handshake(http: HttpSource, reply: bytes, text: str) -> None:
    """A server that does not speak TLS is told apart from one that is away."""

    def behave(talk: Talk) -> None:
        talk.connection.recv(10_000)
        talk.send(reply)
        talk.hang()

    with Server(behave) as server, pytest.raises(NoAnswerError, match=text):
        http.observe(HttpAsk(url=server.url.replace("http:", "https:"), retries=0, timeout=0.5))


def test_a_proxy_of_the_environment_is_used_but_never_for_loopback(
    http: HttpSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests to other hosts go through the proxy; those to this machine do not."""
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with (
        Server(forever(lambda talk, _: talk.answer(b"proxy"))) as proxy,
        Server(forever(lambda talk, _: talk.answer(b"direct"))) as direct,
    ):
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//me:secret@"))
        assert http.observe(HttpAsk(url="http://service.invalid/x")).body == b"proxy"
        assert http.observe(HttpAsk(url=direct.url)).body == b"direct"
        assert proxy.requests[0].startswith(b"GET http://service.invalid/x HTTP/1.1")
        assert b"Basic bWU6c2VjcmV0" in proxy.requests[0]


def test_a_proxy_that_cannot_be_used_is_named_without_its_password(
    http: HttpSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A SOCKS proxy is refused in plain words."""
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "socks5://me:secret@127.0.0.1:1080")
    with pytest.raises(
        SourceError, match=r"the proxy socks5://127\.0\.0\.1:1080 of the environment cannot be used"
    ) as caught:
        http.observe(HttpAsk(url="http://service.invalid/x"))
    assert "secret" not in str(caught.value)


def test_closing_twice_is_fine() -> None:
    """Closing is idempotent, before and after use."""
    source = HttpSource()
    source.close()
    source.close()
    assert source.requests == 0
