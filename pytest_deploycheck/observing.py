"""Observations ahead of the tests: threads ask what the checks declared, each test waits only for its own answer.

Below the plugin, above the sources. Every host has its own queue and a bounded number of places, so one that hangs
cannot use up the threads that others need; one that stops answering is not asked again (its circuit is open).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import InconclusiveError, SourceError
from pytest_deploycheck.lanes import Entry, Lane

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_deploycheck.asks import Ask
    from pytest_deploycheck.sources.base import Source


MAX_HELD: Final = 32 * 1024 * 1024


class Observatory:
    """Asks the sources, ahead or on the spot, within the limits. Safe to use from several threads."""

    def __init__(
        self,
        sources: Mapping[type, Source],
        *,
        threads: int = 16,
        per_host: int = 8,
        breaker_limit: int = 5,
        per_host_overrides: Mapping[str, int] | None = None,
        max_held: int = MAX_HELD,
    ) -> None:
        """Start nothing yet; threads come with the first ask.

        ``breaker_limit`` is the number of asks in a row without an answer after which a host is left alone;
        ``max_held`` (bytes) bounds the bodies that wait for their checks: beyond it nothing more is asked ahead.
        """
        self._sources = sources
        self._threads_limit = max(threads, 1)
        self._per_host = max(per_host, 1)
        self._overrides = dict(per_host_overrides or {})
        self._breaker_limit = max(breaker_limit, 1)
        self._change = threading.Condition()
        self._lanes: dict[str, Lane] = {}
        self._declared: dict[Any, Entry] = {}
        self._granted: deque[Entry] = deque()
        self._under_way: set[Entry] = set()
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._max_held = max(max_held, 1)
        self._held = 0
        self._sent: dict[type, int] = {}
        self._counting = {kind: source for kind, source in sources.items() if hasattr(source, "requests")}
        self._degraded: dict[str, None] = {}
        self._closed = False

    @property
    def requests(self) -> int:
        """How many requests went out so far; samples and further attempts count each."""
        # a source that counts for itself also counts what other sources ask through it
        asked: dict[type, int | None] = {k: getattr(s, "requests", None) for k, s in self._counting.items()}
        own = {kind: count for kind, count in asked.items() if count is not None}
        with self._change:
            return sum(own.values()) + sum(count for kind, count in self._sent.items() if kind not in own)

    @property
    def degraded(self) -> tuple[str, ...]:
        """The hosts whose circuit opened at some time, in that order."""
        with self._change:
            return tuple(self._degraded)

    def ahead(self, asks: Iterable[Ask]) -> None:
        """Ask all of these soon, in this order, each distinct one once; an ask given k times is kept for k ``observe``.

        After ``close`` this does nothing.
        """
        for ask in asks:
            with self._change:
                if self._closed:
                    return
                entry = self._declared.get(ask)
                if entry is None:
                    entry = self._declared[ask] = Entry(ask, self._lane(ask))
                    self._enqueue(entry)
                entry.users += 1

    def observe(self, ask: Ask) -> Any:
        """Return the answer, waiting for it if need be; one that was not declared ahead is asked on the spot.

        Raises:
            SourceError: it could not be measured (CircuitOpenError: the host stopped answering before).
            InconclusiveError: there was nothing to measure.
        """
        entry = self._take(ask)
        entry.done.wait()
        if entry.error is not None:
            raise entry.error.with_traceback(None)
        return entry.answer

    def observe_now(self, ask: Ask) -> Any:
        """Ask on the spot, under the same limits, whatever was asked ahead: a flow must not read an older answer.

        Raises:
            SourceError: it could not be measured.
            InconclusiveError: there was nothing to measure.
        """
        entry = self._take(ask, declared=False)
        entry.done.wait()
        if entry.error is not None:
            raise entry.error.with_traceback(None)
        return entry.answer

    def close(self, timeout: float = 1.0) -> None:
        """Stop: what waits is given up, what is under way gets ``timeout`` seconds, then all sources are closed."""
        with self._change:
            if self._closed:
                return
            self._closed = True
            for lane in self._lanes.values():
                while lane.waiting:
                    lane.waiting.popleft().end(lane.ending_error())
            for entry in self._granted:
                entry.end(entry.lane.ending_error())
            self._declared.clear()
            threads = list(self._threads)
            self._change.notify_all()
        end = time.monotonic() + timeout
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        with self._change:
            for entry in self._under_way:  # whoever waits for what hangs must not hang with it
                entry.end(entry.lane.ending_error())
        for source in self._sources.values():
            with suppress(Exception):  # nothing that closing finds can change what was measured
                source.close()

    def _take(self, ask: Ask, *, declared: bool = True) -> Entry:
        """Return the entry of an ask, one user fewer, and see to it that it is not stuck behind other hosts."""
        with self._change:
            entry = self._declared.get(ask) if declared else None
            if entry is None:
                entry = Entry(ask, self._lane(ask))
                self._enqueue(entry)
            else:
                entry.users -= 1
                if entry.users == 0:
                    del self._declared[ask]
                    self._let_go(entry.weight)
            if entry.lane.hurry(entry) and entry.lane.ready:
                # it gets a thread even when all are busy elsewhere: at most one more for each caller that waits
                self._granted.append(entry.lane.begin())
                self._wake(beyond_limit=True)
            return entry

    def _lane(self, ask: Any) -> Lane:
        """Return the lane of an ask's host."""
        try:
            host = str(ask.host)
        except ValueError:  # a URL that cannot be read; its source says so when it is asked
            host = "an unreadable address"
        if host not in self._lanes:
            places = max(self._overrides.get(host, self._per_host), 1)
            self._lanes[host] = Lane(host, places, self._breaker_limit)
        return self._lanes[host]

    def _enqueue(self, entry: Entry) -> None:
        """Put an entry at the end of its lane, unless it is already known that it will not be asked."""
        if self._closed:
            entry.end(entry.lane.ending_error())
        elif entry.lane.open:
            entry.end(entry.lane.circuit_error())
        else:
            entry.lane.waiting.append(entry)
            self._wake()

    def _wake(self, *, beyond_limit: bool = False) -> None:
        """Get one thread going: an idle one, or a new one."""
        if self._idle:
            self._idle -= 1  # here, not when it wakes: a second call must not count on the same thread
            self._change.notify()
        elif len(self._threads) < self._threads_limit or beyond_limit:
            thread = threading.Thread(target=self._work, name="deploycheck-observe", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the system gives no more; those that run will take it over
                if not self._threads:
                    raise
            else:
                self._threads.add(thread)

    def _work(self) -> None:
        """Take entries and ask, until this thread is no longer needed."""
        while (entry := self._next()) is not None:
            answer, error = self._ask(entry)
            self._settle(entry, answer, error)
            del entry, answer, error  # an idle thread must not keep a body in memory

    def _next(self) -> Entry | None:
        """Return the next entry, waiting for one; None when this thread is no longer needed."""
        with self._change:
            while not self._closed:
                if self._granted:
                    return self._granted.popleft()
                if len(self._threads) > self._threads_limit:
                    break
                ready = [lane for lane in self._lanes.values() if lane.ready]
                if ready and self._held < self._max_held:
                    # the host with the fewest asks under way comes first, so that none is starved
                    return min(ready, key=lambda lane: lane.running).begin()
                self._idle += 1
                self._change.wait()
            self._threads.discard(threading.current_thread())
            return None

    def _ask(self, entry: Entry) -> tuple[Any, SourceError | InconclusiveError | None]:
        """Return the source's answer or its error; whatever else it raises becomes an error of our own."""
        kind = type(entry.ask)
        source = self._sources.get(kind)
        if source is None:
            return None, SourceError(f"no source answers {kind.__name__}")
        with self._change:
            if self._closed:
                return None, entry.lane.ending_error()
            self._sent[kind] = self._sent.get(kind, 0) + 1
            self._under_way.add(entry)
        try:
            return source.observe(entry.ask), None
        except (SourceError, InconclusiveError) as error:
            # frames would keep bodies and passwords in memory
            error.__traceback__ = error.__context__ = error.__cause__ = None
            return None, error
        except BaseException as error:  # noqa: BLE001  # a lost answer would hang its test for ever
            return None, _internal(kind, error)

    def _settle(self, entry: Entry, answer: Any, error: SourceError | InconclusiveError | None) -> None:
        """Store the outcome, free the place, and open or close the circuit."""
        lane = entry.lane
        with self._change:
            if lane.leave(error):
                self._degraded[lane.host] = None
            if lane.ready and lane.waiting[0].awaited:
                self._granted.append(lane.begin())
            self._under_way.discard(entry)
            entry.end(error, answer)
            if entry.users:
                entry.weight = len(getattr(answer, "body", b""))
                self._held += entry.weight

    def _let_go(self, weight: int) -> None:
        """Count what nobody needs any more; when there is room again, get the threads going that waited for it."""
        full = self._held >= self._max_held
        self._held -= weight
        if full and self._held < self._max_held:
            for _ in range(self._idle):
                self._wake()


def _internal(kind: type, error: BaseException) -> SourceError:
    """Return our error for a source's bug: where it is, but not its text, which may hold a secret."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else ""
    return SourceError(
        f"internal error while answering {kind.__name__}: {type(error).__name__}{place}", "Please report this as a bug."
    )
