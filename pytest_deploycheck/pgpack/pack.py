"""The whole pack against one database; the top of the room, called by the command and by the plugin."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asks import SqlAsk
from pytest_deploycheck.errors import InconclusiveError, SourceError
from pytest_deploycheck.pgpack import orphans, proving
from pytest_deploycheck.pgpack.checking import DEFAULTS, Limits
from pytest_deploycheck.pgpack.findings import Finding, exit_code, unverified
from pytest_deploycheck.pgpack.health import health
from pytest_deploycheck.sources import postgres_queries as queries
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from pytest_deploycheck.sources.postgres import PostgresSource

SCHEMA_VERSION: Final = 1
_FULLEST: Final = 80.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the pack found: ``target`` names the database without its login, ``seconds`` is what it took."""

    target: str
    server: str
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def exit_code(self) -> int:
        """0, 11 or 12."""
        return exit_code(self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {
            "schema_version": SCHEMA_VERSION,
            "target": self.target,
            "server": self.server,
            "seconds": round(self.seconds, 3),
            "exit_code": self.exit_code,
            "findings": [finding.as_json() for finding in self.findings],
        }


def run_pack(source: PostgresSource, dsn: str, *, budget: float = proving.BUDGET, limits: Limits = DEFAULTS) -> Report:
    """Prove every foreign key within ``budget`` seconds and run the health checks.

    Raises:
        NoAnswerError: the database cannot be reached.
        QueryError: the connection string cannot be read.
    """
    started = time.monotonic()
    hello = source.observe(SqlAsk(dsn=dsn, sql="SELECT current_setting('server_version') AS version", name="hello"))
    standby, behind = source.observe(SqlAsk(dsn=dsn, sql=queries.standby()[0], name="standby")).rows[0]
    found = [*_orphans(source, dsn, budget), *health(source, dsn, limits=limits)]
    return Report(
        target=hello.target,
        server=f"PostgreSQL {hello.rows[0][0]}" + (f", a standby {behind:.1f} s behind" if standby else ""),
        findings=tuple(found),
        seconds=time.monotonic() - started,
    )


def _orphans(source: PostgresSource, dsn: str, budget: float) -> list[Finding]:
    """Return the proof's findings; a server short of connections is spared."""
    try:
        used, capacity = source.observe(SqlAsk(dsn=dsn, sql=queries.connections()[0], name="connections")).rows[0]
        if used <= capacity * _FULLEST / 100:
            return orphans.findings(proving.prove_all(source, dsn, budget=budget)[1])
        why = f"not started: {used} of {capacity} connections are in use"
        hint: str | None = "Run it again when the server has room"
    except (SourceError, InconclusiveError) as error:
        why, hint = error.message.removeprefix("unverified: "), error.hint
    message = f"unverified: {why}"
    return [unverified(proving.CHECK, "all foreign keys", Severity.CRITICAL, message, scope="no key", hint=hint)]
