"""Events on a live connection as a source: writes by API, listens by WebSocket or server-sent events.

One thread listens, this one writes; what belongs together is found by an id that each write bears.
"""

from __future__ import annotations

import threading
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import HttpAnswer, HttpAsk
from pytest_deploycheck.asks.realtime import RealtimeAnswer, RealtimeAsk
from pytest_deploycheck.errors import AnswerTimeoutError, SourceError
from pytest_deploycheck.sources.http_listening import LISTENERS, Listener
from pytest_deploycheck.sources.net import Deadline, safe_url

if TYPE_CHECKING:
    from collections.abc import Callable

_OK: Final = range(200, 300)


class RealtimeSource:
    """Sends synthetic events and waits for them; safe to use from several threads at once."""

    ask_type: type = RealtimeAsk

    def __init__(self, fetch: Callable[[HttpAsk], HttpAnswer]) -> None:
        """Write through ``fetch``."""
        self._fetch = fetch
        self._listeners: set[Listener] = set()
        self._closed = False

    def observe(self, ask: RealtimeAsk) -> RealtimeAnswer:
        """Write the events one after another and return when each was seen.

        Raises:
            NoAnswerError: the stream cannot be reached, or it is lost before the first write.
            BadAnswerError: what answers there is no such stream.
            SourceError: a library is missing, or the run is ending.
        """
        if self._closed:
            raise SourceError("not asked: the run is ending")
        trip = _Trip(ask, self._fetch)
        seconds = ask.timeout * 2 + ask.settle + ask.events * (ask.timeout + ask.interval) + ask.wait
        scheme = ask.url.partition(":")[0].lower()
        listener = LISTENERS[scheme](ask, trip.seen, Deadline(seconds))
        self._listeners.add(listener)
        thread = threading.Thread(target=listener.run, name="deploycheck-listen", daemon=True)
        thread.start()
        try:
            if not listener.ready.wait(ask.timeout):
                raise AnswerTimeoutError(f"{safe_url(ask.url)} did not open within {ask.timeout:g} s")
            if listener.error is not None:
                raise listener.error
            listener.ended.wait(ask.settle)
            trip.write_all(listener)
        finally:
            listener.stop()
            thread.join(1.0)
            self._listeners.discard(listener)
        return trip.answer(listener)

    def close(self) -> None:
        """Stop listening; idempotent."""
        self._closed = True
        for listener in list(self._listeners):
            listener.stop()


class _Trip:
    """The writes of one question, and what has become of them."""

    def __init__(self, ask: RealtimeAsk, fetch: Callable[[HttpAsk], HttpAnswer]) -> None:
        self._ask = ask
        self._fetch = fetch
        self._change = threading.Condition()
        self._sent: dict[str, float] = {}
        self._accepted: set[str] = set()
        self._seen: dict[str, float] = {}
        self._duplicates = 0
        self._refusals: list[str] = []

    def seen(self, text: str) -> None:
        """Note an event; the id may stand anywhere in it."""
        now = time.perf_counter()
        with self._change:
            for name in [name for name in self._sent if name in text]:
                if name in self._seen:
                    self._duplicates += 1
                else:
                    self._seen[name] = now
            self._change.notify_all()

    def write_all(self, listener: Listener) -> None:
        """Write every event, then wait for those that are still missing."""
        for number in range(self._ask.events):
            if number and self._ask.interval:
                time.sleep(self._ask.interval)
            self._write(f"deploycheck-{uuid.uuid4().hex}")
        deadline = Deadline(self._ask.wait)
        with self._change:
            while self._accepted - self._seen.keys() and deadline.left() and not listener.ended.is_set():
                self._change.wait(min(deadline.left(), 0.2))

    def _write(self, name: str) -> None:
        ask = self._ask
        request = HttpAsk(
            url=ask.write_url.replace("{id}", name),
            method=ask.method,
            headers=ask.write_headers,
            json_body=None if ask.body is None else ask.body.replace("{id}", name),
            timeout=ask.timeout,
            verify_tls=ask.verify_tls,
            retries=0,
        )
        with self._change:
            self._sent[name] = time.perf_counter()
        try:
            answer = self._fetch(request)
        except SourceError as error:
            self._refusals.append(str(error))
            return
        if answer.status in _OK:
            self._accepted.add(name)
        else:
            self._refusals.append(f"{answer.url} answered {answer.status}")

    def answer(self, listener: Listener) -> RealtimeAnswer:
        """Return what has become of the events that were accepted."""
        with self._change:
            found = [
                self._seen[name] - self._sent[name] for name in self._sent if name in self._seen.keys() & self._accepted
            ]
            return RealtimeAnswer(
                url=safe_url(self._ask.url),
                written=len(self._accepted),
                latencies=tuple(found),
                refused=len(self._refusals),
                refusal=self._refusals[0] if self._refusals else None,
                duplicates=self._duplicates,
                closed=listener.closed,
                at=datetime.now(UTC),
            )
