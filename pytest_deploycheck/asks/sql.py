"""Questions to a PostgreSQL database and their answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlAsk:
    """One read-only statement. ``params`` are named; ``role`` and ``local`` are set for this transaction only.

    With ``fresh`` it is asked through a connection that nothing was asked through before.
    """

    dsn: str = field(repr=False)
    sql: str
    params: tuple[tuple[str, Any], ...] = ()
    statement_timeout: float = 5.0
    lock_timeout: float = 0.1
    connect_timeout: float = 5.0
    max_rows: int = 1000
    role: str | None = None
    local: tuple[tuple[str, str], ...] = ()
    name: str = "query"
    fresh: bool = False

    @property
    def host(self) -> str:
        """One name for the database, whatever is asked of it; it never holds the password."""
        return f"postgres:{hash(self.dsn) & 0xFFFFFFFF:08x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotAsk:
    """Several questions to one moment of a database; ``work`` asks them of what it is given, and its result returns.

    The moment is held for at most ``seconds``.
    """

    dsn: str = field(repr=False)
    work: Callable[[Any], Any]
    seconds: float = 60.0
    name: str = "snapshot"

    @property
    def host(self) -> str:
        """The same name as that of a single question to the same database."""
        return SqlAsk(dsn=self.dsn, sql="").host


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlAnswer:
    """Rows with their column names; ``truncated`` when there were more than ``max_rows``. ``target`` has no secret."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    seconds: float
    target: str
    truncated: bool = False
    attempts: int = 1
    at: datetime | None = None
