"""All that a watch remembers between two looks, as a few floats that a file gives back bit by bit."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_deploycheck.judgement.sequential.streams import Stream

VERSION: Final = 1
_NUMBERS: Final = 5


class StateError(ValueError):
    """A saved state that cannot be read, or that belongs to other metrics."""


@dataclass(frozen=True, slots=True)
class StreamState:
    """One metric: its looks, ln S of each alternative, the log ratios of health, and the present suspicion.

    The suspicion is a cumulative sum that starts anew whenever it falls to 0: ``since`` is when, ``bad``, ``total`` and
    ``expected`` are what was counted from there on, and what the baseline would have counted.
    """

    looks: int
    regression: tuple[float, ...]
    healthy: tuple[float, ...]
    suspicion: float = 0.0
    since: float = math.nan
    bad: float = 0.0
    total: float = 0.0
    expected: float = 0.0


@dataclass(frozen=True, slots=True)
class WatchState:
    """The time of the deployment and of the last look (NaN before the first one), and each metric."""

    started: float
    last: float
    streams: tuple[StreamState, ...]


def fresh_state(streams: Sequence[Stream], healthy: int, started: float = math.nan) -> WatchState:
    """Return the state before the first look."""
    fresh = tuple(StreamState(0, (-math.inf,) * stream.alternatives, (0.0,) * healthy) for stream in streams)
    return WatchState(started, math.nan, fresh)


def dump_state(state: WatchState) -> str:
    """Return the state as JSON; floats are written in hexadecimal and come back bit by bit."""
    streams = [[each.looks, _hex(each.regression), _hex(each.healthy), _hex(_numbers(each))] for each in state.streams]
    return json.dumps({"v": VERSION, "t": _hex((state.started, state.last)), "s": streams}, separators=(",", ":"))


def load_state(text: str, streams: Sequence[Stream], healthy: int) -> WatchState:
    """Return the state that a text holds, for these metrics.

    Raises:
        StateError: the text holds no state, or one of other metrics.
    """
    try:
        data = json.loads(text)
        if data["v"] != VERSION:
            raise StateError(f"the saved state has the version {data['v']!r}; {VERSION} is read")  # noqa: TRY301
        started, last = _floats(data["t"], 2)
        if len(data["s"]) != len(streams):
            raise StateError(f"the saved state has {len(data['s'])} metrics, not {len(streams)}")  # noqa: TRY301
        states = tuple(
            _stream(each, stream.alternatives, healthy) for each, stream in zip(data["s"], streams, strict=True)
        )
    except StateError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError):
        raise StateError("the saved state cannot be read") from None
    return WatchState(started, last, states)


def _stream(data: Any, alternatives: int, healthy: int) -> StreamState:
    looks, regression, health, numbers = data
    if type(looks) is not int or looks < 0:
        raise StateError("the saved state has no number of looks")
    rising, falling = _floats(regression, alternatives), _floats(health, healthy)
    if any(math.isnan(number) or number == math.inf for number in (*rising, *falling)):
        raise StateError("the saved state has evidence that is no number")
    return StreamState(looks, rising, falling, *_floats(numbers, _NUMBERS))


def _numbers(state: StreamState) -> tuple[float, ...]:
    return state.suspicion, state.since, state.bad, state.total, state.expected


def _hex(numbers: Sequence[float]) -> list[str]:
    return [float(number).hex() for number in numbers]


def _floats(texts: Any, count: int) -> tuple[float, ...]:
    if not isinstance(texts, list) or len(texts) != count:
        raise StateError(f"the saved state should have {count} numbers where it has something else")
    return tuple(float.fromhex(text) for text in texts)
