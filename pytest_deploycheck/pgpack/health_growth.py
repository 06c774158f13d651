"""Health of what grows: dead rows; beside the other ``health_*`` modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.pgpack.checking import Asker, Check, Limits, level, listed
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_deploycheck.pgpack.findings import Finding

_ESTIMATED: Final = (Severity.LOW, Severity.MEDIUM)
_TABLES: Final = """
SELECT schemaname || '.' || relname AS object, n_live_tup AS rows,
  100.0 * n_dead_tup / greatest(n_live_tup + n_dead_tup, 1) AS dead
FROM pg_stat_user_tables"""


def _bloat(check: Check, ask: Asker, limits: Limits) -> Iterable[Finding]:
    where = f"rows >= {limits.large_rows} AND dead > {limits.dead_percent[0]}"
    found = listed(ask, check.name, _TABLES, where, "dead DESC")

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, float, str]:
        dead = float(row["dead"])
        message = f"about {dead:.0f} % of its rows are dead"
        return level(dead, limits.dead_percent, _ESTIMATED), message, round(dead, 1), "See why autovacuum lags behind"

    return check.told(found, describe, "no large table has many dead rows")


CHECKS: Final = (Check(name="bloat", about="tables", stake=Severity.MEDIUM, look=_bloat),)
