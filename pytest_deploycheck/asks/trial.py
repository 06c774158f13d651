"""Questions about what a tenant could write, and their answers; the only ones that open a writing transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantTrialAsk:
    """Whether ``tenant`` could write rows of ``other`` into a table; everything tried is rolled back.

    There is no SQL in it: the source builds its four statements from the names. ``setting`` and ``value`` say who asks.
    """

    dsn: str = field(repr=False)
    table: tuple[str, ...]
    column: str
    role: str
    setting: str
    value: str
    tenant: str
    other: str
    statement_timeout: float = 5.0
    lock_timeout: float = 0.1
    name: str = "trial"

    @property
    def host(self) -> str:
        """One name for the database, whatever is asked of it; it never holds the password."""
        return f"postgres:{hash(self.dsn) & 0xFFFFFFFF:08x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One write that was tried: ``possible`` is None when nothing is known, and ``why`` says what happened."""

    what: str
    possible: bool | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantTrial:
    """All writes that were tried on one table; ``target`` has no secret."""

    trials: tuple[Trial, ...]
    seconds: float
    target: str
    at: datetime | None = None
    attempts: int = 1
