"""Health that the server counts over time, judged by what came since the deployment: slow queries, damage, scans.

Without a deployment, and where nobody kept the counters before it, they are judged since their reset, and that is said.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import MissingAccessError
from pytest_deploycheck.pgpack.checking import MOST_LISTED, Asker, Check, Limits, Listing, level
from pytest_deploycheck.pgpack.counters import count
from pytest_deploycheck.pgpack.names import dotted
from pytest_deploycheck.redact import Redactor
from pytest_deploycheck.sources.postgres_statement import MARK
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_deploycheck.pgpack.counters import Counters, Since
    from pytest_deploycheck.pgpack.findings import Finding

_LONGEST_QUERY: Final = 200
_MOST_SCANS: Final = 1000
_NEVER: Final = "NULL::timestamptz"

# a reset begins a new entry, so that what came after it is never taken for a difference
_CHECKSUMS: Final = """
SELECT coalesce(datname::text, 'shared objects') || coalesce(' since ' || stats_reset, '') AS key,
  json_build_array(coalesce(checksum_failures, 0)) AS counts FROM pg_stat_database"""

_SCANS: Final = """
SELECT relid::text AS key, json_build_array(coalesce(seq_scan, 0), coalesce(idx_scan, 0)) AS counts
FROM pg_stat_user_tables WHERE n_live_tup >= {rows}"""
_SCANS_RESET: Final = "(SELECT stats_reset FROM pg_stat_database WHERE datname = current_database())"

_EXTENSION: Final = """
SELECT n.nspname::text AS schema, json_agg(a.attname) AS columns, current_user::text AS role,
  EXISTS (SELECT FROM pg_class i WHERE i.relnamespace = n.oid AND i.relname = 'pg_stat_statements_info') AS info
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'pg_stat_statements' AND c.relkind = 'v'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE e.extname = 'pg_stat_statements' GROUP BY n.nspname, n.oid"""
_READS_OR_WRITES: Final = r"^\s*(/\*.*?\*/\s*)*(select|insert|update|delete|merge|with|values|table)\M"
_HERE: Final = "dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"


def _checksums(check: Check, ask: Asker, _limits: Limits, counters: Counters) -> Iterable[Finding]:
    if ask(check.name, "SELECT current_setting('data_checksums') AS value").rows[0][0] != "on":
        remark = "data checksums are off: a damaged page stays unseen"
        return [check.unknown(remark, hint="pg_checksums --enable, with the server stopped")]
    now = count(ask, check.name, _CHECKSUMS, _NEVER)
    since = counters.since(check.name, now)
    rows = [
        {"object": key.rpartition(" since ")[0] or key, "all": int(all_), "key": key}
        for key, (all_,) in now.values.items()
    ]
    for row in rows:
        row["new"] = int(since.values.get(str(row["key"]), (0,))[0])

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, int, str]:
        remedy = "Stop writing, find the pages with pg_amcheck, restore them from a backup"
        if row["new"]:
            return Severity.CRITICAL, f"{row['new']} damaged pages were read {since.text}", row["new"], remedy
        return Severity.MEDIUM, f"{row['all']} damaged pages were read, none of them {since.text}", row["all"], remedy

    found = [row for row in rows if row["all"]]
    # damage that nobody read so far is not there: all of them are looked at, whenever they were counted first
    return check.told(_listing(len(rows), found), describe, f"no damaged page was read ({since.text})")


def _scans(check: Check, ask: Asker, limits: Limits, counters: Counters) -> Iterable[Finding]:
    now = count(ask, check.name, _SCANS.format(rows=int(limits.large_rows)), _SCANS_RESET)
    since = counters.since(check.name, now)
    many = {key: v for key, v in since.values.items() if v[0] > _MOST_SCANS and v[0] > v[1]}
    chosen = sorted(many, key=lambda key: -many[key][0])[:MOST_LISTED]
    names = _names(ask, check.name, chosen)
    rows = [
        {"object": names[key], "scans": int(many[key][0]), "by": int(many[key][1])} for key in chosen if key in names
    ]

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, int, str]:
        message = f"was read from end to end {row['scans']} times and {row['by']} times by an index, {since.text}"
        return Severity.LOW, message, row["scans"], "Find the queries without a fitting index (pg_stat_statements)"

    fine = "no large table is read from end to end more often than by an index"
    return check.told(_listing(len(now.values), rows, len(many)), describe, fine, since)


def _names(ask: Asker, name: str, keys: Iterable[str]) -> dict[str, str]:
    wanted = ", ".join(str(int(key)) for key in keys)
    if not wanted:
        return {}
    sql = f"SELECT relid::text, schemaname || '.' || relname FROM pg_stat_user_tables WHERE relid IN ({wanted})"  # noqa: S608  # numbers
    return dict(ask(name, sql).rows)


def _slow(check: Check, ask: Asker, limits: Limits, counters: Counters) -> Iterable[Finding]:
    found = ask(check.name, _EXTENSION).rows
    if not found:
        raise MissingAccessError(
            "the extension pg_stat_statements is missing",
            "Run: CREATE EXTENSION pg_stat_statements (it has to be in shared_preload_libraries)",
        )
    schema, columns, role, info = found[0]
    total = next((name for name in ("total_exec_time", "total_time") if f'"{name}"' in columns), None)
    if total is None:
        raise MissingAccessError("pg_stat_statements has no column with the total time", "Update the extension")
    view = dotted((schema, "pg_stat_statements"))
    hidden = ask(check.name, f"SELECT count(*) FROM {view} WHERE {_HERE} AND query = '<insufficient privilege>'").rows  # noqa: S608
    if hidden[0][0]:
        message = f"unverified: {hidden[0][0]} statements of other roles are hidden from {role}"
        yield check.unknown(message, hint=f"Run: GRANT pg_monitor TO {role}")
    # "entered" begins a new entry where the server (17 and later) says when it came
    entered = "extract(epoch FROM stats_since)" if '"stats_since"' in columns else "0"
    top = " AND toplevel" if '"toplevel"' in columns else ""
    entries = (
        f"SELECT userid || '/' || queryid || '/' || {entered} AS key, "  # noqa: S608
        f"json_build_array(sum(calls), sum({total})) AS counts "
        f"FROM {view} WHERE {_HERE}{top} AND queryid IS NOT NULL AND position('{MARK}' IN query) = 0 "
        f"AND query ~* '{_READS_OR_WRITES}' GROUP BY 1"
    )
    about = dotted((schema, "pg_stat_statements_info"))
    reset = f"(SELECT stats_reset FROM {about})" if info else _NEVER  # noqa: S608
    thrown = f"SELECT dealloc FROM {about}" if info else "NULL"  # noqa: S608
    now = count(ask, check.name, entries, reset, thrown)
    yield from _judged(check, ask, view, limits, counters.since(check.name, now))


def _judged(check: Check, ask: Asker, view: str, limits: Limits, since: Since) -> Iterable[Finding]:
    if since.known and not since.values:
        yield check.unknown(f"no statement ran {since.text}")
        return
    means = {key: ms / calls for key, (calls, ms) in since.values.items() if calls >= limits.fewest_calls}
    slow = sorted((key for key in means if means[key] > limits.slow_ms[0]), key=lambda key: -means[key])
    texts = _texts(ask, check.name, view, slow[:MOST_LISTED])
    rows = [{"object": texts[key], "key": key} for key in slow[:MOST_LISTED] if key in texts]

    def describe(row: dict[str, Any]) -> tuple[Severity | None, str, float, str]:
        key = row["key"]
        calls, before = int(since.values[key][0]), since.before.get(key)
        message = f"takes {means[key]:.0f} ms on average of {calls} calls {since.text}"
        message += f" ({before[1] / before[0]:.0f} ms before)" if before and before[0] else ""
        severity = level(means[key], limits.slow_ms, (Severity.MEDIUM, Severity.HIGH))
        return severity, message, round(means[key], 1), "Look at its plan with EXPLAIN"

    fine = "no statement is slow on average"
    yield from check.told(_listing(len(since.values), rows, len(slow)), describe, fine, since)


def _texts(ask: Asker, name: str, view: str, keys: list[str]) -> dict[str, str]:
    """Return the statements without the values in them, by the key of their counters."""
    pairs = {tuple(map(int, key.split("/")[:2])): key for key in keys}
    if not pairs:
        return {}
    wanted = ", ".join(f"({user}, {query})" for user, query in pairs)
    sql = (
        f"SELECT userid::int8, queryid, min(query) FROM {view} WHERE {_HERE} AND queryid IS NOT NULL "  # noqa: S608  # numbers
        f"AND (userid::int8, queryid) IN ({wanted}) GROUP BY 1, 2"
    )
    redact = Redactor().text
    found = {(user, query): text for user, query, text in ask(name, sql).rows}
    return {
        key: re.sub(r"\s+", " ", redact(str(found[pair])))[:_LONGEST_QUERY]
        for pair, key in pairs.items()
        if pair in found
    }


def _listing(total: int, rows: list[dict[str, Any]], matching: int | None = None) -> Listing:
    return Listing(total=total, matching=len(rows) if matching is None else matching, role="", rows=tuple(rows))


CHECKS: Final = (
    Check(name="checksums", about="databases", stake=None, look_since=_checksums),
    # a server without the extension is common: not knowing is no more than a medium risk
    Check(name="slow-queries", about="statements", stake=Severity.MEDIUM, look_since=_slow),
    Check(name="seq-scans", about="large tables", stake=Severity.LOW, look_since=_scans),
)
