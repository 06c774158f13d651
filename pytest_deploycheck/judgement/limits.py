"""How many bad looks a check may have: the limits of Argo Rollouts, folded over the runs of a phase; pure.

A limit is the number that is tolerated. Without limits only the present look counts. Tolerance never makes a PASS: a
tolerated failure is a WARN, and a tolerated missing result keeps its word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pytest_deploycheck.status import Severity, Status

CONSECUTIVE_ERRORS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is tolerated; None where nothing was said.

    ``failure`` and ``inconclusive`` count all looks of the phase, the ``consecutive`` ones those in a row up to now.
    ``consecutive_success`` is how many good looks in a row it takes to be good.
    """

    failure: int | None = None
    consecutive_failure: int | None = None
    inconclusive: int | None = None
    consecutive_error: int | None = None
    consecutive_success: int | None = None

    @property
    def said(self) -> bool:
        """Whether any of them was given."""
        return any(getattr(self, name) is not None for name in self.__slots__)


NO_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How often a check came to what, the present look included; ``streak`` looks in a row came to what it is now."""

    failed: int = 0
    inconclusive: int = 0
    streak: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A status with the limits applied. ``note`` says which limit decided and how.

    ``tolerated`` means that a missing result does not weigh more than a warning, ``escalated`` that it weighs as much
    as one of a critical check.
    """

    status: Status
    note: str = ""
    finding: Severity | None = None
    tolerated: bool = False
    escalated: bool = False


def fold(status: Status, finding: Severity | None, looks: Looks | None, limits: Limits) -> Folded:
    """Return what a status amounts to after the looks before it.

    ``looks`` is None when the history is not known: then nothing is tolerated, and what a limit would have to count is
    not known either.
    """
    if looks is None:
        if limits.said and status <= Status.WARN:
            return Folded(status=Status.INCONCLUSIVE, note="earlier looks are not known: the limits cannot be counted")
        return Folded(status=status, finding=finding)
    decide = _DECIDE.get(status, _good)
    return decide(status, finding, looks, limits)


def _failed(status: Status, finding: Severity | None, looks: Looks, limits: Limits) -> Folded:
    asked = [
        ("failed", looks.failed, "failure_limit", limits.failure),
        ("failed in a row", looks.streak, "consecutive_failure_limit", limits.consecutive_failure),
    ]
    counted = [(word, count, name, limit) for word, count, name, limit in asked if limit is not None]
    over = [_over(*each) for each in counted if each[1] > each[3]]
    if over or not counted:
        return Folded(status=status, finding=finding, note=", ".join(over))
    within = ", ".join(f"{word} ({count}) <= {name} ({limit})" for word, count, name, limit in counted)
    return Folded(status=Status.WARN, finding=Severity.MEDIUM, note=f"tolerated: {within}")


def _inconclusive(status: Status, _finding: Severity | None, looks: Looks, limits: Limits) -> Folded:
    sticky = _sticky(looks, limits)
    if sticky is not None:
        return sticky
    limit = limits.inconclusive
    if limit is None:
        return Folded(status=status)
    if looks.inconclusive > limit:
        return Folded(
            status=status, note=_over("inconclusive", looks.inconclusive, "inconclusive_limit", limit), escalated=True
        )
    note = f"tolerated: inconclusive ({looks.inconclusive}) <= inconclusive_limit ({limit})"
    return Folded(status=status, note=note, tolerated=True)


def _error(status: Status, _finding: Severity | None, looks: Looks, limits: Limits) -> Folded:
    sticky = _sticky(looks, limits)
    if sticky is not None:
        return sticky
    limit = CONSECUTIVE_ERRORS if limits.consecutive_error is None else limits.consecutive_error
    if looks.streak > limit:
        note = _over("error", looks.streak, "consecutive_error_limit", limit)
        return Folded(status=status, note=note, escalated=True)
    if limits.consecutive_error is None:
        return Folded(status=status)
    note = f"tolerated: error ({looks.streak}) <= consecutive_error_limit ({limit})"
    return Folded(status=status, note=note, tolerated=True)


def _good(status: Status, finding: Severity | None, looks: Looks, limits: Limits) -> Folded:
    sticky = _sticky(looks, limits)
    if sticky is not None:
        return sticky
    needed = limits.consecutive_success
    if needed and status is Status.PASS:
        if looks.streak < needed:
            note = f"succeeded in a row ({looks.streak}) < consecutive_success_limit ({needed})"
            return Folded(status=Status.INCONCLUSIVE, note=note)
        note = f"succeeded in a row ({looks.streak}) >= consecutive_success_limit ({needed})"
        return Folded(status=status, finding=finding, note=note)
    return Folded(status=status, finding=finding)


def _sticky(looks: Looks, limits: Limits) -> Folded | None:
    """Return the failure that earlier looks amount to, whatever the present one is; None within the limit."""
    limit = limits.failure
    if limit is None or looks.failed <= limit:
        return None
    return Folded(status=Status.FAIL, note=_over("failed", looks.failed, "failure_limit", limit))


def _over(word: str, count: int, name: str, limit: int) -> str:
    return f"{word} ({count}) > {name} ({limit})"


_DECIDE: Final = {Status.FAIL: _failed, Status.INCONCLUSIVE: _inconclusive, Status.ERROR: _error}
