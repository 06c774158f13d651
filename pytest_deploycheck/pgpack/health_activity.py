"""Health of what goes on: connections, sessions, replication, prepared transactions; beside ``health_structure``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.pgpack.checking import Asker, Check, Limits, level, listed
from pytest_deploycheck.pgpack.findings import Finding, bad
from pytest_deploycheck.sources import postgres_queries as queries
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_USUAL: Final = (Severity.MEDIUM, Severity.CRITICAL)
_LAGGING: Final = (Severity.MEDIUM, Severity.HIGH)

_STANDBYS: Final = """
SELECT coalesce(nullif(application_name, ''), client_addr::text, pid::text) AS object, state IS NULL AS hidden,
  coalesce(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
    replay_lsn), 0)::float8 AS bytes, coalesce(extract(epoch FROM replay_lag), 0)::float8 AS seconds
FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup'
UNION ALL SELECT 'this standby', false,
  coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0)::float8,
  CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
    ELSE coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0) END::float8
WHERE pg_is_in_recovery()"""

_SLOTS: Final = """
SELECT slot_name::text AS object, active, temporary, coalesce((to_jsonb(s) ->> 'synced')::bool, false) AS synced,
  coalesce(to_jsonb(s) ->> 'wal_status', 'reserved') AS wal_status, to_jsonb(s) ->> 'invalidation_reason' AS reason,
  to_jsonb(s) ->> 'conflicting' = 'true' AS conflicting
FROM pg_replication_slots s"""
_LOST: Final = "wal_status = 'lost' OR reason IS NOT NULL OR coalesce(conflicting, false)"

_PREPARED: Final = """
SELECT gid AS object, extract(epoch FROM clock_timestamp() - prepared)::float8 AS seconds, owner::text, database::text
FROM pg_prepared_xacts"""


def _connections(check: Check, ask: Asker, limits: Limits) -> Iterable[Finding]:
    used, capacity = ask(check.name, queries.connections()[0]).rows[0]
    percent = 100 * used / max(capacity, 1)
    scope, value = f"{used} of {capacity} connections", round(percent, 1)
    severity = level(percent, limits.connections_percent, _USUAL)
    message = f"{percent:.0f} % of the connections are in use"
    if severity is None:
        return [check.fine(message, scope=scope, value=value)]
    remedy = "Find what holds them (pg_stat_activity), or put a pooler before the server"
    return [bad(check.name, check.about, severity, message, scope=scope, value=value, hint=remedy)]


def _oldest(
    check: Check,
    ask: Asker,
    limits: Limits,
    *,
    question: Callable[[], queries.Query],
    of: Callable[[Limits], tuple[float, float]],
    what: str,
) -> Iterable[Finding]:
    answer = ask(check.name, question()[0])
    seconds = queries.session_seconds(answer)
    concerned = answer.rows[0][1]
    severity = level(seconds, of(limits), _USUAL)
    scope = "all sessions but our own"
    if severity is None:
        return [check.fine(f"{what}: {seconds:.0f} s at most", scope=scope, value=round(seconds, 1))]
    message = f"{what}: {seconds:.0f} s, {concerned} in all"
    remedy = "Find it in pg_stat_activity; pg_terminate_backend(pid) ends it"
    return [bad(check.name, check.about, severity, message, scope=scope, value=round(seconds, 1), hint=remedy)]


def _lag(check: Check, ask: Asker, limits: Limits) -> Iterable[Finding]:
    found = listed(ask, check.name, _STANDBYS, f"hidden OR seconds > {limits.replication_lag[0]}", "seconds DESC")
    if any(row["hidden"] for row in found.rows):
        return [
            check.unknown(
                "unverified: this role may not see the state of replication",
                hint=f"Run: GRANT pg_monitor TO {found.role}",
            )
        ]

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, float, str]:
        severity = level(row["seconds"], limits.replication_lag, _LAGGING)
        message = f"replays {row['seconds']:.0f} s and {row['bytes']:.0f} bytes behind"
        return severity, message, round(row["seconds"], 1), "Look for a long query or a slow disk on the standby"

    return check.told(found, describe, "no standby lags" if found.total else "there is no standby")


def _slots(check: Check, ask: Asker, _limits: Limits) -> Iterable[Finding]:
    where = f"{_LOST} OR wal_status = 'unreserved' OR NOT (active OR temporary OR synced)"
    found = listed(ask, check.name, _SLOTS, where)

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, str, str]:
        remedy = f"Start its consumer again, or run: SELECT pg_drop_replication_slot('{row['object']}')"
        if row["wal_status"] == "lost" or row["reason"] or row["conflicting"]:
            why = row["reason"] or row["wal_status"]
            return Severity.CRITICAL, f"is lost ({why}): its consumer has to be built anew", "lost", remedy
        if row["wal_status"] == "unreserved":
            return Severity.HIGH, "is about to lose the WAL it needs", "unreserved", remedy
        return Severity.MEDIUM, "is inactive: the server keeps WAL for it until the disk is full", "inactive", remedy

    return check.told(found, describe, "every slot is in use" if found.total else "there is no replication slot")


def _prepared(check: Check, ask: Asker, limits: Limits) -> Iterable[Finding]:
    found = listed(ask, check.name, _PREPARED, f"seconds > {limits.prepared}", "seconds DESC")

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, float, str]:
        message = f"prepared {row['seconds']:.0f} s ago by {row['owner']} in {row['database']}: it holds its locks"
        return Severity.CRITICAL, message, round(row["seconds"], 1), "Run: COMMIT PREPARED or ROLLBACK PREPARED"

    return check.told(found, describe, "no prepared transaction waits")


CHECKS: Final = (
    Check(name="connections", about="connections", stake=Severity.CRITICAL, look=_connections),
    Check(
        name="long-transactions",
        about="transactions",
        stake=Severity.CRITICAL,
        look=partial(
            _oldest,
            question=queries.oldest_transaction,
            of=lambda limits: limits.transaction,
            what="oldest transaction",
        ),
    ),
    Check(
        name="idle-in-transaction",
        about="sessions",
        stake=Severity.CRITICAL,
        look=partial(
            _oldest,
            question=queries.oldest_idle_in_transaction,
            of=lambda limits: limits.idle_in_transaction,
            what="longest idle in transaction",
        ),
    ),
    Check(
        name="blocked",
        about="sessions",
        stake=Severity.CRITICAL,
        look=partial(_oldest, question=queries.longest_blocked, of=lambda limits: limits.blocked, what="longest wait"),
    ),
    Check(name="replication-lag", about="standbys", stake=Severity.HIGH, look=_lag),
    Check(name="replication-slots", about="slots", stake=Severity.CRITICAL, look=_slots),
    Check(name="prepared-transactions", about="prepared transactions", stake=Severity.CRITICAL, look=_prepared),
)
