"""What went wrong at a database, in the words of the error tree; beside the session, which calls it for every failure.

No message quotes a connection string: what libpq says is masked first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from pytest_deploycheck.errors import (
    AnswerTimeoutError,
    BadAnswerError,
    DeploycheckError,
    LoginRefusedError,
    MissingAccessError,
    NoAnswerError,
    QueryError,
    ReplayConflictError,
    SourceError,
)
from pytest_deploycheck.redact import Redactor, printable, secrets_in
from pytest_deploycheck.sources.postgres_statement import unmarked

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.asks import SqlAsk

SERIALIZATION_FAILURE: Final = "40001"
_LONGEST: Final = 300
_LOST: Final = ("08", "57P")
_UNVERIFIED: Final = frozenset({"57014", "25P03", "25P04", "55P03", SERIALIZATION_FAILURE})
_EXTENSIONS: Final = ("pg_stat_statements", "pgstattuple", "pg_buffercache", "amcheck", "pg_visibility")

# libpq reports why no connection came about in words only
_REFUSALS: Final = (
    (r"connection refused", "refused the connection", "Is the server running, and is the port right?"),
    (
        r"failed to resolve|translate host name|name or service not known|nodename nor servname|no address associated",
        "has a host name that cannot be resolved",
        "Check the host in the dsn",
    ),
    (
        r"password authentication failed|no password supplied|authentication failed|role \".*\" does not exist",
        "rejected our login",
        "Check user and password in the dsn",
    ),
    (r"no pg_hba\.conf entry", "does not let this host in", "Add a line for the monitoring role to pg_hba.conf"),
    (r"database \".*\" does not exist", "has no such database", "Check the database name in the dsn"),
    (
        r"too many (?:clients|connections)|remaining connection slots",
        "has no free connection left",
        "Raise max_connections or find what holds them",
    ),
    (r"starting up|shutting down|not yet accepting|recovery mode", "is starting or stopping", "Try again shortly"),
    (r"no such file or directory|is the server running locally", "is not there", "Check host and port in the dsn"),
    (r"ssl|certificate", "could not agree on TLS", "Check sslmode and the certificates in the dsn"),
    (r"timeout|timed out", "did not answer the connection attempt in time", "Check the network and the load"),
)
_ABOUT_US: Final = frozenset({"rejected our login", "does not let this host in", "has no such database"})


def address_of(dsn: str) -> str:
    """Return ``host:port/dbname`` of a connection string, without user and password.

    Raises:
        QueryError: it is no connection string; it is not quoted.
    """
    if not dsn.strip():
        raise QueryError("the dsn of the database is empty", "Set [database] dsn, or the variable it is taken from")
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.Error:
        raise QueryError(
            "the dsn of the database cannot be read", "Write postgresql://user:password@host:port/dbname"
        ) from None
    host = parts.get("host") or parts.get("hostaddr") or "localhost"
    return printable(f"{host}:{parts.get('port') or 5432}/{parts.get('dbname') or parts.get('user') or ''}")


def connecting(error: psycopg.Error, dsn: str, seconds: float) -> SourceError:
    """Return why no connection came about: no answer, or one that refuses us, which says nothing of its health."""
    target = address_of(dsn)
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return AnswerTimeoutError(
            f"postgres {target} did not answer the connection attempt within {seconds:g} s",
            "Check the network, and whether the server is overloaded",
        )
    message = _said(error, dsn)
    for pattern, what, hint in _REFUSALS:
        if re.search(pattern, message, re.IGNORECASE):
            kind = LoginRefusedError if what in _ABOUT_US else NoAnswerError
            return kind(f"postgres {target} {what} ({message})", hint)
    return NoAnswerError(f"postgres {target} cannot be reached ({message})", "Check the dsn and the server's log")


def is_lost(error: psycopg.Error) -> bool:
    """Return whether the connection is gone, rather than the question refused."""
    state = error.sqlstate
    return state.startswith(_LOST) if state else isinstance(error, psycopg.OperationalError)


def asking(error: psycopg.Error, ask: SqlAsk, target: str, user: str) -> DeploycheckError:
    """Return why the question was not answered."""
    said = _said(error, ask.dsn)
    if is_lost(error):
        return NoAnswerError(f"postgres {target} closed the connection ({said})", "Look into the server's log")
    if isinstance(error, psycopg.DataError) and not error.sqlstate:
        return BadAnswerError(f"postgres {target} answered a value that cannot be read ({said})", "Cast it to text")
    explain = _EXPLANATIONS.get(error.sqlstate or "")
    if explain:
        return _with_state(explain(said, ask, user), error.sqlstate)
    position = error.diag.statement_position
    where = f" at character {unmarked(ask.sql, int(position))}" if position else ""
    return QueryError(f"postgres {target} refused the query{where}: {said}", sqlstate=error.sqlstate)


def _with_state(found: DeploycheckError, sqlstate: str | None) -> DeploycheckError:
    """Return the error, with the code where it was the statement that was refused, not its time or place."""
    if isinstance(found, QueryError) and sqlstate not in _UNVERIFIED:
        found.sqlstate = sqlstate
    return found


def too_late(ask: SqlAsk, target: str, seconds: float) -> AnswerTimeoutError:
    """Return that the server stayed silent beyond its own statement_timeout."""
    return AnswerTimeoutError(
        f"postgres {target} stayed silent for {seconds:g} s after {ask.name} was asked",
        "It did not even keep its own statement_timeout: check the host and the network",
    )


def _said(error: psycopg.Error, dsn: str) -> str:
    """Return what the server or libpq said, on one line, without secrets."""
    text = error.diag.message_primary or str(error)
    masked = Redactor((dsn, *secrets_in(dsn))).text(text)
    return printable(" ".join(masked.split()))[:_LONGEST]


def _cancelled(_said: str, ask: SqlAsk, _user: str) -> DeploycheckError:
    return QueryError(
        f"unverified: {ask.name} did not finish within statement_timeout ({ask.statement_timeout:g} s)",
        "Raise the timeout, add an index, or ask a read replica",
    )


def _locked(_said: str, ask: SqlAsk, _user: str) -> DeploycheckError:
    return QueryError(
        f"unverified: {ask.name} met a locked table and did not wait longer than {ask.lock_timeout * 1000:g} ms",
        "A migration or VACUUM FULL holds it; try again when it is done",
    )


def _recovering(_said: str, ask: SqlAsk, _user: str) -> DeploycheckError:
    return ReplayConflictError(
        f"unverified: the standby cancelled {ask.name} in favour of its replay, more than once",
        "Raise max_standby_streaming_delay or ask the primary",
    )


def _writing(said: str, _ask: SqlAsk, _user: str) -> DeploycheckError:
    return QueryError(f"a check may only read, and this one tries more ({said})")


def _denied(said: str, ask: SqlAsk, user: str) -> DeploycheckError:
    who = ask.role or user
    return MissingAccessError(f"{who} may not: {said}", f"Run: {_grant(said, who, user, ask.role)}")


def _grant(said: str, who: str, user: str, role: str | None) -> str:
    """Return the statement that gives the missing privilege."""
    if "row-level security" in said:
        return f"ALTER ROLE {_name(who)} BYPASSRLS"
    if role and "set role" in said:
        # membership without inheriting: the monitor may become the role, and never writes with its rights by itself
        return (
            f"GRANT {_name(role)} TO {_name(user)} WITH INHERIT FALSE, SET TRUE"
            f" (before PostgreSQL 16: GRANT {_name(role)} TO {_name(user)} and ALTER ROLE {_name(user)} NOINHERIT)"
        )
    denied = re.search(r"for (?P<kind>[\w -]*?)\s*(?P<name>[^\s\"]+|\".*\")$", said)
    kind, name = (denied["kind"], denied["name"]) if denied else ("", "")
    if kind == "schema":
        return f"GRANT USAGE ON SCHEMA {name} TO {_name(who)}"
    if kind == "function":
        return f"GRANT EXECUTE ON FUNCTION {name} TO {_name(who)}"
    if denied and kind in {"table", "relation", "view", "materialized view", "sequence"}:
        return f"GRANT SELECT ON {name} TO {_name(who)}"
    return f"GRANT pg_monitor, pg_read_all_data TO {_name(who)}"


def _unknown(said: str, _ask: SqlAsk, user: str) -> DeploycheckError:
    extension = next((name for name in _EXTENSIONS if name in said), None)
    if extension:
        return MissingAccessError(f"the extension {extension} is missing", f"Run: CREATE EXTENSION {extension}")
    return QueryError(
        f"the database does not know it: {said}", f"Check the spelling, the schema and what {user} may see"
    )


def _not_loaded(said: str, _ask: SqlAsk, _user: str) -> DeploycheckError:
    if "shared_preload_libraries" in said:
        return MissingAccessError(said, "Add it to shared_preload_libraries and restart the server")
    return QueryError(f"the database is not in the state for it: {said}")


def _name(identifier: str) -> str:
    """Return the identifier as SQL, quoted when it must be."""
    if re.fullmatch(r"[a-z_][a-z0-9_$]*", identifier):
        return identifier
    return '"' + identifier.replace('"', '""') + '"'


_EXPLANATIONS: Final[dict[str, Callable[[str, SqlAsk, str], DeploycheckError]]] = {
    "57014": _cancelled,
    "25P03": _cancelled,
    "25P04": _cancelled,
    "55P03": _locked,
    SERIALIZATION_FAILURE: _recovering,
    "25006": _writing,
    "25001": _writing,
    "2D000": _writing,
    "42501": _denied,
    "42P01": _unknown,
    "42703": _unknown,
    "42883": _unknown,
    "3F000": _unknown,
    "42704": _unknown,
    "55000": _not_loaded,
}
