"""What goes into the history and comes out of it: frozen values, and the clock that all of them share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_deploycheck.model import CheckResult
    from pytest_deploycheck.status import Status

STATUS: Final = ""
"""The metric under which the status of a check is kept; its value is the rank of the status."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One number that a check observed. ``value`` is None when it looked and there was no data.

    ``at`` is kept to the millisecond. With ``lower_bound`` the true value is at least ``value``.
    """

    check: str
    metric: str
    at: datetime
    value: float | None
    unit: str = ""
    n: int | None = None
    lower_bound: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One observation as it is read back, with the run that made it."""

    at: datetime
    value: float | None
    n: int | None
    unit: str
    run: int
    check: str
    lower_bound: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run without its checks. ``decision`` is None until it has finished; ``invalid`` says why not to use it."""

    id: int
    deployment: str
    environment: str
    version: str | None
    deployed_at: datetime
    phase: str
    tick: int
    started_at: datetime
    finished_at: datetime | None
    finished: bool
    decision: str | None
    exit_code: int | None
    rule: str | None
    summary: str | None
    invalid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often a check came to what in the finished runs of one deployment and phase.

    ``status`` is the newest word (the rank of a status), ``streak`` how many runs in a row came to it.
    """

    check: str
    phase: str
    passed: int = 0
    warned: int = 0
    inconclusive: int = 0
    errors: int = 0
    failed: int = 0
    status: int = 0
    streak: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A text that something keeps from run to run, and the version that a change has to name."""

    value: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Cumulative statistics as they stood at one moment; ``data`` is what JSON can hold."""

    name: str
    deployment: str
    at: datetime
    data: Any


def to_ms(at: datetime) -> int:
    """Return milliseconds since 1970; a time without a zone is taken for UTC."""
    return ((at if at.tzinfo is not None else at.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    """Return the time in UTC."""
    return _EPOCH + ms * _MILLISECOND


def observations_of(result: CheckResult, at: datetime) -> Iterable[Observation]:
    """Yield what a check observed: its status, and every measured number; words stay in the record of the run."""
    yield Observation(check=result.id, metric=STATUS, at=at, value=float(looked_at(result).rank))
    for reading in result.readings:
        measured = reading.measurement
        value = measured.value
        if isinstance(value, str):
            continue
        yield Observation(
            check=result.id,
            metric=measured.metric,
            at=measured.at or at,
            value=_number(value),
            unit=measured.unit,
            n=measured.n,
            lower_bound=measured.lower_bound,
        )


def looked_at(result: CheckResult) -> Status:
    """Return what one run alone came to, before limits changed it: that is what limits count."""
    return result.observed or result.status


def _number(value: float | None) -> float | None:
    try:
        number = None if value is None else float(value)
    except (OverflowError, TypeError, ValueError):
        return None
    # NaN is no data; infinity is no number that anything could be compared with
    return number if number is not None and abs(number) < float("inf") else None
