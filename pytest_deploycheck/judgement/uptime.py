"""Uptime from looks at a service, with what the looks could and could not see; pure, fed by the history of probes.

Looking every five minutes cannot prove 99.9 % of a day, which is 86 seconds. So availability comes with its resolution,
with the bounds that so many looks allow, and with the time in which nobody looked: that time is unknown, not up.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.sequential.beta import beta_quantile
from pytest_deploycheck.phases import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

# a look that is this much later than the interval says was missed
_LATE: Final = 1.5
_CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a service: when, and whether it was up; None when the observer could not tell."""

    at: datetime
    up: bool | None


@dataclass(frozen=True, slots=True)
class Outage:
    """Looks in a row that found the service down: it was down for ``least`` to ``most`` seconds.

    ``end`` is the first look that found it up again, None when there is none yet.
    """

    start: datetime
    end: datetime | None
    looks: int
    least: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptime:
    """Availability from ``start`` to ``end``, in shares from 0 to 1 of the time in which somebody looked.

    ``availability`` is None when nobody looked; ``worst`` and ``best`` are the bounds at 95 % confidence that so many
    looks allow, were they independent. ``resolution`` (seconds) is the longest time between two looks that still count
    as one after the other: what is shorter may lie between them unseen. ``unknown`` is in seconds.
    """

    start: datetime
    end: datetime
    interval: float
    looks: int
    up: int
    availability: float | None
    worst: float | None
    best: float | None
    resolution: float | None
    unknown: float
    missed: int
    outages: tuple[Outage, ...]

    def proves(self, target: float) -> bool | None:
        """Tell whether availability is at least ``target`` (0 to 1): True or False when so many looks prove it."""
        if self.worst is None or self.best is None:
            return None
        if self.best < target:
            return False
        return True if self.worst >= target and not self.unknown else None

    def words(self) -> str:
        """Return one sentence for people: the figure, and what it rests on."""
        seconds = (self.end - self.start).total_seconds()
        if self.availability is None or self.worst is None:
            return f"nobody looked in {format_duration(round(seconds))}"
        parts = [f"{self.availability:.4%} of {self.looks} looks", f"at least {self.worst:.3%} at 95 % confidence"]
        if self.resolution is not None:
            parts.append(f"outages under {format_duration(round(self.resolution))} may be missed")
        if self.unknown:
            parts.append(f"{self.unknown / seconds:.1%} of the time unknown ({self.missed} looks missed)")
        return ", ".join(parts)


def uptime(looks: Iterable[Look], *, start: datetime, end: datetime, interval: float) -> Uptime:
    """Return the availability between two times from looks in any order, one planned every ``interval`` seconds.

    Of two looks at the same time the one that found the service down counts.

    Raises:
        ValueError: the times are in the wrong order, or the interval is not above 0.
    """
    if end <= start or interval <= 0:
        raise ValueError("uptime needs a start before its end, and an interval above 0")
    inside = sorted((look for look in looks if start <= look.at <= end and look.up is not None), key=_order)
    known = list({look.at: look for look in inside}.values())
    up = sum(1 for look in known if look.up)
    count, down = len(known), len(known) - up
    tail = (1 - _CONFIDENCE) / 2
    gaps = _gaps(known, start, end)
    spans = [gap for gap in gaps if gap > interval * _LATE]
    bridged = [gap for gap in gaps if gap <= interval * _LATE]
    return Uptime(
        start=start,
        end=end,
        interval=interval,
        looks=count,
        up=up,
        availability=up / count if count else None,
        worst=beta_quantile(tail, up, down + 1) if count else None,
        best=beta_quantile(1 - tail, up + 1, down) if count else None,
        resolution=max(bridged, default=interval) if count else None,
        unknown=sum(gap - interval for gap in spans) if count else _seconds(end - start),
        missed=sum(round(gap / interval) - 1 for gap in spans),
        outages=tuple(_outages(known, start, end)),
    )


def _order(look: Look) -> tuple[datetime, bool]:
    """Put looks in the order of time, and the one that found the service down last among equals."""
    return look.at, not look.up


def _gaps(looks: list[Look], start: datetime, end: datetime) -> list[float]:
    """Return the seconds between the start, the looks and the end."""
    moments = [start, *(look.at for look in looks), end]
    return [(after - before).total_seconds() for before, after in pairwise(moments)]


def _outages(looks: list[Look], start: datetime, end: datetime) -> list[Outage]:
    found: list[Outage] = []
    run: list[Look] = []
    before = start
    for look in [*looks, None]:
        if look is not None and not look.up:
            run.append(look)
            continue
        if run:
            after = look.at if look is not None else None
            least = run[-1].at - run[0].at
            most = (after or end) - before
            found.append(Outage(run[0].at, after, len(run), _seconds(least), _seconds(most)))
            run = []
        if look is not None:
            before = look.at
    return found


def _seconds(time: timedelta) -> float:
    return time.total_seconds()
