"""The same question about another time: what a baseline before the deployment, or of an earlier week, is read with."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asks import Ask, PromAsk, SqlAsk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

_BOUNDS: Final = frozenset({"window_start", "window_end"})


def at_window(ask: Ask, end: datetime, window: float | None = None) -> Ask | None:
    """Return the same question about a window of ``window`` seconds (default its own) that ends at another time.

    None when its source cannot be asked about the past: one that only knows the present, or a statement that does not
    use both ``:window_start`` and ``:window_end``.
    """
    move = _MOVES.get(type(ask))
    return move(ask, end, window) if move is not None else None


def _prometheus(ask: PromAsk, end: datetime, window: float | None) -> PromAsk:
    return replace(ask, end=end, window=ask.window if window is None else window)


def _sql(ask: SqlAsk, end: datetime, window: float | None) -> SqlAsk | None:
    times = dict(ask.params)
    if not set(times) >= _BOUNDS:
        return None
    length = times["window_end"] - times["window_start"] if window is None else timedelta(seconds=window)
    return replace(ask, params=tuple((times | {"window_start": end - length, "window_end": end}).items()))


_MOVES: Final[Mapping[type, Callable[[Any, datetime, float | None], Ask | None]]] = {PromAsk: _prometheus, SqlAsk: _sql}
