"""What a database's errors become, where no server at hand can be brought to raise them."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from pytest_deploycheck.asks import SqlAsk
from pytest_deploycheck.errors import DeploycheckError, MissingAccessError, NoAnswerError, QueryError
from pytest_deploycheck.sources.postgres_errors import address_of, asking, connecting, is_lost

ASK = SqlAsk(dsn="postgresql://low:Sekret-1@db:5433/app", sql="SELECT 1", name="probe")
ASK_AS = SqlAsk(dsn=ASK.dsn, sql="SELECT 1", role="App")


@pytest.mark.parametrize(
    ("error", "ask", "kind", "words"),
    [
        (
            errors.ObjectNotInPrerequisiteState("pg_stat_statements must be loaded via shared_preload_libraries"),
            ASK,
            MissingAccessError,
            "restart the server",
        ),
        (errors.ObjectNotInPrerequisiteState("sequence is not yet defined"), ASK, QueryError, "not in the state"),
        (
            errors.InsufficientPrivilege("permission denied for table t"),
            ASK_AS,
            MissingAccessError,
            'GRANT SELECT ON t TO "App"',
        ),
        (errors.InsufficientPrivilege("permission denied for function f"), ASK, MissingAccessError, "GRANT EXECUTE ON"),
        (errors.InsufficientPrivilege("something else"), ASK, MissingAccessError, "GRANT pg_monitor"),
        (errors.AdminShutdown("terminating connection"), ASK, NoAnswerError, "closed the connection"),
        (psycopg.OperationalError("server closed, Sekret-1"), ASK, NoAnswerError, r"closed, \*\*\*"),
        (errors.TransactionTimeout("x"), ASK, QueryError, "unverified: probe"),
        (errors.OutOfMemory("out of memory"), ASK, QueryError, "refused the query: out of memory"),
    ],
)
def test_each_error_has_its_kind(error: psycopg.Error, ask: SqlAsk, kind: type[DeploycheckError], words: str) -> None:
    """Missing access is inconclusive, a lost connection no answer, the rest the question's fault."""
    became = asking(error, ask, "db:5433/app", "low")
    assert kind is type(became)
    with pytest.raises(kind, match=words):
        raise became
    assert "Sekret" not in str(became)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("FATAL: sorry, too many clients already", "has no free connection left"),
        ("FATAL: remaining connection slots are reserved", "has no free connection left"),
        ("FATAL: the database system is starting up", "is starting or stopping"),
        ('FATAL: no pg_hba.conf entry for host "x"', "does not let this host in"),
        ("something new about Sekret-1", "cannot be reached"),
    ],
)
def test_each_refusal_is_named(said: str, words: str) -> None:
    """What libpq says in words is sorted by them, and masked."""
    became = connecting(psycopg.OperationalError(said), ASK.dsn, 5)
    assert words in str(became)
    assert "db:5433/app" in str(became)
    assert "Sekret" not in str(became)


@pytest.mark.parametrize(
    ("dsn", "expected"),
    [
        ("postgresql://u:p@h:1/d", "h:1/d"),
        ("postgresql://u:p@/d?host=/run", "/run:5432/d"),
        ("user=u password=p", "localhost:5432/u"),
        ("postgresql://u:p@a:1,b:2/d", "a,b:1,2/d"),
    ],
)
def test_an_address_has_no_login(dsn: str, expected: str) -> None:
    """Host, port and database are what a report may show."""
    assert expected == address_of(dsn)


def test_a_refused_question_is_no_lost_connection() -> None:
    """Only what cuts the connection is tried again."""
    assert is_lost(errors.CrashShutdown("x"))
    assert is_lost(psycopg.OperationalError("x"))
    assert not is_lost(errors.SyntaxError("x"))
    assert not is_lost(errors.QueryCanceled("x"))
