"""The way of the waiting messages to their channels: bounded in time, stored at each step, one thread a channel.

A message is marked before it goes out and struck off after it arrived; killed in between, it is doubtful next time and
bears the same id, so that a channel that knows keys against doubles tells it once.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import ChannelError, StateError
from pytest_deploycheck.model import AlertDelivery
from pytest_deploycheck.notify import codec, outbox
from pytest_deploycheck.notify.rules import ChannelRules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pytest_deploycheck.notify.channels.base import Channel
    from pytest_deploycheck.notify.memory import Memory, Parcel
    from pytest_deploycheck.notify.messages import Message
    from pytest_deploycheck.notify.rules import Rules
    from pytest_deploycheck.notify.state import State

ATTEMPTS: Final = 3
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 10.0
_NEXT_TRY: Final = 60.0


class _ClosedError(Exception):
    """The time is over; what a late thread brings is not stored any more."""


class Box:
    """The memory while messages go out: each change is stored before the next step."""

    def __init__(self, memory: Memory, state: State | None) -> None:
        """Start with a memory that is stored; without a ``state`` nothing is."""
        self.memory = memory
        self.problems: list[str] = []
        self._state = state
        self._lock = threading.Lock()
        self._closed = False

    def change(self, change: Callable[[Memory], Memory]) -> Memory:
        """Apply and store a change, and return the new memory."""
        with self._lock:
            if self._closed:
                raise _ClosedError
            self.memory = change(self.memory)
            if self._state is not None:
                try:
                    self._state.save(codec.dump(self.memory))
                except StateError as error:
                    self.problems = [*dict.fromkeys((*self.problems, str(error)))]
            return self.memory

    def close(self) -> None:
        """Take no more changes."""
        with self._lock:
            self._closed = True


@dataclass(slots=True)
class Courier:
    """Delivers what waits. ``clock`` gives the time for records, ``prepare`` redacts, ``pause`` sleeps."""

    box: Box
    channels: Mapping[str, Channel | ChannelError]
    rules: Rules
    clock: Callable[[], datetime]
    prepare: Callable[[Message], Message]
    pause: Callable[[float], object] = time.sleep
    outcomes: list[AlertDelivery] = field(default_factory=list)
    _end: float = 0.0
    _down: dict[str, ChannelError] = field(default_factory=dict)

    def deliver(self) -> tuple[AlertDelivery, ...]:
        """Send what is due within the rules' budget and return what became of it."""
        self._end = time.monotonic() + self.rules.budget
        tried: set[tuple[str, str]] = set()
        while time.monotonic() < self._end and (due := self._due(tried)):
            tried |= {(channel, place) for channel, places in due.items() for place in places}
            threads = [
                threading.Thread(target=self._serve, args=each, name=f"deploycheck-{each[0]}", daemon=True)
                for each in due.items()
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(max(0.0, self._end - time.monotonic()))
        self.box.close()
        self._note_unfinished()
        return tuple(self.outcomes)

    def _due(self, tried: set[tuple[str, str]]) -> dict[str, list[str]]:
        now = self.clock()
        names = {parcel.channel for parcel in self.box.memory.outbox.values()}
        found = {
            name: [place for place, _ in outbox.due(self.box.memory, name, now) if (name, place) not in tried]
            for name in sorted(names)
        }
        return {name: places for name, places in found.items() if places}

    def _serve(self, name: str, places: list[str]) -> None:
        rules = self._rules_of(name)
        try:
            for place in places:
                self._one(name, place, rules)
        except _ClosedError:
            return

    def _rules_of(self, name: str) -> ChannelRules:
        return self.rules.channels.get(name) or ChannelRules(id=name)

    def _one(self, name: str, place: str, rules: ChannelRules) -> None:
        parcel = self.box.memory.outbox[place]
        if outbox.room_left(self.box.memory, rules, self.clock()) <= 0:
            self._note(parcel, "held back", f"{rules.limit} messages in {rules.period:g} s are the limit")
            return
        error = self._down.get(name) or self._attempts(name, place, rules)
        if error is None:
            return
        self._down[name] = error
        wait = _NEXT_TRY if error.retry_after is None else error.retry_after
        now = self.clock()
        retry_at = None if error.permanent else now + timedelta(seconds=wait)
        after = self.box.change(lambda memory: outbox.failed(memory, place, rules, retry_at, now))
        waits = place in after.outbox
        handed = rules.fallback is not None and outbox.place_of(parcel.message, rules.fallback) in after.outbox
        status = f"handed on to {rules.fallback}" if handed else "waiting" if waits else "failed"
        self._note(parcel, status, str(error), attempts=parcel.attempts)

    def _attempts(self, name: str, place: str, rules: ChannelRules) -> ChannelError | None:
        """Return None when the message arrived, else the last error."""
        channel = self.channels.get(name)
        if channel is None or isinstance(channel, ChannelError):
            return channel or ChannelError("there is no such channel in the settings any more", permanent=True)
        for attempt in range(1, ATTEMPTS + 1):
            now = self.clock()
            memory = self.box.change(lambda memory, now=now: outbox.begun(memory, place, now)[0])  # type: ignore[misc]
            parcel = memory.outbox[place]
            try:
                ref = channel.send(self.prepare(parcel.message), memory.refs.get(place))
            except ChannelError as error:
                problem = error
            except Exception as error:  # noqa: BLE001  # a channel of another plugin may raise anything
                problem = ChannelError(f"the channel failed ({type(error).__name__})", uncertain=True)
            else:
                self.box.change(lambda memory, ref=ref: outbox.arrived(memory, place, rules, ref, self.clock()))  # type: ignore[misc]
                self._note(parcel, "sent", attempts=attempt)
                return None
            if not problem.uncertain:
                self.box.change(lambda memory: outbox.missed(memory, place))
            if problem.permanent or attempt == ATTEMPTS or not self._waits(problem, attempt):
                return problem
        return None

    def _waits(self, problem: ChannelError, attempt: int) -> bool:
        """Pause before the next attempt; False when the time does not allow it."""
        wanted = _FIRST_PAUSE * 2 ** (attempt - 1) if problem.retry_after is None else problem.retry_after
        if wanted > _LONGEST_PAUSE or time.monotonic() + wanted >= self._end:
            return False
        self.pause(wanted)
        return True

    def _note(self, parcel: Parcel, status: str, reason: str = "", attempts: int = 0) -> None:
        message = parcel.message
        self.outcomes.append(
            AlertDelivery(
                channel=parcel.channel,
                event=str(message.kind),
                severity=str(message.severity),
                title=message.title,
                status=status,
                reason=reason,
                attempts=attempts,
            )
        )

    def _note_unfinished(self) -> None:
        """Tell of what was still under way when the time was over; the next run takes it up again."""
        told = {(each.channel, each.event, each.title) for each in self.outcomes}
        for parcel in self.box.memory.outbox.values():
            message = parcel.message
            if parcel.not_before is None and (parcel.channel, str(message.kind), message.title) not in told:
                self._note(parcel, "waiting", f"not finished within {self.rules.budget:g} s", parcel.attempts)


def redacting(text: Callable[[str], str]) -> Callable[[Message], Message]:
    """Return a function that redacts everything in a message that people read."""

    def prepare(message: Message) -> Message:
        lines = tuple(
            replace(
                each,
                title=text(each.title),
                reason=text(each.reason),
                action=text(each.action) if each.action else None,
                runbook=text(each.runbook) if each.runbook else None,
            )
            for each in message.lines
        )
        return replace(
            message,
            title=text(message.title),
            status=text(message.status),
            note=text(message.note),
            deployment=text(message.deployment),
            version=text(message.version) if message.version else None,
            lines=lines,
        )

    return prepare
