"""The health checks and how they are run; above the ``health_*`` modules, below the pack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import SqlAnswer, SqlAsk
from pytest_deploycheck.pgpack import (
    health_activity,
    health_growth,
    health_since,
    health_structure,
    health_wear,
    row_security,
)
from pytest_deploycheck.pgpack.checking import DEFAULTS, Check, Limits

if TYPE_CHECKING:
    from pytest_deploycheck.pgpack.findings import Finding
    from pytest_deploycheck.sources.postgres import PostgresSource

CHECKS: Final[tuple[Check, ...]] = (
    *health_structure.CHECKS,
    *health_activity.CHECKS,
    *health_wear.CHECKS,
    *health_growth.CHECKS,
    *health_since.CHECKS,
    *row_security.CHECKS,
)
BY_NAME: Final[dict[str, Check]] = {check.name: check for check in CHECKS}
#: The settings that every health check is asked with.
LOCAL: Final = (("search_path", "pg_catalog, pg_temp"),)


def health(
    source: PostgresSource, dsn: str, *, limits: Limits = DEFAULTS, checks: tuple[Check, ...] = CHECKS
) -> list[Finding]:
    """Return what the checks found, at least one finding for each; a failing check takes no other down."""

    def ask(name: str, sql: str) -> SqlAnswer:
        return source.observe(SqlAsk(dsn=dsn, sql=sql, name=name, local=LOCAL))

    return [finding for check in checks for finding in check.findings(ask, limits)]
