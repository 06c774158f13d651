"""Numbers over time in one line of text: a look that is missing is a gap, never a zero. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCKS: Final = "▁▂▃▄▅▆▇█"
LETTERS: Final = "_-~=+*#@"
GAP: Final = "·"
PLAIN_GAP: Final = "."
# smaller differences are drawn as none: the noise of a steady number would look like a storm
_NOISE: Final = 0.02


def sparkline(
    values: Sequence[float | None],
    width: int,
    *,
    scale: tuple[float, float] | None = None,
    unicode: bool = True,
) -> str:
    """Return the newest values in exactly ``width`` characters, the newest at the right end.

    Without a ``scale`` the smallest value is the lowest character and the largest the highest; when they differ by
    less than 2 %, all are low.
    """
    shown = list(values[-width:]) if width > 0 else []
    known = [value for value in shown if value is not None]
    low, high = scale or (min(known, default=0.0), max(known, default=0.0))
    blocks, gap = (BLOCKS, GAP) if unicode else (LETTERS, PLAIN_GAP)
    marks = [gap if value is None else blocks[_step(value, low, high, len(blocks))] for value in shown]
    return "".join(marks).rjust(width)


def _step(value: float, low: float, high: float, steps: int) -> int:
    if high - low <= _NOISE * max(abs(high), abs(low)):
        return 0
    share = (min(max(value, low), high) - low) / (high - low)
    return min(int(share * steps), steps - 1)
