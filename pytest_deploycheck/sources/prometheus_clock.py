"""How far a server's clock is from ours, from the Date header of its answers; below ``prometheus.py``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_deploycheck.asks import HttpAnswer

# the header has whole seconds
_RESOLUTION: Final = 1.0
TOLERATED: Final = 2.0


def skew_of(answer: HttpAnswer) -> float | None:
    """Return by how many seconds the server's clock is ahead of ours, 0 within the header's precision; None unknown."""
    text = answer.header("date")
    if not text or answer.at is None:
        return None
    try:
        theirs = parsedate_to_datetime(text)
        aged = timedelta(seconds=min(float(answer.header("age") or 0), 86400.0))
    except (ValueError, TypeError, OverflowError):
        return None
    theirs = theirs if theirs.tzinfo is not None else theirs.replace(tzinfo=UTC)
    middle = answer.at + timedelta(seconds=answer.seconds / 2)
    skew = (theirs + aged - middle).total_seconds() + _RESOLUTION / 2
    return 0.0 if abs(skew) < TOLERATED + answer.seconds / 2 else skew


def on_their_clock(moment: datetime, skew: float) -> float:
    """Return one of our moments as seconds since 1970 on the server's clock."""
    return moment.timestamp() + skew


def skew_note(skew: float) -> str | None:
    """Return what to say about a skew; None when there is none."""
    if not skew:
        return None
    return f"the server's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} ours; windows follow it"


def now() -> datetime:
    """Return our time."""
    return datetime.now(UTC)
