"""Health of what wears out or wears down: sequences, transaction ids, idle indexes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.pgpack.checking import FOREIGN, Asker, Check, Limits, level, listed
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_deploycheck.pgpack.findings import Finding

_FAILING: Final = (Severity.HIGH, Severity.CRITICAL)
_USUAL: Final = (Severity.MEDIUM, Severity.CRITICAL)

# the smaller of what the sequence and what the narrowest column fed by it can hold
_SEQUENCES: Final = f"""
SELECT n.nspname || '.' || c.relname AS object, bound.hidden, target.column_name,
  CASE WHEN state.cycles OR state.last IS NULL THEN 0
    WHEN bound.step > 0 THEN 100 * (state.last - bound.low) / greatest(least(bound.high, bound.room) - bound.low, 1)
    ELSE 100 * (bound.high - state.last) / greatest(bound.high - greatest(bound.low, -bound.room - 1), 1)
  END::float8 AS percent,
  CASE WHEN bound.room < bound.high THEN 'the column' ELSE 'the sequence' END AS narrow
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
  SELECT min(CASE a.atttypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 WHEN 20 THEN 9223372036854775807 END::numeric)
      AS room, min(a.attrelid::regclass::text || '.' || a.attname) AS column_name
  FROM (SELECT refobjid, refobjsubid FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = s.seqrelid
      AND refclassid = 'pg_class'::regclass AND refobjsubid > 0 AND deptype IN ('a', 'i')
    UNION SELECT ad.adrelid, ad.adnum FROM pg_depend d JOIN pg_attrdef ad ON ad.oid = d.objid
      WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = s.seqrelid
    ) AS fed
  JOIN pg_attribute a ON a.attrelid = fed.refobjid AND a.attnum = fed.refobjsubid) AS target ON true
CROSS JOIN LATERAL (SELECT coalesce(target.room, 9223372036854775807) AS room, s.seqmax::numeric AS high,
  s.seqmin::numeric AS low, s.seqincrement AS step,
  NOT (has_sequence_privilege(s.seqrelid, 'SELECT') OR has_sequence_privilege(s.seqrelid, 'USAGE')) AS hidden) AS bound
CROSS JOIN LATERAL (SELECT s.seqcycle AND bound.high <= bound.room AS cycles,
  (SELECT v.last_value FROM pg_sequences v WHERE v.schemaname = n.nspname AND v.sequencename = c.relname)::numeric
    AS last) AS state
WHERE s.seqrelid::int8 %% {{parts}} = {{part}} AND {FOREIGN}"""  # noqa: S608  # texts of this module only
# reading a sequence locks it until the transaction ends, and the server's table of locks is small
_SEQUENCES_AT_ONCE: Final = 200

_AGES: Final = """
SELECT 'database ' || datname AS object, age(datfrozenxid) AS xids, mxid_age(datminmxid) AS multixacts FROM pg_database
UNION ALL SELECT 'table ' || c.oid::regclass::text, age(c.relfrozenxid), mxid_age(c.relminmxid)
FROM pg_class c WHERE c.relkind IN ('r', 'm', 't') AND c.relfrozenxid <> '0'"""

# counters that were never reset are at least as old as the server has been up
_STATISTICS_AGE: Final = """
SELECT extract(epoch FROM now() - coalesce(stats_reset, pg_postmaster_start_time()))::float8 / 86400 AS days
FROM pg_stat_database WHERE datname = current_database()"""

_UNUSED: Final = f"""
SELECT n.nspname || '.' || ic.relname AS object, s.idx_scan AS scans, ic.relpages * 8192.0 AS bytes,
  i.indisunique OR i.indisprimary OR i.indisexclusion OR i.indisreplident OR NOT i.indisvalid
    OR EXISTS (SELECT FROM pg_constraint con WHERE con.conindid = i.indexrelid)
    OR EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid) AS needed
FROM pg_stat_user_indexes s JOIN pg_index i ON i.indexrelid = s.indexrelid JOIN pg_class ic ON ic.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = ic.relnamespace WHERE {FOREIGN}"""  # noqa: S608


def _sequences(check: Check, ask: Asker, limits: Limits) -> Iterable[Finding]:
    count = ask(check.name, "SELECT count(*) AS value FROM pg_sequence").rows[0][0]
    parts = 1 + count // _SEQUENCES_AT_ONCE
    where = f"hidden OR percent > {limits.sequence_percent[0]}"
    each = [
        listed(ask, check.name, _SEQUENCES.format(parts=parts, part=part), where, "percent DESC")
        for part in range(parts)
    ]
    found = replace(
        each[0],
        total=sum(one.total for one in each),
        matching=sum(one.matching for one in each),
        rows=tuple(row for one in each for row in one.rows),
    )
    hidden = [row for row in found.rows if row["hidden"]]
    if hidden:
        yield check.unknown(
            f"unverified: this role may not read {len(hidden)} sequences, among them {hidden[0]['object']}",
            hint=f"Run: GRANT pg_read_all_data TO {found.role}",
        )

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, float, str]:
        target = f" for {row['column_name']}" if row["column_name"] else ""
        message = f"{row['percent']:.1f} % of what {row['narrow']} can hold{target} is used up"
        severity = level(row["percent"], limits.sequence_percent, _USUAL)
        return severity, message, round(row["percent"], 2), "Widen the column to bigint before it is full"

    seen = [row for row in found.rows if not row["hidden"]]
    if seen or not hidden:
        rest = replace(found, matching=found.matching - len(hidden), rows=tuple(seen))
        yield from check.told(rest, describe, "every sequence has room")


def _wraparound(check: Check, ask: Asker, limits: Limits) -> Iterable[Finding]:
    where = f"greatest(xids, multixacts) > {limits.transaction_age[0]}"
    found = listed(ask, check.name, _AGES, where, "greatest(xids, multixacts) DESC")

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, int, str]:
        oldest = max(row["xids"], row["multixacts"])
        severity = level(oldest, limits.transaction_age, _FAILING)
        message = f"its oldest transaction id is {oldest} transactions old; the server stops at about 2.1e9"
        return severity, message, oldest, "Find what holds vacuum back (old transactions, slots), then VACUUM FREEZE"

    return check.told(found, describe, "transaction ids are far from wraparound")


def _unused(check: Check, ask: Asker, limits: Limits) -> Iterable[Finding]:
    days = ask(check.name, _STATISTICS_AGE).rows[0][0]
    if days < limits.statistics_days:
        message = f"the statistics are {days:.1f} d old; unused means nothing before {limits.statistics_days:g} d"
        return [check.unknown(message)]
    where = f"scans = 0 AND NOT needed AND bytes >= {limits.large_index_bytes}"
    found = listed(ask, check.name, _UNUSED, where, "bytes DESC")

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, float, str]:
        return (
            None,
            f"was not used for {days:.0f} d",
            float(row["bytes"]),
            "Look at the standbys, too, before dropping it",
        )

    return check.told(found, describe, "every large index is used")


CHECKS: Final = (
    Check(name="sequences", about="sequences", stake=Severity.CRITICAL, look=_sequences),
    Check(name="wraparound", about="databases and tables", stake=Severity.CRITICAL, look=_wraparound),
    Check(name="unused-index", about="indexes", stake=None, look=_unused),
)
