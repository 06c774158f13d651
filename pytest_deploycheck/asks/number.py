"""The answer of every source whose answer is a number, or one for each of several series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One number from a metric source; ``value`` is None when there was no data (then ``note`` says why).

    With ``lower_bound`` the true value is at least ``value`` and otherwise unknown. ``resolution`` is the time between
    two of its samples, as text.
    """

    value: float | None
    unit: str = ""
    n: int | None = None
    window: str | None = None
    note: str | None = None
    target: str = ""
    attempts: int = 1
    at: datetime | None = None
    lower_bound: bool = False
    resolution: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Several numbers from one question, each under the name that tells it apart; a single one may have none."""

    series: tuple[tuple[str, Number], ...]
