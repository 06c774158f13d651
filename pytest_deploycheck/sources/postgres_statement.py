"""What a check may ask of a database: one reading statement; between the ask and the session, pure text.

The guarantee that nothing is written comes from the read-only transaction and from the protocol, which carries a single
statement. This guard stands before them: it says in plain words what is wrong, and it stops the built-in functions
whose effects outlive a transaction (session locks, signals, other connections). A user's own function can still do what
the role may do: give the role no more than ``pg_monitor`` and ``pg_read_all_data``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Stands in every statement of ours, so that it can be left out where statements are judged.
MARK: Final = "/* deploycheck */"
_MARKING: Final = f" {MARK} "
READING: Final = ("select", "with", "values", "table", "show", "explain")

_TOKEN: Final = re.compile(
    r"""(?P<line>--[^\n]*)
      | (?P<block>/\*)
      | (?P<escaped>\b[eE]'(?:[^'\\]|\\.|'')*+'?)
      | (?P<text>'(?:[^']|'')*+'?)
      | (?P<unicode>\b[uU]&")
      | (?P<name>"(?:[^"]|"")*+"?)
      | (?P<dollar>(?<![\w$])\$(?:[^\W\d]\w*)?\$)""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE: Final = re.compile(r"/\*|\*/")
_LASTING: Final = re.compile(
    r"""(?<![\w.$])(?:pg_catalog\s*\.\s*)?(?P<name>
        (?:\w+\s*\.\s*)?(?:dblink\w*|postgres_fdw_disconnect\w*)
      | pg_(?:try_)?advisory_\w+ | pg_(?:terminate|cancel)_backend | pg_signal_\w+
      | pg_(?:reload_conf|rotate_logfile\w*|switch_wal|promote|export_snapshot|notify|wal_replay_(?:pause|resume))
      | pg_(?:create|drop|copy|logical|replication|sync_replication)_\w+
      | pg_(?:backup_(?:start|stop)|(?:start|stop)_backup)
      | pg_stat_reset\w* | pg_stat_statements_reset | pg_file_\w+ | lo_\w+ | set_config | nextval | setval
      | (?:query|table|cursor|schema|database)_to_xml\w* | ts_stat | ts_rewrite | crosstab\w* | connectby
      | brin_(?:summarize|desummarize)_\w+ | gin_clean_pending_list | bt_index_parent_check | heap_force_\w+
      | pg_(?:truncate_visibility_map|buffercache_evict\w*|prewarm|log_\w+|nextoid|import_system_collations)
      | pg_(?:set|clear|restore)_(?:relation|attribute)_stats | txid_current | pg_current_xact_id | autoprewarm_\w+
    )\s*\(""",
    re.VERBOSE | re.IGNORECASE,
)
_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)[sbt]|%%|%")


def guarded(sql: str, params: Mapping[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """Return the statement as the driver wants it, with only the parameters that it uses.

    ``%(name)s`` and ``:name`` are parameters; every other percent sign is itself, doubled or not.

    Raises:
        QueryError: it is not a single reading statement, or it names an unknown parameter.
    """
    skeleton = _skeleton(sql).strip()
    body = skeleton.rstrip("; \t\r\n\f")
    if not body:
        raise QueryError("the SQL statement is empty")
    if "\0" in sql:
        raise QueryError("the SQL statement holds a NUL character")
    if ";" in body:
        raise QueryError("the SQL holds more than one statement", "A check asks one SELECT; nothing may follow it")
    first = re.match(r"[\s(]*(\w*)", body)
    keyword = first[1].lower() if first else ""
    if keyword not in READING:
        raise QueryError(
            f"a check may only read, and this statement begins with {keyword.upper() or body[:10]!r}",
            f"Write a query that begins with one of {', '.join(READING).upper()}",
        )
    if lasting := _LASTING.search(body):
        raise QueryError(
            f"a check may not call {lasting['name']}(): its effect outlives the read-only transaction",
            "Ask for what can be read without it",
        )
    return _with_parameters(_spelled_out(sql, params), params)


def marked(sql: str) -> str:
    """Return the statement with our mark behind its first word: PostgreSQL 18 forgets comments before it."""
    at = 0
    while True:
        at += len(sql[at:]) - len(sql[at:].lstrip(" \t\r\n\f\v("))
        match = _TOKEN.match(sql, at)
        if match is None or match.lastgroup not in {"line", "block"}:
            break
        at, _ = _SKIPPERS[match.lastgroup](sql, match)
    word = re.compile(r"\w+").match(sql, at)
    at = word.end() if word else at
    return f"{sql[:at]}{_MARKING}{sql[at:]}"


def unmarked(sql: str, position: int) -> int:
    """Return where a character of the marked statement stands in the statement as it was written."""
    if not sql or position <= marked(sql).index(_MARKING) + len(_MARKING):
        return position
    return position - len(_MARKING)


def _spelled_out(sql: str, params: Mapping[str, Any]) -> str:
    """Return the statement with every ``:name`` of a parameter written as ``%(name)s``.

    Strings, comments, quoted names and casts (``::date``) stay as they are, and so do names that are no parameter.
    """
    if not params or ":" not in sql:
        return sql
    pattern = re.compile(rf"(?<![:\w\]]):({'|'.join(map(re.escape, params))})\b")
    kept: list[str] = []
    at = 0
    while match := _TOKEN.search(sql, at):
        kept.append(pattern.sub(r"%(\1)s", sql[at : match.start()]))
        end, _ = _SKIPPERS[match.lastgroup or ""](sql, match)
        kept.append(sql[match.start() : end])
        at = end
    return "".join([*kept, pattern.sub(r"%(\1)s", sql[at:])])


def _with_parameters(sql: str, params: Mapping[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """Return the text with percent signs as the driver expects them, and the parameters it uses (None when none)."""
    used = dict.fromkeys(match[1] for match in _PLACEHOLDER.finditer(sql) if match[1])
    unknown = [name for name in used if name not in params]
    if unknown:
        known = ", ".join(f"%({name})s" for name in params) or "none"
        raise QueryError(f"the SQL names the unknown parameter %({unknown[0]})s", f"Known here: {known}")
    percent = "%%" if used else "%"
    text = _PLACEHOLDER.sub(lambda match: match[0] if match[1] else percent, sql)
    return text, {name: params[name] for name in used} or None


def _skeleton(sql: str) -> str:
    """Return the statement without comments and the contents of strings; quoted names lose their quotes."""
    kept: list[str] = []
    at = 0
    while match := _TOKEN.search(sql, at):
        kept.append(sql[at : match.start()])
        kind = match.lastgroup or ""
        at, replacement = _SKIPPERS[kind](sql, match)
        kept.append(replacement)
    kept.append(sql[at:])
    return "".join(kept)


def _skip_block(sql: str, match: re.Match[str]) -> tuple[int, str]:
    """Step over a block comment; they nest."""
    depth, at = 1, match.end()
    while depth and (edge := _COMMENT_EDGE.search(sql, at)):
        depth += 1 if edge.group() == "/*" else -1
        at = edge.end()
    return (at if not depth else len(sql)), " "


def _skip_dollar(sql: str, match: re.Match[str]) -> tuple[int, str]:
    """Step over a dollar-quoted string."""
    end = sql.find(match.group(), match.end())
    return (len(sql) if end < 0 else end + len(match.group())), "''"


def _refuse_unicode(_sql: str, _match: re.Match[str]) -> tuple[int, str]:
    """Refuse names written in escapes: they cannot be read here as the server reads them."""
    raise QueryError('names written as U&"…" are not accepted', "Write the name itself, in double quotes if need be")


_SKIPPERS: Final = {
    "line": lambda _sql, match: (match.end(), " "),
    "block": _skip_block,
    "escaped": lambda _sql, match: (match.end(), "''"),
    "text": lambda _sql, match: (match.end(), "''"),
    "unicode": _refuse_unicode,
    "name": lambda _sql, match: (match.end(), re.sub(r"[^\w$]", "_", match.group()[1:-1])),
    "dollar": _skip_dollar,
}
