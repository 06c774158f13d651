"""Health of what grows: tables read from end to end, dead rows; beside the other ``health_*`` modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.pgpack.checking import Asker, Check, Limits, level, listed
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_deploycheck.pgpack.findings import Finding

_MOST_SCANS: Final = 1000
_ESTIMATED: Final = (Severity.LOW, Severity.MEDIUM)
_TABLES: Final = """
SELECT schemaname || '.' || relname AS object, coalesce(seq_scan, 0) AS scans, coalesce(idx_scan, 0) AS by_index,
  n_live_tup AS rows, 100.0 * n_dead_tup / greatest(n_live_tup + n_dead_tup, 1) AS dead
FROM pg_stat_user_tables"""


def _scans(check: Check, ask: Asker, limits: Limits) -> Iterable[Finding]:
    where = f"rows >= {limits.large_rows} AND scans > {_MOST_SCANS} AND scans > by_index"
    found = listed(ask, check.name, _TABLES, where, "scans DESC")

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, int, str]:
        message = f"was read from end to end {row['scans']} times and {row['by_index']} times by an index"
        return Severity.LOW, message, row["scans"], "Find the queries without a fitting index (pg_stat_statements)"

    return check.told(found, describe, "no large table is read from end to end more often than by an index")


def _bloat(check: Check, ask: Asker, limits: Limits) -> Iterable[Finding]:
    where = f"rows >= {limits.large_rows} AND dead > {limits.dead_percent[0]}"
    found = listed(ask, check.name, _TABLES, where, "dead DESC")

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, float, str]:
        dead = float(row["dead"])
        message = f"about {dead:.0f} % of its rows are dead"
        return level(dead, limits.dead_percent, _ESTIMATED), message, round(dead, 1), "See why autovacuum lags behind"

    return check.told(found, describe, "no large table has many dead rows")


CHECKS: Final = (
    Check(name="seq-scans", about="tables", stake=Severity.LOW, look=_scans),
    Check(name="bloat", about="tables", stake=Severity.MEDIUM, look=_bloat),
)
