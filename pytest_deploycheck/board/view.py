"""The board: everything that a screen or a page shows, in values that need no further judgement. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.status import Decision, Status


class Going(Enum):
    """What a watch is doing now."""

    WAITING = "waiting"
    LOOKING = "looking"
    ENDED = "ended"
    SILENT = "silent"
    NONE = "none"


class Arrow(Enum):
    """Where a number is going: a rise or fall that chance does not explain, or neither; unknown with few looks."""

    UP = "up"
    DOWN = "down"
    STEADY = "steady"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What a watch said about itself. ``begun`` and ``due`` (the next look) are UTC, ``interval`` in seconds."""

    going: Going = Going.NONE
    begun: datetime | None = None
    ends: datetime | None = None
    due: datetime | None = None
    interval: float | None = None
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """One time to look, the oldest first: ``run`` is None when nobody looked, ``decision`` when it was lost, too."""

    run: int | None
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One check. ``level`` is the word of the verdict's own judgement; ``history`` has None where a look is missing.

    ``scale`` are the ends of the history's axis, None to take its own smallest and largest. ``more`` counts further
    measurements of the check.
    """

    check: str
    label: str
    status: Status
    level: str
    value: str = ""
    history: tuple[float | None, ...] = ()
    scale: tuple[float, float] | None = None
    arrow: Arrow = Arrow.UNKNOWN
    n: int | None = None
    condition: str = ""
    reason: str = ""
    action: str = ""
    more: int = 0
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Rows that belong together, the worst first; ``empty`` is said when there are none."""

    title: str
    rows: tuple[Row, ...]
    empty: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A check that was not good within the last hour: when last, in how many of its looks, and whether it still is."""

    at: datetime
    label: str
    status: Status
    bad: int
    looks: int
    lasts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message that went out."""

    at: datetime
    kind: str
    severity: str
    title: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Something that is asked: how many checks got an answer there, and how many did not."""

    name: str
    answered: int
    failed: int = 0

    @property
    def state(self) -> str:
        """``ok``, ``degraded`` when some got no answer, ``error`` when none did."""
        if not self.failed:
            return "ok"
        return "degraded" if self.answered else "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All of it. ``looked`` is when the last look ended and ``took`` its seconds; both None before the first one."""

    service: str
    target: str
    deployment: Deployment
    phase: str
    pace: Pace
    looks: tuple[Look, ...] = ()
    tick: int = 0
    decision: Decision | None = None
    rule: str = ""
    summary: str = ""
    looked: datetime | None = None
    took: float = 0.0
    panels: tuple[Panel, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    alerts: tuple[Alert, ...] = ()
    alerts_known: bool = True
    sources: tuple[Source, ...] = ()
    notes: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
