"""What is still to be told: one parcel for each alert and channel, the newest word; limits and fallbacks; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.notify.memory import MOST_RECENT, Memory, Parcel, Told
from pytest_deploycheck.notify.messages import again, bounded
from pytest_deploycheck.notify.rules import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pytest_deploycheck.notify.messages import Message
    from pytest_deploycheck.notify.rules import ChannelRules

MOST_WAITING: Final = 2000
MOST_REFS: Final = 1000
GIVES_UP_AFTER: Final = timedelta(days=2)


def posted(memory: Memory, message: Message, channels: Iterable[str], now: datetime) -> Memory:
    """Return the memory with the message waiting for each channel; it replaces an older word on the same alert."""
    box = dict(memory.outbox)
    for channel in channels:
        place = place_of(message, channel)
        waiting = box.pop(place, None)
        news = message
        if waiting is not None and message.kind in {Kind.REMINDER, Kind.WORSE} and waiting.message.kind is Kind.OPENED:
            news = replace(message, kind=Kind.OPENED)  # nobody has heard of it yet
        box[place] = Parcel(message=news, channel=channel, created=now)
    return replace(memory, outbox=dict(list(box.items())[-MOST_WAITING:]))


def place_of(message: Message, channel: str) -> str:
    """Return the key of a parcel."""
    return f"{channel}|{message.key}"


def due(memory: Memory, channel: str, now: datetime) -> list[tuple[str, Parcel]]:
    """Return what waits for a channel and may go out now, the worst first."""
    found = [
        (place, parcel)
        for place, parcel in memory.outbox.items()
        if parcel.channel == channel and (parcel.not_before is None or parcel.not_before <= now)
    ]
    return sorted(found, key=lambda each: (-each[1].message.severity.rank, each[1].created))


def room_left(memory: Memory, rules: ChannelRules, now: datetime) -> int:
    """Return how many messages the channel may still take at this time."""
    since = now - timedelta(seconds=rules.period)
    return rules.limit - sum(1 for at in memory.sent.get(rules.id, ()) if at > since)


def begun(memory: Memory, place: str, now: datetime) -> tuple[Memory, Parcel]:
    """Return the memory that says that sending begins, to be stored before the first byte goes out."""
    parcel = memory.outbox[place]
    message = parcel.message if parcel.sending is None else again(parcel.message)
    begun = replace(parcel, message=message, sending=now, attempts=parcel.attempts + 1)
    return replace(memory, outbox={**memory.outbox, place: begun}), begun


def arrived(memory: Memory, place: str, rules: ChannelRules, ref: str | None, now: datetime) -> Memory:
    """Return the memory after a message arrived; ``ref`` is what the channel wants to see with the next one."""
    parcel = memory.outbox[place]
    message = parcel.message
    told = Told(
        at=now,
        channel=parcel.channel,
        kind=str(message.kind),
        severity=message.severity,
        title=bounded(message.title, 100),
        message=message.id,
    )
    refs = dict(memory.refs)
    refs.pop(place, None)
    if ref is not None and message.kind is not Kind.RESOLVED:
        refs[place] = ref
    since = now - timedelta(seconds=rules.period)
    times = tuple(at for at in memory.sent.get(parcel.channel, ()) if at > since)
    return replace(
        memory,
        outbox={key: each for key, each in memory.outbox.items() if key != place},
        refs=dict(list(refs.items())[-MOST_REFS:]),
        sent={**memory.sent, parcel.channel: (*times, now)},
        recent=(*memory.recent, told)[-MOST_RECENT:],
    )


def missed(memory: Memory, place: str) -> Memory:
    """Return the memory after an attempt that certainly brought nothing."""
    return replace(memory, outbox={**memory.outbox, place: replace(memory.outbox[place], sending=None)})


def failed(memory: Memory, place: str, rules: ChannelRules, retry_at: datetime | None, now: datetime) -> Memory:
    """Return the memory after a channel failed: the message goes to the one that stands in, or waits.

    Without ``retry_at`` it can never arrive there; then, or when it is too old, it is dropped.
    """
    parcel = memory.outbox[place]
    box = {key: each for key, each in memory.outbox.items() if key != place}
    stand_in = rules.fallback
    if stand_in is not None and stand_in not in (*parcel.handed_from, parcel.channel):
        handed = Parcel(
            message=parcel.message,
            channel=stand_in,
            created=parcel.created,
            handed_from=(*parcel.handed_from, parcel.channel),
        )
        box.setdefault(place_of(parcel.message, stand_in), handed)
    elif retry_at is not None and now - parcel.created < GIVES_UP_AFTER:
        box[place] = replace(parcel, not_before=retry_at)
    return replace(memory, outbox=box)
