"""The answer of every source whose answer is a single number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One number from a metric source; ``value`` is None when there was no data (then ``note`` says why).

    With ``lower_bound`` the true value is at least ``value`` and otherwise unknown.
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
