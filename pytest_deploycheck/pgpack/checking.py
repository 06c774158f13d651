"""What a health check is, and how one is asked; above the findings, below the checks themselves.

Every check is a question of its own, so that what one version, privilege or extension lacks takes no neighbour down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asks import SqlAnswer
from pytest_deploycheck.errors import BadAnswerError, InconclusiveError, SourceError
from pytest_deploycheck.pgpack.counters import Counters
from pytest_deploycheck.pgpack.findings import Finding, bad, good, unverified
from pytest_deploycheck.redact import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_deploycheck.pgpack.counters import Since
    from pytest_deploycheck.status import Severity

#: Asks ``(name, sql)`` of the database at hand.
Asker = Callable[[str, str], SqlAnswer]

MOST_LISTED: Final = 100
#: Schemas that are the server's own, or a session's.
FOREIGN: Final = "n.nspname !~ '^pg_(temp|toast_temp)_' AND n.nspname NOT IN ('pg_catalog', 'information_schema')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From when on what is told; pairs are (first level, worse level). Times in seconds unless named otherwise."""

    connections_percent: tuple[float, float] = (80, 90)
    transaction: tuple[float, float] = (60, 300)
    idle_in_transaction: tuple[float, float] = (60, 300)
    blocked: tuple[float, float] = (30, 120)
    replication_lag: tuple[float, float] = (30, 300)
    prepared: float = 30
    slow_ms: tuple[float, float] = (200, 1000)
    fewest_calls: int = 5
    sequence_percent: tuple[float, float] = (80, 95)
    transaction_age: tuple[float, float] = (1.3e9, 1.4e9)
    large_rows: int = 10_000
    large_index_bytes: int = 1_048_576
    statistics_days: float = 30
    dead_percent: tuple[float, float] = (10, 50)


DEFAULTS: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The rows that a check objects to, how many there are of them, and among how many ``role`` looked."""

    total: int
    matching: int
    role: str
    rows: tuple[dict[str, Any], ...]

    def scope(self, what: str) -> str:
        """Return ``812 of 812 indexes``."""
        return f"{self.total} of {self.total} {what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One health check; ``stake`` is the worst that it can find, None when only remarks.

    What it looks at is as it is now (``look``), or has been counted for long (``look_since``).
    """

    name: str
    about: str
    stake: Severity | None
    look: Callable[[Check, Asker, Limits], Iterable[Finding]] | None = None
    look_since: Callable[[Check, Asker, Limits, Counters], Iterable[Finding]] | None = None

    def findings(self, ask: Asker, limits: Limits, counters: Counters | None = None) -> list[Finding]:
        """Return what it found, at least one finding; a failure to ask is one, too."""
        try:
            if self.look_since is not None:
                return list(self.look_since(self, ask, limits, counters or Counters()))
            return list(self.look(self, ask, limits)) if self.look is not None else []
        except (SourceError, InconclusiveError) as error:
            message = error.message.removeprefix("unverified: ")
            return [self.unknown(f"unverified: {message}", hint=error.hint)]

    def unknown(self, message: str, *, hint: str | None = None, scope: str = "") -> Finding:
        """Return that nobody knows."""
        return unverified(self.name, self.about, self.stake, message, scope=scope or f"no {self.about}", hint=hint)

    def fine(self, message: str, *, scope: str, value: float | str | None = None) -> Finding:
        """Return that all is well."""
        return good(self.name, self.about, message, scope=scope, value=value)

    def told(
        self,
        listing: Listing,
        describe: Callable[[dict[str, Any]], tuple[Severity | None, str, float | str | None, str | None]],
        fine: str,
        since: Since | None = None,
    ) -> list[Finding]:
        """Return a finding for each row, as ``describe`` puts it (severity, message, value, hint).

        Where it is not known what came since the deployment, nothing found is a remark, not well.
        """
        scope = listing.scope(self.about) + (since.scope if since is not None else "")
        if not listing.rows and since is not None and not since.known:
            message = f"{fine} {since.text}; how it stood at the deployment is not known, the next run compares"
            return [unverified(self.name, self.about, None, message, scope=scope)]
        if not listing.rows:
            return [self.fine(fine, scope=scope)]
        more = listing.matching - len(listing.rows)
        scope += f", {more} more not listed" if more > 0 else ""
        found = []
        for row in listing.rows:
            severity, message, value, hint = describe(row)
            about = printable(str(row["object"]))
            found.append(bad(self.name, about, severity, printable(message), scope=scope, value=value, hint=hint))
        return found


def listed(ask: Asker, name: str, everything: str, where: str, order: str = "object") -> Listing:
    """Ask for the rows of ``everything`` (with a column ``object``) that meet the condition, the first ones in order.

    Raises:
        SourceError: it could not be asked.
        InconclusiveError: a privilege or an extension is missing.
    """
    answer = ask(
        name,
        f"WITH everything AS ({everything}), chosen AS (SELECT * FROM everything WHERE {where} "  # noqa: S608  # our texts
        f"ORDER BY {order} LIMIT {MOST_LISTED}) SELECT (SELECT count(*) FROM everything) AS total, "
        f"(SELECT count(*) FROM everything WHERE {where}) AS matching, quote_ident(current_user) AS role, chosen.* "
        f"FROM (SELECT 1) AS one LEFT JOIN chosen ON true ORDER BY {order}",
    )
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    if not rows:
        raise BadAnswerError(f"postgres {answer.target} answered nothing to {name}")
    first = rows[0]
    return Listing(
        total=first["total"],
        matching=first["matching"],
        role=first["role"],
        rows=tuple(row for row in rows if row["object"] is not None),
    )


def level(value: float, limits: tuple[float, float], severities: tuple[Severity, Severity]) -> Severity | None:
    """Return the severity that the value reaches; beyond a limit, not at it."""
    return severities[1] if value > limits[1] else severities[0] if value > limits[0] else None
