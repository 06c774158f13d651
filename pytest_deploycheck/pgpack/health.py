"""The health checks and how they are run; above the ``health_*`` modules, below the pack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import SqlAnswer, SqlAsk
from pytest_deploycheck.pgpack import health_activity, health_growth, health_structure, health_wear, row_security
from pytest_deploycheck.pgpack.checking import DEFAULTS, MARK, Check, Limits

if TYPE_CHECKING:
    from pytest_deploycheck.pgpack.findings import Finding
    from pytest_deploycheck.sources.postgres import PostgresSource

CHECKS: Final[tuple[Check, ...]] = (
    *health_structure.CHECKS,
    *health_activity.CHECKS,
    *health_wear.CHECKS,
    *health_growth.CHECKS,
    *row_security.CHECKS,
)
BY_NAME: Final[dict[str, Check]] = {check.name: check for check in CHECKS}
#: How every health check is asked: its settings, and the mark by which it leaves itself out.
LOCAL: Final = (("search_path", "pg_catalog, pg_temp"),)
MARKED: Final = MARK + " {}"


def health(
    source: PostgresSource, dsn: str, *, limits: Limits = DEFAULTS, checks: tuple[Check, ...] = CHECKS
) -> list[Finding]:
    """Return what the checks found, at least one finding for each; a failing check takes no other down."""

    def ask(name: str, sql: str) -> SqlAnswer:
        return source.observe(SqlAsk(dsn=dsn, sql=MARKED.format(sql), name=name, local=LOCAL))

    return [finding for check in checks for finding in check.findings(ask, limits)]
