"""The connections below ``http.py``: kept alive, and every read, write and connect ends at the request's deadline.

The pool's own time limits count from one byte to the next: a server that drips could hold a request for ever. Here
each operation gets the time that is left of the whole.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from pytest_deploycheck.errors import SourceError
from pytest_deploycheck.sources.net import Deadline, is_loopback, resolve, safe_url, unverified_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

_KEEPALIVE_SECONDS: Final = 15.0
_IDLE_CONNECTIONS: Final = 32


class Exchange:
    """What one attempt at a request has come to; the pool's streams write it, the source reads it."""

    __slots__ = ("answered", "connect_seconds", "deadline", "ended", "fresh", "received", "securing")

    def __init__(self, deadline: Deadline, connect_seconds: float) -> None:
        """Start with nothing done. ``connect_seconds`` bounds connecting, beside the deadline."""
        self.deadline = deadline
        self.connect_seconds = connect_seconds
        self.fresh = False
        self.received = 0
        self.ended = False
        self.answered = False
        self.securing = False


class _Local(threading.local):
    """The attempt that the running thread is making."""

    exchange: Exchange | None = None


_running = _Local()


def _clamp(wanted: float | None, error: type[Exception]) -> float:
    """Return the time that an operation may take, in seconds."""
    exchange = _running.exchange
    if exchange is None:  # closing down, outside any request
        return wanted or 1.0
    left = exchange.deadline.left()
    if left <= 0:
        raise error("the whole time is used up")
    return left if wanted is None else min(wanted, left)


class _Stream(httpcore.NetworkStream):
    """A connection that keeps to the deadline of the request that uses it."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, _clamp(timeout, httpcore.ReadTimeout))
        exchange = _running.exchange
        if exchange is not None:
            exchange.received += len(data)
            exchange.ended = not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _clamp(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _clamp(timeout, httpcore.ConnectTimeout)
        if _running.exchange is not None:
            _running.exchange.securing = True
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Opens connections within the deadline: name first, then each address with its share of the time."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        share = _clamp(timeout, httpcore.ConnectTimeout)
        if _running.exchange is not None:
            _running.exchange.fresh = True
            share = min(share, _running.exchange.connect_seconds)
        limit = Deadline(share)
        try:
            addresses = resolve(host, port, limit.left())
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError("the name cannot be resolved") from error
        failure: Exception = httpcore.ConnectError("the name has no address")
        for tried, address in enumerate(addresses):
            # a dead first address must leave time for the second
            seconds = max(limit.left() / (len(addresses) - tried), 0.001)
            try:
                return _Stream(self._inner.connect_tcp(address, port, seconds, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class Transports:
    """The connection pools of the process: one for each way out (direct or a proxy) and each kind of trust."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._pools: dict[tuple[str | None, bool, bool], httpcore.ConnectionPool] = {}
        self._lock = threading.Lock()

    @contextmanager
    def exchange(self, request: httpcore.Request, state: Exchange, *, verify_tls: bool) -> Iterator[httpcore.Response]:
        """Send a request and give its answer, body unread; the connection is given back or closed at the end.

        Raises:
            SourceError: the environment names a proxy that cannot be used.
        """
        pool = self._pool(request.url, verify_tls=verify_tls)
        _running.exchange = state
        try:
            response = pool.handle_request(request)
            state.answered = True
            try:
                yield response
            finally:
                response.close()
        finally:
            _running.exchange = None

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            pools = list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.close()

    def _pool(self, url: httpcore.URL, *, verify_tls: bool) -> httpcore.ConnectionPool:
        proxy = _proxy_for(url.scheme.decode("ascii"), url.host.decode("ascii"))
        secure = url.scheme == b"https"
        key = (proxy, secure, verify_tls)
        with self._lock:
            if key not in self._pools:
                self._pools[key] = _new_pool(proxy, _trust(verify=verify_tls) if secure else None)
            return self._pools[key]


def _trust(*, verify: bool) -> ssl.SSLContext:
    """Return the TLS settings: the authorities of certifi and of this machine, or none at all."""
    if not verify:
        return unverified_context()
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


def _proxy_for(scheme: str, host: str) -> str | None:
    """Return the proxy that the environment names for a target; never one for this machine itself."""
    if is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(scheme) or proxies.get("all")


def _new_pool(proxy: str | None, trust: ssl.SSLContext | None) -> httpcore.ConnectionPool:
    """Return an empty pool; how many requests run at once is bounded above it."""
    shared: dict[str, Any] = {
        "ssl_context": trust,
        "max_connections": None,
        "max_keepalive_connections": _IDLE_CONNECTIONS,
        "keepalive_expiry": _KEEPALIVE_SECONDS,
        "network_backend": _Backend(),
    }
    if proxy is None:
        return httpcore.ConnectionPool(**shared)
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SourceError(
            f"the proxy {safe_url(proxy)} of the environment cannot be used",
            "Only http and https proxies are supported; correct HTTP_PROXY, HTTPS_PROXY or ALL_PROXY, or set NO_PROXY.",
        )
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return httpcore.HTTPProxy(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", proxy_auth=auth, **shared)
