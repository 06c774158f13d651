"""The scales of the product: what became of a check, how bad it is, what it touches; first stage, imports nothing."""

from __future__ import annotations

from enum import Enum
from functools import total_ordering
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable


@total_ordering
class _Ordered(Enum):
    """A string enum whose members are ordered as they are written."""

    rank: int

    def __init__(self, _word: str) -> None:
        """Number the members from the harmless end, starting at 0."""
        self.rank = len(type(self).__members__)

    def __lt__(self, other: object) -> bool:
        """Compare by position; only with members of the same scale."""
        if type(self) is not type(other):
            return NotImplemented
        assert isinstance(other, _Ordered)
        return self.rank < other.rank

    def __str__(self) -> str:
        """Return the word that people and files see."""
        return str(self._value_)


class Status(_Ordered):
    """What became of a check, from good to bad.

    ``WARN`` and ``FAIL`` are both *measured, and beyond a limit*: WARN when the limit is low or medium,
    FAIL when it is high, critical or rollback. ``ERROR`` could not measure; ``INCONCLUSIVE`` had nothing to judge.
    """

    PASS = "PASS"  # noqa: S105  # a status word, no password
    WARN = "WARN"
    INCONCLUSIVE = "INCONCLUSIVE"
    ERROR = "ERROR"
    FAIL = "FAIL"


class Severity(_Ordered):
    """How bad a finding is. ``ROLLBACK`` is reached only through a level of a ladder, never marked on a check."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    ROLLBACK = "rollback"

    @classmethod
    def parse(cls, word: str) -> Self:
        """Return the severity that a marker or a setting names, aliases included.

        Raises:
            ValueError: the word is no severity (``rollback`` is a level, not a severity).
        """
        name = SEVERITY_ALIASES.get(word.strip().lower(), word.strip().lower())
        if name not in MARKABLE_SEVERITIES:
            raise ValueError(f"unknown severity {word!r}; choose from {', '.join(MARKABLE_SEVERITIES)}")
        return cls(name)


MARKABLE_SEVERITIES: Final = ("low", "medium", "high", "critical")
SEVERITY_ALIASES: Final = {
    "warning": "medium",
    "warn": "medium",
    "p0": "critical",
    "p1": "high",
    "p2": "medium",
    "p3": "low",
}


class Impact(Enum):
    """What suffers when a check fails; the verdict's rules read it."""

    AVAILABILITY = "availability"
    DATA = "data"
    SECURITY = "security"
    FLOW = "flow"
    PERFORMANCE = "performance"
    BUSINESS = "business"
    OPS = "ops"

    def __str__(self) -> str:
        """Return the word that people and files see."""
        return self.value


class OnFail(Enum):
    """What a failing check may do to the verdict: force it, hold (WATCH at most), or nothing."""

    ROLLBACK = "rollback"
    HOLD = "hold"
    IGNORE = "ignore"


class Confirms(Enum):
    """What a failing check proves beyond doubt; each of them alone means ROLLBACK_NOW."""

    CORRUPTION = "corruption"
    CROSS_TENANT = "cross-tenant-access"
    VULNERABILITY = "exploited-vulnerability"


class Policy(Enum):
    """What a check becomes without data or without a baseline."""

    INCONCLUSIVE = "inconclusive"
    WARN = "warn"
    FAIL = "fail"
    IGNORE = "ignore"


class Decision(Enum):
    """The verdict's word."""

    ROLLBACK_NOW = "ROLLBACK_NOW"
    ROLLBACK = "ROLLBACK"
    HOTFIX = "HOTFIX"
    WATCH = "WATCH"
    INCONCLUSIVE = "INCONCLUSIVE"
    WARN = "WARN"
    PASS = "PASS"  # noqa: S105  # a status word, no password

    def __str__(self) -> str:
        """Return the word that people and files see."""
        return self.value


def worst(statuses: Iterable[Status]) -> Status:
    """Return the worst of the statuses; of none at all it is INCONCLUSIVE, never PASS."""
    return max(statuses, default=Status.INCONCLUSIVE)


def status_of_finding(severity: Severity) -> Status:
    """Return WARN for a low or medium finding, FAIL for a worse one."""
    return Status.FAIL if severity >= Severity.HIGH else Status.WARN
