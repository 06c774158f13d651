"""The questions that the shipped checks ask of a database, as ``(sql, params)``; pure text, run by the source.

Identifiers are written as in SQL: ``table.column``, ``schema.table.column``; without quotes they are folded to lower
case, so ``dispatches."userId"`` needs its quotes. Our own sessions (``deploycheck/…``) are left out of every count.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import BadAnswerError, MissingAccessError

if TYPE_CHECKING:
    from pytest_deploycheck.asks import SqlAnswer

Query = tuple[str, tuple[tuple[str, Any], ...]]

#: Settings for every count that must see all rows: a role that cannot gets an error instead of a wrong number.
ALL_ROWS: Final = (("row_security", "off"),)

_IDENTIFIER: Final = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")+)"|(?P<plain>[^\W\d][\w$]*))\s*')
_LONGEST_IDENTIFIER: Final = 63
_COLUMN_PARTS: Final = range(2, 4)
_TABLE_PARTS: Final = range(1, 3)

# To a role without pg_monitor the sessions of others show neither type nor state: those are counted as hidden
_SESSIONS: Final = """
WITH session AS (
  SELECT *, query = '<insufficient privilege>' AS is_hidden FROM pg_stat_activity
  WHERE usesysid IS NOT NULL AND pid <> pg_backend_pid() AND application_name NOT LIKE 'deploycheck/%'
    AND coalesce(backend_type, 'client backend') = 'client backend')
"""


def ping() -> Query:
    """Return the smallest question there is."""
    return "SELECT 1 AS value", ()


def connections() -> Query:
    """Return columns ``value`` (client connections in use) and ``capacity`` (how many ordinary roles may open)."""
    return (
        _SESSIONS
        + """SELECT count(*) AS value,
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
  - coalesce(current_setting('reserved_connections', true), '0')::int AS capacity
FROM session""",
        (),
    )


def database_size() -> Query:
    """Return columns ``value`` (bytes) and ``largest`` (the ten largest tables, by the pages that statistics know)."""
    return (
        """SELECT pg_database_size(current_database()) AS value,
  (SELECT string_agg(name || ' ' || pg_size_pretty(bytes), ', ' ORDER BY bytes DESC) FROM (
    SELECT n.nspname || '.' || c.relname AS name, c.relpages * 8192::int8 AS bytes FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm') AND c.relpages > 0
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY c.relpages DESC LIMIT 10) AS t) AS largest""",
        (),
    )


def standby() -> Query:
    """Return columns ``standby`` (whether the server replays another's changes) and ``value`` (seconds behind)."""
    # a standby that has replayed all it received is not behind, however quiet the primary is
    return (
        """SELECT pg_is_in_recovery() AS standby,
  CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
    ELSE coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0) END::float8 AS value""",
        (),
    )


def oldest_transaction() -> Query:
    """Return the age in seconds of the oldest open transaction; read it with :func:`session_seconds`."""
    return _oldest("xact_start", "xact_start IS NOT NULL")


def oldest_idle_in_transaction() -> Query:
    """Return for how many seconds a session has been idle in its transaction; read it with :func:`session_seconds`."""
    return _oldest("state_change", "state LIKE 'idle in transaction%'")


def longest_blocked() -> Query:
    """Return for how many seconds a session has waited for another's lock; read it with :func:`session_seconds`."""
    # waitstart exists since version 14, which is why it is looked up in the row as JSON
    waiting = "(to_jsonb(l) ->> 'waitstart')::timestamptz"
    since = (
        f"coalesce((SELECT min({waiting}) FROM pg_locks l WHERE l.pid = session.pid AND NOT l.granted), state_change)"  # noqa: S608
    )
    return _oldest(since, "wait_event_type = 'Lock' AND cardinality(pg_blocking_pids(pid)) > 0")


def _oldest(since: str, condition: str) -> Query:
    """Return the question for the greatest age, with the number of sessions concerned and of hidden ones."""
    first = f"min({since}) FILTER (WHERE {condition})"
    text = f"""{_SESSIONS}
SELECT coalesce(greatest(0, extract(epoch FROM clock_timestamp() - {first})), 0)::float8 AS value,
  count(*) FILTER (WHERE {condition}) AS sessions, count(*) FILTER (WHERE is_hidden) AS hidden,
  current_user::text AS role
FROM session"""  # noqa: S608  # texts of this module only
    return text, ()


def session_seconds(answer: SqlAnswer) -> float:
    """Return the age from an answer to one of the questions about sessions.

    Raises:
        MissingAccessError: sessions of others are hidden from this role, so none can be called young.
        BadAnswerError: it is the answer to another question.
    """
    if answer.columns != ("value", "sessions", "hidden", "role") or len(answer.rows) != 1:
        raise BadAnswerError(f"postgres {answer.target} answered {answer.columns} to a question about sessions")
    value, _sessions, hidden, role = answer.rows[0]
    if hidden:
        raise MissingAccessError(
            f"{role} cannot see {hidden} sessions of other roles", f"Run: GRANT pg_monitor TO {role}"
        )
    return float(value)


def orphans(child: str, parent: str) -> Query:
    """Return the count (``value``) of child rows whose parent does not exist; a NULL refers to nothing, so is none.

    ``child`` is ``table.column``; ``parent`` is ``table`` (its column ``id``) or ``table.column``. Ask with ALL_ROWS.

    Raises:
        ValueError: one of them is no such name.
    """
    return f"SELECT count(*) AS value FROM {_orphaned(child, parent)}", ()  # noqa: S608  # quoted identifiers


def orphan_examples(child: str, parent: str, *, limit: int = 5) -> Query:
    """Return up to ``limit`` of the missing parents' keys, as text, in a column ``key``.

    Raises:
        ValueError: one of them is no such name.
    """
    column = quoted(column_of(child)[-1:])
    return f"SELECT DISTINCT c.{column}::text AS key FROM {_orphaned(child, parent)} ORDER BY 1 LIMIT {int(limit)}", ()  # noqa: S608


def _orphaned(child: str, parent: str) -> str:
    """Return the FROM and WHERE that leave the orphans."""
    of_child = column_of(child)
    of_parent = column_of(parent) if len(_parts(parent)) > 1 else (*table_of(parent), "id")
    key = f"c.{quoted(of_child[-1:])}"
    return (
        f"{quoted(of_child[:-1])} AS c WHERE {key} IS NOT NULL AND NOT EXISTS "
        f"(SELECT FROM {quoted(of_parent[:-1])} AS p WHERE p.{quoted(of_parent[-1:])} = {key})"
    )


def column_of(text: str) -> tuple[str, ...]:
    """Return ``(table, column)`` or ``(schema, table, column)``.

    Raises:
        ValueError: the text is neither.
    """
    return _expect(text, _COLUMN_PARTS, "table.column or schema.table.column")


def table_of(text: str) -> tuple[str, ...]:
    """Return ``(table,)`` or ``(schema, table)``.

    Raises:
        ValueError: the text is neither.
    """
    return _expect(text, _TABLE_PARTS, "table or schema.table")


def column_name(text: str) -> str:
    """Return the name of a column as the catalogue has it.

    Raises:
        ValueError: the text is none.
    """
    return _single(text)[0]


def _single(text: str) -> tuple[str, ...]:
    return _expect(text, range(1, 2), "the name of a column")


def _expect(text: str, sizes: range, wanted: str) -> tuple[str, ...]:
    parts = _parts(text)
    if len(parts) not in sizes:
        raise ValueError(f"{text!r} is not {wanted}; names with other characters need double quotes")
    return parts


def _parts(text: str) -> tuple[str, ...]:
    """Split a dotted name; nothing when it is none."""
    parts: list[str] = []
    at = 0
    while match := _IDENTIFIER.match(text, at):
        quoted = match["quoted"]
        part = quoted.replace('""', '"') if quoted is not None else match["plain"].lower()
        if "\0" in part or len(part.encode("utf-8", "replace")) > _LONGEST_IDENTIFIER:
            return ()
        parts.append(part)
        at = match.end()
        if at == len(text):
            return tuple(parts)
        if text[at] != ".":
            return ()
        at += 1
    return ()


def quoted(parts: tuple[str, ...]) -> str:
    """Return the dotted name with every part quoted; percent signs are doubled, as a parameterised text wants them."""
    return ".".join('"' + part.replace('"', '""').replace("%", "%%") + '"' for part in parts)
