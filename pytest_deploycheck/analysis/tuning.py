"""Threshold review: alarms that came and went by themselves, and limits that the observed values suggest; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.aggregates import percentile
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_SHORT: Final = 2
_BAD: Final = frozenset({Status.WARN, Status.FAIL})
_FEWEST: Final = 20
_USUAL: Final = 99.0
_ROOM: Final = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """How often a check was beyond a limit: bad looks, stretches of them, and stretches that mean little.

    A stretch is taken for a false positive when it lasted at most two looks, went by itself, and no incident was open.
    """

    looks: int
    bad: int
    stretches: int
    false_positives: int


def alarms(looks: Sequence[tuple[datetime, Status]], incidents: Sequence[tuple[datetime, datetime | None]]) -> Alarms:
    """Return what became of the looks of a check, in the order of time, beside incidents as ``(opened, closed)``."""
    stretches = [list(group) for bad, group in groupby(looks, key=lambda look: look[1] in _BAD) if bad]
    ended = [stretch for stretch in stretches if stretch[-1] != looks[-1]]
    false = [
        stretch
        for stretch in ended
        if len(stretch) <= _SHORT
        and not any(
            opened <= stretch[-1][0] and (closed is None or closed >= stretch[0][0]) for opened, closed in incidents
        )
    ]
    return Alarms(
        looks=len(looks),
        bad=sum(len(stretch) for stretch in stretches),
        stretches=len(stretches),
        false_positives=len(false),
    )


def suggested_limit(values: Sequence[float]) -> float | None:
    """Return an upper limit a tenth above the 99th percentile, two digits, None when the looks are too few for one."""
    finite = [value for value in values if math.isfinite(value)]
    if len(finite) < _FEWEST:
        return None
    wanted = percentile(finite, _USUAL) * _ROOM
    return rounded_up(wanted) if wanted > 0 else None


def rounded_up(value: float) -> float:
    """Return the value with two digits, never below itself."""
    size = 10.0 ** (math.floor(math.log10(value)) - 1)
    found = math.ceil(value / size - 1e-9) * size
    return float(f"{found:.12g}")
