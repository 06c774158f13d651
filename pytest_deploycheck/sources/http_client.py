"""An httpx client whose requests become asks: bounded, timed and counted like all others; for checks in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from pytest_deploycheck.asks import HttpAsk

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.asks import HttpAnswer


class AskingTransport(httpx.BaseTransport):
    """Hands each request to ``send`` as an ask and returns its answer as a response."""

    def __init__(self, send: Callable[[HttpAsk], HttpAnswer], *, max_bytes: int, verify_tls: bool) -> None:
        """Keep how to send and what bounds an answer."""
        self._send = send
        self._max_bytes = max_bytes
        self._verify_tls = verify_tls

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request.

        Raises:
            SourceError: there was no answer, or one that is no answer.
        """
        timeouts = [value for value in request.extensions.get("timeout", {}).values() if value is not None]
        content = request.read()
        answer = self._send(
            HttpAsk(
                url=str(request.url),
                method=request.method,
                headers=tuple((name, value) for name, value in request.headers.items() if name not in _OURS),
                content=content or None,
                timeout=max(timeouts, default=60.0),
                max_bytes=self._max_bytes,
                verify_tls=self._verify_tls,
            )
        )
        headers = [(name, value) for name, value in answer.headers if name.lower() not in _DECODED]
        return httpx.Response(answer.status, headers=headers, content=answer.body, request=request)


# set by the source itself; our own identification must not be lost behind httpx's
_OURS = frozenset({"host", "user-agent", "content-length", "connection", "accept-encoding", "transfer-encoding"})
# the body has been decoded already
_DECODED = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def service_client(
    send: Callable[[HttpAsk], HttpAnswer],
    *,
    base_url: str,
    headers: tuple[tuple[str, str], ...],
    timeout: float,
    max_bytes: int,
    verify_tls: bool,
) -> httpx.Client:
    """Return a client for ``base_url``; its requests raise our own errors, not httpx's, when there is no answer."""
    return httpx.Client(
        base_url=base_url,
        headers=list(headers),
        timeout=timeout,
        transport=AskingTransport(send, max_bytes=max_bytes, verify_tls=verify_tls),
    )
