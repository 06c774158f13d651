"""What goes wrong on the way to an HTTP answer, in the words of our own error tree; below ``http.py``."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpcore

from pytest_deploycheck.errors import AnswerTimeoutError, BadAnswerError, NoAnswerError, QueryError, SourceError
from pytest_deploycheck.sources.net import cause_of, explain, look_at_certificate

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.sources.http_transport import Exchange

_NO_TLS: Final = "Does that port speak TLS?"
_LOST: Final = "Look for a crash, a restart or a proxy's time limit."


def translate(error: Exception, where: str, state: Exchange) -> SourceError:
    """Return the error that says what happened, where, and what to do. ``where`` is a URL that may be shown.

    The texts of the libraries are used only where they quote the server, never where they quote what we sent.
    """
    for kind, build in _BUILDERS:
        if isinstance(error, kind):
            return build(error, where, state)
    return SourceError(f"{where} could not be asked: unexpected {type(error).__name__}", "Please report this as a bug.")


def _timed_out(error: Exception, where: str, state: Exchange) -> SourceError:
    seconds = f"{state.deadline.seconds:g} s"
    if isinstance(error, httpcore.ConnectTimeout) and state.securing:
        return AnswerTimeoutError(f"{where} did not finish the TLS handshake within {seconds}", _NO_TLS)
    if isinstance(error, httpcore.ConnectTimeout):
        return AnswerTimeoutError(
            f"{where} could not be connected to within {seconds}", "Is a firewall in the way, or the host down?"
        )
    if state.received:
        return AnswerTimeoutError(
            f"{where} did not answer in full within {seconds} ({state.received} bytes arrived)",
            "Is it overloaded, or sending without end?",
        )
    return AnswerTimeoutError(f"{where} did not answer within {seconds}", "Is it overloaded, or waiting for something?")


def _not_connected(error: Exception, where: str, state: Exchange) -> SourceError:
    cause = cause_of(error)
    words, hint = explain(cause)
    if isinstance(cause, ssl.SSLCertVerificationError):
        parts = urlsplit(where)
        ends = look_at_certificate(parts.hostname or "", parts.port or 443, min(state.deadline.left(), 2.0))
        words += f"; it ends {ends:%Y-%m-%d %H:%M} UTC" if ends else ""
    return NoAnswerError(f"{where} {words}", hint)


def _lost(error: Exception, where: str, state: Exchange) -> SourceError:
    words, _ = explain(cause_of(error))
    middle = " in the middle of its answer" if state.received else " before it answered"
    return NoAnswerError(f"{where} {words}{middle}", _LOST)


def _not_http(error: Exception, where: str, state: Exchange) -> SourceError:
    if state.ended and not state.received:
        return NoAnswerError(f"{where} closed the connection without an answer", _LOST)
    if state.ended and state.answered:
        return NoAnswerError(f"{where} closed the connection in the middle of its answer", _LOST)
    detail = repr(str(error)[:160])
    return BadAnswerError(f"{where} answered something that is not valid HTTP: {detail}", "Is it an HTTP server?")


def _not_sendable(_error: Exception, where: str, _state: Exchange) -> SourceError:
    return QueryError(
        f"the request to {where} cannot be sent", "Look for line breaks or other control characters in its headers."
    )


def _no_proxy(_error: Exception, where: str, _state: Exchange) -> SourceError:
    return NoAnswerError(f"{where} was refused by the proxy", "Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY.")


_BUILDERS: Final[tuple[tuple[type[Exception], Callable[[Exception, str, Exchange], SourceError]], ...]] = (
    (httpcore.TimeoutException, _timed_out),
    (httpcore.ConnectError, _not_connected),
    (httpcore.NetworkError, _lost),
    (httpcore.RemoteProtocolError, _not_http),
    (httpcore.LocalProtocolError, _not_sendable),
    (httpcore.ProxyError, _no_proxy),
)
