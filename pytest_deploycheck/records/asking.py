"""The questions of the analyses to the database, asked through the ordinary source; what goes wrong is a sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_deploycheck.analysis import audit
from pytest_deploycheck.asks import SqlAsk
from pytest_deploycheck.errors import InconclusiveError, SourceError
from pytest_deploycheck.sources.postgres import PostgresSource

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_deploycheck.analysis.audit import AuditFindings, AuditLog
    from pytest_deploycheck.asks import SqlAnswer
    from pytest_deploycheck.settings.schema import Settings


def audit_of(settings: Settings, since: datetime, until: datetime) -> tuple[AuditFindings | None, tuple[str, ...]]:
    """Return what the audit log holds between two times, None without one, and sentences about what went wrong."""
    declared, database = settings.analysis.audit, settings.database
    if declared is None or database is None:
        return None, ("no audit log: declare [analysis.audit] and [database]",)
    log = audit.AuditLog(
        table=declared.table,
        at=declared.at,
        where=declared.where,
        failed=declared.failed,
        failure=declared.failure,
        user_type=declared.user_type,
        duration=declared.duration,
        slow=declared.slow,
        timezone=settings.analysis.timezone,
    )
    dsn = (database.read_replica_dsn or database.dsn).get_secret_value()
    source = PostgresSource(connect_timeout=database.connect_timeout)
    try:
        return _asked(source, dsn, settings, log, (since, until)), ()
    except (SourceError, InconclusiveError) as error:
        return None, (f"the audit log {declared.table} could not be counted: {error}",)
    finally:
        source.close()


def _asked(
    source: PostgresSource, dsn: str, settings: Settings, log: AuditLog, between: tuple[datetime, datetime]
) -> AuditFindings:
    since, until = between

    def ask(sql: str, name: str) -> SqlAnswer:
        return source.observe(
            SqlAsk(dsn=dsn, sql=sql, name=name, statement_timeout=settings.analysis.timeout, max_rows=audit.MOST_ROWS)
        )

    answers = [ask(audit.usage_sql(log, since, until), "usage")]
    found = audit.AuditFindings(table=log.table, since=since, until=until, where=log.where)
    found = replace(found, buckets=audit.buckets_of(answers[0].rows))
    if log.duration:
        answers.append(ask(audit.times_sql(log, since, until), "durations"))
        found = replace(found, times=audit.times_of(answers[-1].rows))
    if log.failed:
        answers.append(ask(audit.failures_sql(log, since, until, settings.analysis.most_types), "failures"))
        found = replace(found, failures=audit.failures_of(answers[-1].rows))
    if not found.buckets:
        answers.append(ask(audit.ever_sql(log), "rows"))
        rows, newest = answers[-1].rows[0]
        found = replace(found, rows_ever=rows, newest=None if newest is None else audit.moment(newest))
    seconds, truncated = sum(each.seconds for each in answers), any(each.truncated for each in answers)
    return replace(found, seconds=seconds, truncated=truncated)
