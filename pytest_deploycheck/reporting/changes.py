"""What changed: against the run before, check by check, and against the baseline, number by number; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.reporting.base import counts_in, one_line, reason_of, worst_first
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_deploycheck.model import CheckResult

LEAST_MOVE: Final = 0.1
"""A number that moved by less than this share of its baseline is no news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A check whose status is another one than before; None where it was not there."""

    id: str
    before: Status | None
    now: Status | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A number that is not what it was before the deployment; ``share`` is None when it was 0."""

    check: str
    metric: str
    unit: str
    before: float
    now: float
    status: Status
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The difference to an earlier run. ``against`` names that run, empty when there is none.

    ``whole`` is False when the other run was of another phase: what is new or gone then means nothing.
    """

    against: str = ""
    worse: tuple[Change, ...] = ()
    better: tuple[Change, ...] = ()
    recovered: tuple[Change, ...] = ()
    new: tuple[Change, ...] = ()
    gone: tuple[Change, ...] = ()
    still: int = 0
    moves: tuple[Move, ...] = ()
    has_baseline: bool = False


def changes_between(
    before: Iterable[CheckResult] | None, checks: Sequence[CheckResult], *, against: str = "", whole: bool = True
) -> Changes:
    """Return what changed between the results of an earlier run (None: there is none) and these."""
    moves, has_baseline = moves_of(checks)
    if before is None:
        return Changes(moves=moves, has_baseline=has_baseline)
    known = {result.id: result for result in before}
    here = {result.id for result in checks}
    pairs = [(known[now.id], now) for now in worst_first(checks) if now.id in known]
    changed = [_change(old, now) for old, now in pairs if old.status is not now.status]
    return Changes(
        against=against,
        worse=tuple(each for each in changed if _rank(each.now) > _rank(each.before)),
        better=tuple(each for each in changed if Status.PASS.rank < _rank(each.now) < _rank(each.before)),
        recovered=tuple(each for each in changed if each.now is Status.PASS),
        new=tuple(_change(None, now) for now in worst_first(checks) if now.id not in known) if whole else (),
        gone=tuple(_gone(old) for old in known.values() if old.id not in here) if whole else (),
        still=sum(old.status is now.status is not Status.PASS and counts_in(now) for old, now in pairs),
        moves=moves,
        has_baseline=has_baseline,
    )


def _rank(status: Status | None) -> int:
    return -1 if status is None else status.rank


def _change(before: CheckResult | None, now: CheckResult) -> Change:
    return Change(id=now.id, before=before.status if before else None, now=now.status, reason=reason_of(now))


def _gone(before: CheckResult) -> Change:
    return Change(id=before.id, before=before.status, now=None, reason=one_line(before.title))


def moves_of(checks: Iterable[CheckResult]) -> tuple[tuple[Move, ...], bool]:
    """Return the numbers that moved against their baseline, the worst first, and whether any number had one."""
    found: list[Move] = []
    has_baseline = False
    for result in checks:
        for reading in result.readings:
            before, now = reading.judgement.baseline, reading.measurement.value
            if before is None or isinstance(now, bool | str | None):
                continue
            has_baseline = True
            share = (float(now) - before) / abs(before) if before else None
            if now != before and (share is None or abs(share) >= LEAST_MOVE):
                measured, status = reading.measurement, reading.judgement.status
                found.append(
                    Move(
                        check=result.id,
                        metric=measured.metric,
                        unit=measured.unit,
                        before=before,
                        now=float(now),
                        status=status,
                        share=share,
                    )
                )
    return tuple(sorted(found, key=_weight)), has_baseline


def _weight(move: Move) -> tuple[int, float, str]:
    size: Mapping[bool, float] = {True: float("inf"), False: abs(move.share or 0.0)}
    return -move.status.rank, -size[move.share is None], move.metric
