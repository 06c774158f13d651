"""The database source against a real PostgreSQL, and against things that only look like one."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pytest_deploycheck.asks import SqlAnswer, SqlAsk
from pytest_deploycheck.errors import (
    AnswerTimeoutError,
    BadAnswerError,
    LoginRefusedError,
    MissingAccessError,
    NoAnswerError,
    QueryError,
    SourceError,
)
from pytest_deploycheck.sources import postgres as module
from pytest_deploycheck.sources.base import Source
from pytest_deploycheck.sources.postgres import PostgresSource
from tests.fix_postgres import PASSWORD, Proxy, silent_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_deploycheck.demo.postgres import EmbeddedPostgres

Ask = "Callable[..., SqlAnswer]"


@pytest.fixture
def source() -> Iterator[PostgresSource]:
    """Give a source and close it."""
    source = PostgresSource(connect_timeout=2)
    yield source
    source.close()


@pytest.fixture
def ask(source: PostgresSource, server: EmbeddedPostgres) -> Callable[..., SqlAnswer]:
    """Give a function that asks the server as its superuser, unless told otherwise."""

    def asked(sql: str, params: dict[str, Any] | None = None, **more: Any) -> SqlAnswer:
        return source.observe(
            SqlAsk(**{"dsn": server.dsn, "sql": sql, "params": tuple((params or {}).items()), **more})
        )

    return asked


def users(server: EmbeddedPostgres) -> int:
    """Return how many users there really are."""
    with psycopg.connect(server.dsn) as connection:
        row = connection.execute("SELECT count(*) FROM users").fetchone()
    assert row is not None
    return int(row[0])


def test_is_a_source(source: PostgresSource) -> None:
    """The source has the interface that the observatory expects."""
    assert isinstance(source, Source)
    assert source.ask_type is SqlAsk


def test_answers_rows_with_columns_and_origin(ask: Callable[..., SqlAnswer], server: EmbeddedPostgres) -> None:
    """An answer says what was found, where, when and in how many attempts."""
    answer = ask("SELECT 1 AS value, 'x' AS word")
    assert (("value", "word"), ((1, "x"),)) == (answer.columns, answer.rows)
    assert f"127.0.0.1:{server.port}/postgres" == answer.target
    assert (1, False) == (answer.attempts, answer.truncated)
    assert answer.at is not None
    assert answer.at.tzinfo is not None
    assert answer.seconds > 0


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("10.00::numeric", 10),
        ("1.5::numeric", 1.5),
        ("12345678901234567890::numeric", 12345678901234567890),
        ("true", True),
        ("NULL", None),
        ("'1h'::interval", 3600.0),
        ("'2026-11-21'::date", "2026-11-21"),
        ("'2026-11-21T08:00Z'::timestamptz", datetime(2026, 11, 21, 8, tzinfo=UTC)),
        ("'{1,2}'::int[]", "[1, 2]"),
        ("""'{"a": 1}'::jsonb""", '{"a": 1}'),
        ("'ab'::bytea", "ab"),
        ("'6f1c9a52-0000-4000-8000-000000000000'::uuid", "6f1c9a52-0000-4000-8000-000000000000"),
        ("'infinity'::float8", float("inf")),
        ("repeat('x', 100000)", "x" * 65536),
    ],
)
def test_values_become_plain(ask: Callable[..., SqlAnswer], expression: str, expected: object) -> None:
    """Every type of the database becomes a number, text, moment or None."""
    value = ask(f"SELECT {expression}").rows[0][0]
    assert expected == value
    assert type(expected) is type(value)


def test_a_value_that_cannot_be_read_is_a_bad_answer(ask: Callable[..., SqlAnswer]) -> None:
    """A moment that Python cannot hold is reported as such, not as a crash."""
    with pytest.raises(BadAnswerError, match="Cast it to text"):
        ask("SELECT 'infinity'::timestamptz")


def test_rows_are_limited(ask: Callable[..., SqlAnswer]) -> None:
    """A large answer is cut at max_rows and says so, and the session goes on."""
    answer = ask("SELECT * FROM generate_series(1, 300000)", max_rows=10)
    assert (10, True) == (len(answer.rows), answer.truncated)
    assert not ask("SELECT * FROM generate_series(1, 10)", max_rows=10).truncated


def test_no_rows_is_an_empty_answer(ask: Callable[..., SqlAnswer]) -> None:
    """Finding nothing is an answer without rows."""
    assert () == ask("SELECT id FROM users WHERE false").rows


def test_percent_signs_need_no_care(ask: Callable[..., SqlAnswer]) -> None:
    """A parameter and bare percent signs live in the same statement; unused parameters do no harm."""
    params = {"a": 7, "unused": datetime.now(UTC)}
    assert ((1, True),) == ask("SELECT %(a)s::int % 3, 'abc' LIKE 'a%'", params).rows
    assert ((1, True),) == ask("SELECT 7 %% 3, 'abc' LIKE 'a%'", params).rows


def test_the_transaction_has_its_limits(ask: Callable[..., SqlAnswer]) -> None:
    """Every rule for somebody's production is in force inside the transaction."""
    expected = {
        "transaction_read_only": "on",
        "transaction_isolation": "repeatable read",
        "statement_timeout": "5s",
        "lock_timeout": "100ms",
        "transaction_timeout": "7s",
        "idle_in_transaction_session_timeout": "6s",
        "jit": "off",
        "application_name": "deploycheck/orphans",
        "row_security": "on",
    }
    found = ask("SELECT " + ", ".join(f"current_setting('{name}')" for name in expected), name="orphans").rows[0]
    assert expected == dict(zip(expected, found, strict=True))


def test_nothing_stays_on_the_session(ask: Callable[..., SqlAnswer]) -> None:
    """Role and settings of one ask are gone in the next on the same session."""
    pid = "pg_backend_pid(), current_user::text, current_setting('app.tenant', true)"
    first = ask(f"SELECT {pid}", role="app", local=(("app.tenant", "tenant-1"),)).rows[0]
    second = ask(f"SELECT {pid}").rows[0]
    assert ("app", "tenant-1") == first[1:]
    assert (first[0], "postgres", "") == second


def test_a_tenant_sees_its_own_rows(ask: Callable[..., SqlAnswer]) -> None:
    """Role and tenant are set as the policies expect them."""
    sql = "SELECT DISTINCT tenant FROM guarded"
    assert (("tenant-0",),) == ask(sql, role="app", local=(("app.tenant", "tenant-0"),)).rows
    assert () == ask(sql, role="app").rows


def test_a_role_is_a_name_not_sql(ask: Callable[..., SqlAnswer]) -> None:
    """Quotes in a role's name or a setting's value are only characters."""
    assert (('odd "role',),) == ask("SELECT current_user::text", role='odd "role').rows
    value = "a'); DROP TABLE users; --\\"
    assert ((value,),) == ask("SELECT current_setting('app.x')", local=(("app.x", value),)).rows
    with pytest.raises(QueryError, match="does not exist"):
        ask("SELECT 1", role="nobody'; --")


@pytest.mark.parametrize("key", ["transaction_read_only", "statement_timeout", "role", "session_replication_role"])
def test_settings_that_guard_cannot_be_set(ask: Callable[..., SqlAnswer], key: str) -> None:
    """An ask cannot loosen the limits through its local settings."""
    with pytest.raises(QueryError, match="may not set"):
        ask("SELECT 1", local=((key, "off"),))


STATE = """
SELECT (SELECT last_value + is_called::int FROM lasting), (SELECT count(*) FROM pg_largeobject_metadata),
  (SELECT count(*) FROM users), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),
  (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_class)
"""
WRITES = [
    "DELETE FROM users",
    "WITH gone AS (DELETE FROM users RETURNING 1) SELECT count(*) FROM gone",
    "SELECT * FROM users FOR UPDATE",
    "SELECT 1; DELETE FROM users",
    "COMMIT; DELETE FROM users",
    "COMMIT",
    "ROLLBACK; BEGIN; DELETE FROM users; COMMIT",
    "SET TRANSACTION READ WRITE",
    "SELECT * INTO other FROM users",
    "LOCK TABLE users IN EXCLUSIVE MODE",
    "COPY users TO PROGRAM 'cat >/dev/null'",
    "EXPLAIN ANALYZE DELETE FROM users",
    "DO $$ BEGIN COMMIT; DELETE FROM users; END $$",
    "SELECT writes()",
    "SELECT leaves()",
    "CREATE TABLE other (id int)",
    "SELECT set_config('transaction_read_only', 'off', true), writes()",
]


@pytest.mark.parametrize("sql", WRITES)
def test_nothing_is_written(ask: Callable[..., SqlAnswer], server: EmbeddedPostgres, sql: str) -> None:
    """A check that tries to write, to lock or to leave the transaction gets a clear error."""
    with pytest.raises(QueryError, match=r"read|more than one statement|may not call|refused"):
        ask(sql)
    assert 1000 == users(server)


@pytest.mark.parametrize("sql", WRITES)
def test_nothing_is_written_even_without_the_guard(
    ask: Callable[..., SqlAnswer], server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    """What the guard would miss is stopped by the transaction and by the protocol."""
    monkeypatch.setattr(module, "guarded", lambda text, _params: (text, None))
    with pytest.raises(SourceError):
        ask(sql)
    assert 1000 == users(server)
    assert ((1,),) == ask("SELECT 1").rows


LASTING = [
    "SELECT lo_import('/etc/hostname')",
    "SELECT lo_from_bytea(4711, 'x')",
    "SELECT nextval('lasting')",
    "SELECT setval('lasting', 99)",
    "SELECT pg_advisory_lock(4711)",
    "SELECT pg_try_advisory_lock_shared(4711)",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bystander'",
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity",
    "SELECT set_config('work_mem', '64kB', false)",
    "SELECT query_to_xml('SELECT nextval(''lasting'')', true, true, '')",
    "SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, (nextval(''lasting'')::text)::tsquery')",
    "SELECT pg_notify('channel', 'x')",
    "SELECT * FROM dblink('dbname=postgres', 'DELETE FROM users') AS t(a text)",
    "COPY users TO '/tmp/deploycheck-must-not-exist'",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    "PREPARE lasting AS SELECT 1",
    "LISTEN channel",
]


@pytest.mark.parametrize("sql", LASTING)
def test_nothing_lasts(
    ask: Callable[..., SqlAnswer], source: PostgresSource, server: EmbeddedPostgres, sql: str
) -> None:
    """What outlives a rolled back transaction is refused, alone and at a moment, even for a superuser."""
    with psycopg.connect(server.dsn, autocommit=True, application_name="bystander") as other:
        other.execute("CREATE SEQUENCE IF NOT EXISTS lasting")
        before = other.execute(STATE).fetchone()
        with pytest.raises(QueryError, match=r"may only read|may not call"):
            ask(sql)
        with source.snapshot(server.dsn) as snapshot, pytest.raises(QueryError, match=r"may only read|may not call"):
            snapshot.observe(SqlAsk(dsn=server.dsn, sql=sql))
        assert before == other.execute(STATE).fetchone()
    assert not Path("/tmp/deploycheck-must-not-exist").exists()  # noqa: S108  # the statement names it
    assert ("4MB",) == ask("SHOW work_mem").rows[0]


def test_a_slow_statement_is_unverified(ask: Callable[..., SqlAnswer]) -> None:
    """A statement beyond its timeout is an error that says so, and the session goes on."""
    with pytest.raises(QueryError, match=r"unverified: naps did not finish within statement_timeout \(0\.1 s\)"):
        ask("SELECT pg_sleep(30)", statement_timeout=0.1, name="naps")
    assert ((1,),) == ask("SELECT 1").rows


def test_a_locked_table_is_not_waited_for(ask: Callable[..., SqlAnswer], server: EmbeddedPostgres) -> None:
    """A migration that holds a table is not disturbed."""
    with psycopg.connect(server.dsn) as holder:
        holder.execute("LOCK TABLE dispatches IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(QueryError, match="unverified: query met a locked table"):
            ask("SELECT count(*) FROM dispatches")
        holder.rollback()


def test_a_conflict_with_recovery_is_tried_again(ask: Callable[..., SqlAnswer]) -> None:
    """A standby's cancel is unverified in the end, never a result."""
    with pytest.raises(QueryError, match="unverified: the standby cancelled query"):
        ask("SELECT conflict()")


@pytest.mark.parametrize(
    ("sql", "kind", "words"),
    [
        ("SELECT * FROM nowhere", QueryError, 'relation "nowhere" does not exist'),
        ("SELECT nothing FROM users", QueryError, 'column "nothing" does not exist'),
        ("SELECT FROM WHERE", QueryError, "refused the query at character 13: syntax error"),
        ("SELECT 1/0", QueryError, "division by zero"),
        ("SELECT * FROM pg_stat_statements", MissingAccessError, "CREATE EXTENSION pg_stat_statements"),
        ("SELECT %(nope)s", QueryError, r"unknown parameter %\(nope\)s\. Known here: none"),
    ],
)
def test_errors_name_what_is_wrong(ask: Callable[..., SqlAnswer], sql: str, kind: type[Exception], words: str) -> None:
    """What the server refuses is named in one line."""
    with pytest.raises(kind, match=words) as caught:
        ask(sql)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("sql", "more", "grant"),
    [
        ("SELECT * FROM users", {}, "GRANT SELECT ON users TO low"),
        ("SELECT 1", {"role": "app"}, "GRANT app TO low"),
        ('SELECT * FROM "Sch.ema"."Ta""ble"', {}, "GRANT USAGE ON SCHEMA"),
    ],
)
def test_a_missing_privilege_says_what_to_grant(
    ask: Callable[..., SqlAnswer], server: EmbeddedPostgres, sql: str, more: dict[str, str], grant: str
) -> None:
    """A missing privilege is inconclusive and holds the statement to run."""
    with pytest.raises(MissingAccessError, match=grant):
        ask(sql, dsn=server.dsn_for("postgres", user="low", password=PASSWORD), **more)


def test_a_filtered_count_is_refused(ask: Callable[..., SqlAnswer]) -> None:
    """With row security off a role under a policy gets an error instead of a wrong number."""
    with pytest.raises(MissingAccessError, match="ALTER ROLE app BYPASSRLS"):
        ask("SELECT count(*) FROM guarded", role="app", local=(("row_security", "off"),))


def unreachable(server: EmbeddedPostgres) -> dict[str, tuple[str, str]]:
    """Return connection strings that lead nowhere, and what is said about each."""
    secret = "Sekret-4711"
    return {
        "refused": (f"postgresql://u:{secret}@127.0.0.1:1/x", "refused the connection"),
        "name": (f"postgresql://u:{secret}@no.such.invalid/x", "cannot be resolved"),
        "password": (server.dsn_for("postgres", password=secret), "rejected our login"),
        "user": (server.dsn_for("postgres", user="ghost", password=secret), "rejected our login"),
        "database": (server.dsn_for("nowhere"), "has no such database"),
        "socket": (f"host=/nonexistent user=u password={secret}", "is not there"),
        "tls": (server.dsn + "?sslmode=require", "could not agree on TLS"),
    }


@pytest.mark.parametrize("case", ["refused", "name", "password", "user", "database", "socket", "tls"])
def test_no_connection(ask: Callable[..., SqlAnswer], server: EmbeddedPostgres, case: str) -> None:
    """What keeps a connection away is named, without the password; a refused login is no missing answer."""
    dsn, words = unreachable(server)[case]
    kind = LoginRefusedError if case in {"password", "user", "database"} else NoAnswerError
    with pytest.raises(kind, match=words) as caught:
        ask("SELECT 1", dsn=dsn)
    assert "Sekret" not in str(caught.value)
    assert server.password not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dsn", ["postgresql://u:Sekret@[bad/x", "nonsense=Sekret", "Sekret", "", "  "])
def test_an_unreadable_dsn_is_not_echoed(ask: Callable[..., SqlAnswer], dsn: str) -> None:
    """A connection string that cannot be read is an error that does not quote it."""
    with pytest.raises(QueryError, match="the dsn of the database") as caught:
        ask("SELECT 1", dsn=dsn)
    assert "Sekret" not in str(caught.value)


def test_a_server_that_never_speaks_is_given_up(source: PostgresSource) -> None:
    """A connection that is accepted and never answered ends with the connect timeout."""
    started = time.monotonic()
    with silent_server() as port, pytest.raises(AnswerTimeoutError, match="did not answer the connection attempt"):
        source.observe(SqlAsk(dsn=f"postgresql://u@127.0.0.1:{port}/x", sql="SELECT 1"))
    assert time.monotonic() - started < 15


def test_a_server_that_falls_silent_is_given_up(server: EmbeddedPostgres) -> None:
    """A session whose server vanishes in the middle ends shortly after the statement's own timeout."""
    source = PostgresSource(connect_timeout=2, grace=0.3)
    with Proxy(server.port) as proxy:
        ask = SqlAsk(
            dsn=server.dsn.replace(f":{server.port}/", f":{proxy.port}/"), sql="SELECT 1", statement_timeout=0.2
        )
        assert ((1,),) == source.observe(ask).rows
        proxy.fall_silent()
        started = time.monotonic()
        with pytest.raises(AnswerTimeoutError, match=r"stayed silent for 0\.5 s"):
            source.observe(ask)
        assert time.monotonic() - started < 10
    source.close()


def test_a_restart_between_two_asks_is_survived(ask: Callable[..., SqlAnswer], server: EmbeddedPostgres) -> None:
    """A kept session that died meanwhile is replaced; a server that is gone is no answer."""
    assert 1 == ask("SELECT 1").attempts
    server.stop(immediate=True)
    try:
        with pytest.raises(NoAnswerError):
            ask("SELECT 1")
    finally:
        server.start()
    ask("SELECT 1")
    server.stop(immediate=True)
    server.start()
    assert 2 == ask("SELECT 1").attempts


def test_a_session_is_kept(ask: Callable[..., SqlAnswer]) -> None:
    """Asks one after another use the same session."""
    assert 1 == len({ask("SELECT pg_backend_pid()").rows for _ in range(5)})


def test_there_are_never_more_than_two_sessions(source: PostgresSource, server: EmbeddedPostgres) -> None:
    """Many threads at once share two sessions, and each gets its own answer."""
    found: dict[int, tuple[int, int]] = {}

    def work(number: int) -> None:
        params = (("n", number),)
        answer = source.observe(
            SqlAsk(dsn=server.dsn, sql="SELECT %(n)s::int, pg_backend_pid(), pg_sleep(0.02)", params=params)
        )
        found[number] = answer.rows[0][:2]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {number: number for number in range(12)} == {number: row[0] for number, row in found.items()}
    assert len({row[1] for row in found.values()}) <= 2


def test_closing_leaves_no_session(server: EmbeddedPostgres) -> None:
    """After close the server knows nothing of us any more; closing twice is fine."""
    source = PostgresSource()
    pid = source.observe(SqlAsk(dsn=server.dsn, sql="SELECT pg_backend_pid()")).rows[0][0]
    source.close()
    source.close()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        for _ in range(100):
            row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone()
            if row == (0,):
                break
            time.sleep(0.05)
    assert (0,) == row


def test_names_with_a_colon(ask: Callable[..., SqlAnswer]) -> None:
    """Parameters stand beside casts, strings and slices, and a share by group comes back with them."""
    moment = datetime(2026, 11, 21, 8, tzinfo=UTC)
    sql = """SELECT tenant, count(*) FILTER (WHERE id % 10 = 0) AS bad, count(*) AS total, ':window_start' AS text,
                    (ARRAY[1,2,3])[1:2] AS part, :window_start::date AS day
             FROM users WHERE now() > :window_start::timestamptz -- :window_start
             GROUP BY tenant ORDER BY tenant"""
    answer = ask(sql, {"window_start": moment, "deployed_at": moment})
    assert (("tenant-0", 100, 500), ("tenant-1", 0, 500)) == tuple(row[:3] for row in answer.rows)
    assert (":window_start", "[1, 2]", "2026-11-21") == answer.rows[0][3:]
