"""Live connections that events come in on: WebSockets and server-sent events; below ``http_realtime.py``."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import httpcore
import httpx

from pytest_deploycheck.errors import BadAnswerError, NoAnswerError, SourceError
from pytest_deploycheck.sources.http_errors import translate
from pytest_deploycheck.sources.http_transport import Exchange, Transports
from pytest_deploycheck.sources.net import cause_of, explain, is_loopback, safe_url, unverified_context

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Iterator

    from pytest_deploycheck.asks.realtime import RealtimeAsk
    from pytest_deploycheck.sources.net import Deadline

LONGEST_EVENT: Final = 1024 * 1024
_PAUSE: Final = 0.2
_OK: Final = 200


class Listener:
    """A connection listened to in a thread; ``error`` is why it never opened, ``closed`` why it ended too early."""

    def __init__(self, ask: RealtimeAsk, seen: Callable[[str], None], deadline: Deadline) -> None:
        """Hand over every event to ``seen``."""
        self.ready = threading.Event()
        self.ended = threading.Event()
        self.error: SourceError | None = None
        self.closed: str | None = None
        self._ask = ask
        self._seen = seen
        self._deadline = deadline
        self._stopped = threading.Event()

    def run(self) -> None:
        """Listen until the end; whatever goes wrong before the stream is open is the error."""
        try:
            self._listen()
            self._end(NoAnswerError(f"{safe_url(self._ask.url)} closed the stream"))
        except SourceError as error:
            self._end(error)
        except Exception as error:  # noqa: BLE001  # whatever a hostile answer provokes becomes one clear error
            self._end(self._translated(error))
        finally:
            self.ended.set()
            self.ready.set()

    def stop(self) -> None:
        """End it within a moment."""
        self._stopped.set()

    def _listen(self) -> None:
        raise NotImplementedError

    def _translated(self, error: Exception) -> SourceError:
        words, hint = explain(cause_of(error))
        return NoAnswerError(f"{safe_url(self._ask.url)} {words}", hint)

    def _end(self, error: SourceError) -> None:
        if not self.ready.is_set():
            self.error = error
        elif not self._stopped.is_set():
            self.closed = str(error)


class WebSocketListener(Listener):
    """A WebSocket; the first thing sent is the subscription, when there is one."""

    def _listen(self) -> None:
        try:
            from websockets.exceptions import ConnectionClosed, InvalidHandshake  # noqa: PLC0415  # an extra
            from websockets.sync.client import connect  # noqa: PLC0415  # see above
        except ImportError:
            raise SourceError("WebSockets need a library", "pip install 'pytest-deploycheck[realtime]'") from None
        ask = self._ask
        where = safe_url(ask.url)
        options: dict[str, Any] = {}
        if ask.url.startswith("wss") and not ask.verify_tls:
            options["ssl"] = unverified_context()
        if is_loopback(httpx.URL(ask.url).host):
            options["proxy"] = None
        try:
            with connect(
                ask.url,
                additional_headers=list(ask.headers),
                open_timeout=ask.timeout,
                close_timeout=_PAUSE,
                max_size=LONGEST_EVENT,
                **options,
            ) as socket:
                if ask.subscribe is not None:
                    socket.send(ask.subscribe)
                self.ready.set()
                while not self._stopped.is_set() and self._deadline.left():
                    with suppress(TimeoutError):
                        event = socket.recv(timeout=_PAUSE)
                        self._seen(event if isinstance(event, str) else event.decode("utf-8", "replace"))
        except InvalidHandshake as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            told = f"answered {status}" if status else f"is no WebSocket ({type(error).__name__})"
            raise BadAnswerError(
                f"{where} {told} instead of opening a WebSocket", "Check the path and the token"
            ) from None
        except ConnectionClosed as error:
            raise NoAnswerError(f"{where} closed the WebSocket ({error.rcvd.code if error.rcvd else 'lost'})") from None


class EventStreamListener(Listener):
    """A stream of server-sent events."""

    _socket: socket.socket | None = None

    def stop(self) -> None:
        """End it, also while it waits."""
        super().stop()
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(2)

    def _listen(self) -> None:
        url, where = httpx.URL(self._ask.url), safe_url(self._ask.url)
        headers = {"Host": url.netloc.decode("ascii"), "Accept": "text/event-stream", "Cache-Control": "no-store"}
        headers |= {"Accept-Encoding": "identity", "Connection": "close", **dict(self._ask.headers)}
        request = httpcore.Request(
            "GET",
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=[(name.encode(), value.encode()) for name, value in headers.items()],
        )
        transports, state = Transports(), Exchange(self._deadline, self._ask.timeout)
        self._state = state
        try:
            with transports.exchange(request, state, verify_tls=self._ask.verify_tls) as response:
                kind = next((v.decode("latin-1") for k, v in response.headers if k.lower() == b"content-type"), "")
                if response.status != _OK or not kind.startswith("text/event-stream"):
                    told = f"answered {response.status} with {kind or 'no content type'}"
                    raise BadAnswerError(f"{where} {told}, which is no event stream", "Check the path and the token")
                self._socket = response.extensions["network_stream"].get_extra_info("socket")
                self.ready.set()
                for event in _events(response.iter_stream()):
                    if self._stopped.is_set():
                        return
                    self._seen(event)
        finally:
            transports.close()

    def _translated(self, error: Exception) -> SourceError:
        return translate(error, safe_url(self._ask.url), self._state)


def _events(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yield the data of each event; one that is too long is given up piece by piece."""
    rest = b""
    for chunk in chunks:
        rest = (rest + chunk).replace(b"\r\n", b"\n")
        *whole, rest = rest.split(b"\n\n")
        for event in whole:
            yield _data(event)
        if len(rest) > LONGEST_EVENT:
            rest = b""


def _data(event: bytes) -> str:
    lines = event.decode("utf-8", "replace").splitlines()
    return "\n".join(line[5:].removeprefix(" ") for line in lines if line.startswith("data:"))


LISTENERS: Final[dict[str, type[Listener]]] = {
    "ws": WebSocketListener,
    "wss": WebSocketListener,
    "http": EventStreamListener,
    "https": EventStreamListener,
}
