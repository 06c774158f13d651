"""HTTP: ``HttpAsk`` becomes ``HttpAnswer``; above ``http_transport.py`` (connections) and ``http_body.py`` (bodies).

It keeps no cookies and no credentials from one ask to the next: what one check sends can never help another one in.
"""

from __future__ import annotations

import base64
import random
import ssl
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urljoin

import httpcore
import httpx

from pytest_deploycheck.asks import HttpAnswer, HttpAsk
from pytest_deploycheck.errors import BadAnswerError, NoAnswerError, QueryError, SourceError
from pytest_deploycheck.sources.http_body import read_body
from pytest_deploycheck.sources.http_errors import translate
from pytest_deploycheck.sources.http_transport import Exchange, Transports
from pytest_deploycheck.sources.net import Deadline, cause_of, certificate_end, safe_url
from pytest_deploycheck.version import VERSION

USER_AGENT: Final = f"pytest-deploycheck/{VERSION}"
MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_KEEPS_BODY: Final = frozenset({307, 308})
_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
_FIRST_PAUSE: Final = 0.1
_LAST_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class _Request:
    """What goes over the wire: an ask, or the redirect that it led to."""

    method: str
    url: httpx.URL
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes | None


class HttpSource:
    """Asks over HTTP/1.1 with kept-alive connections; safe to use from several threads at once."""

    ask_type = HttpAsk

    def __init__(self) -> None:
        """Open nothing yet."""
        self._transports = Transports()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._requests = 0

    @property
    def requests(self) -> int:
        """How many requests were sent so far, samples, retries and redirects included."""
        return self._requests

    def observe(self, ask: HttpAsk) -> HttpAnswer:
        """Send the request ``samples`` times and return the first answer, or the first one that got an error status.

        A service that answers 200 and 500 in turn is thereby never taken for a healthy one.

        Raises:
            NoAnswerError: no connection, or it was lost.
            AnswerTimeoutError: the whole answer did not arrive within ``timeout`` seconds.
            BadAnswerError: the answer is not HTTP, is too large, or redirects without end.
            QueryError: the request itself cannot be sent.
            SourceError: the proxy of the environment cannot be used.
        """
        request = _first_request(ask)
        chosen: HttpAnswer | None = None
        seconds: list[float] = []
        attempts = 1
        for number in range(1, max(ask.samples, 1) + 1):
            try:
                answer = self._follow(ask, request)
            except SourceError as error:
                if ask.samples > 1:
                    error.message += f" (request {number} of {ask.samples})"
                raise
            seconds.append(answer.seconds)
            attempts += answer.attempts - 1
            if chosen is None or (answer.status >= 400 > chosen.status):  # noqa: PLR2004  # where errors begin
                chosen = answer
        assert chosen is not None
        return replace(chosen, seconds=seconds[0], samples=tuple(seconds), attempts=attempts)

    def close(self) -> None:
        """Close all connections; what is still under way fails."""
        self._closed.set()
        self._transports.close()

    def _follow(self, ask: HttpAsk, request: _Request) -> HttpAnswer:
        """Return the answer to one request, redirects followed when the ask says so, all within one deadline."""
        deadline = Deadline(ask.timeout)
        at, started = datetime.now(UTC), time.perf_counter()
        passed: list[str] = []
        attempts = 1
        while True:
            answer = self._persist(ask, request, deadline)
            attempts += answer.attempts - 1
            location = answer.header("location")
            if not ask.follow_redirects or answer.status not in _REDIRECTS or location is None:
                break
            if len(passed) == MAX_REDIRECTS:
                raise BadAnswerError(f"{safe_url(ask.url)} redirects more than {MAX_REDIRECTS} times", "Is it a loop?")
            request = _redirected(request, answer.status, location)
            passed.append(safe_url(str(request.url)))
        # a retry's pause is ours, so an answer to a later attempt counts its own time only
        seconds = time.perf_counter() - started if passed else answer.seconds
        return replace(answer, seconds=seconds, attempts=attempts, redirects=tuple(passed), at=at)

    def _persist(self, ask: HttpAsk, request: _Request, deadline: Deadline) -> HttpAnswer:
        """Return the answer, trying again when no connection came about."""
        for attempt in range(1, ask.retries + 2):
            last = attempt > ask.retries
            # a connect that hangs must leave time for the next attempt
            state = Exchange(deadline, deadline.left() if last else deadline.left() / 2)
            try:
                return replace(self._send(ask, request, state), attempts=attempt)
            except SourceError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever a hostile answer provokes becomes one clear error
                pause = _FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311  # spreads load
                again = not last and _may_repeat(error, request, state) and deadline.left() > pause
                if not again or self._closed.wait(pause):
                    problem = translate(error, safe_url(str(request.url)), state)
                    if attempt > 1 and isinstance(problem, NoAnswerError):
                        problem.message += f", {attempt} attempts"
                    raise problem from None
        raise AssertionError("the last attempt returns or raises")

    def _send(self, ask: HttpAsk, request: _Request, state: Exchange) -> HttpAnswer:
        """Return the answer to one attempt, timed from the first byte out to the last byte in."""
        with self._lock:
            self._requests += 1
        url = request.url
        wire = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=_with_host(request),
            content=request.body,
        )
        started = time.perf_counter()
        with self._transports.exchange(wire, state, verify_tls=ask.verify_tls) as response:
            ends = _certificate_end(response) if ask.tls_expiry else None
            headers = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in response.headers)
            where = safe_url(str(url))
            body = read_body(response.iter_stream(), headers, ask.max_bytes, where, bodiless=request.method == "HEAD")
        seconds = time.perf_counter() - started
        return HttpAnswer(
            url=where, status=response.status, headers=headers, body=body, seconds=seconds, tls_expires_at=ends
        )


def _first_request(ask: HttpAsk) -> _Request:
    """Return the ask as a request."""
    url = _parse(ask.url, safe_url(ask.url))
    headers = {name.lower(): (name, value) for name, value in _defaults(url, ask)}
    headers |= {name.lower(): (name, value) for name, value in ask.headers}
    body = ask.content if ask.json_body is None else ask.json_body.encode()
    return _Request(ask.method.upper(), url, tuple((_raw(n), _raw(v)) for n, v in headers.values()), body)


def _defaults(url: httpx.URL, ask: HttpAsk) -> list[tuple[str, str]]:
    """Return the headers that are sent unless the ask has its own."""
    headers = [("User-Agent", USER_AGENT), ("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate")]
    if ask.json_body is not None:
        headers.append(("Content-Type", "application/json"))
    if url.userinfo:
        pair = f"{url.username}:{url.password}".encode()
        headers.append(("Authorization", "Basic " + base64.b64encode(pair).decode()))
    return headers


def _redirected(request: _Request, status: int, location: str) -> _Request:
    """Return the request that a redirect asks for; another origin gets no header that the settings gave to this one."""
    here = safe_url(str(request.url))
    try:
        url = _parse(urljoin(str(request.url), location), f"the redirect of {here}")
    except (QueryError, ValueError):
        raise BadAnswerError(f"{here} redirects to something that is not an http URL") from None
    keep = status in _KEEPS_BODY or request.method == "HEAD"
    method = request.method if keep else "GET"
    same = (url.scheme, url.host, url.port) == (request.url.scheme, request.url.host, request.url.port)
    if not same and request.body is not None and keep:
        raise BadAnswerError(f"{here} redirects a request with a body to another host, which is not followed")
    open_to_all = {b"user-agent", b"accept", b"accept-encoding"}
    headers = tuple(pair for pair in request.headers if same or pair[0].lower() in open_to_all)
    if not keep:
        headers = tuple(pair for pair in headers if pair[0].lower() not in {b"content-type", b"content-length"})
    return _Request(method, url, headers, request.body if keep else None)


def _parse(text: str, where: str) -> httpx.URL:
    """Return an absolute http(s) URL."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise QueryError(f"{where} is not a valid URL") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise QueryError(f"{where} is not an http or https URL")
    if url.port is not None and not 0 < url.port <= _LAST_PORT:
        raise QueryError(f"{where} has a port that does not exist")
    return url


def _with_host(request: _Request) -> list[tuple[bytes, bytes]]:
    """Return the headers with those that the target needs in front."""
    names = {name.lower() for name, _ in request.headers}
    needed = [] if b"host" in names else [(b"Host", request.url.netloc)]
    if request.body is not None and b"content-length" not in names:
        needed.append((b"Content-Length", str(len(request.body)).encode()))
    elif request.body is None and request.method in {"POST", "PUT", "PATCH"} and b"content-length" not in names:
        needed.append((b"Content-Length", b"0"))
    return [*needed, *request.headers]


def _may_repeat(error: Exception, request: _Request, state: Exchange) -> bool:
    """Return whether the request can be sent again without being done twice."""
    if isinstance(error, httpcore.ConnectError | httpcore.ConnectTimeout):
        return not isinstance(cause_of(error), ssl.SSLCertVerificationError)  # a certificate stays what it is
    lost = isinstance(error, httpcore.NetworkError | httpcore.RemoteProtocolError)
    # an idle connection that the server closed just now says nothing about the service
    return lost and not state.fresh and state.received == 0 and request.method in _IDEMPOTENT


def _certificate_end(response: httpcore.Response) -> datetime | None:
    """Return when the certificate of the answer's connection ends; None without TLS."""
    tls = response.extensions["network_stream"].get_extra_info("ssl_object")
    # the object below the socket knows no keywords
    der = tls.getpeercert(True) if tls is not None else None  # noqa: FBT003
    return certificate_end(der) if der else None


def _raw(text: str) -> bytes:
    """Return a header's text as bytes: latin-1 as the standard has it, UTF-8 where that does not do."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")
