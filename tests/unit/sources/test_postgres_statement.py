"""The guard before the database: single reading statements only, whatever they are wrapped in."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.errors import QueryError
from pytest_deploycheck.sources.postgres_statement import guarded, marked, unmarked


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "select 1;",
        "  -- first; second\n SELECT ';' ; -- done;\n",
        "/* a /* nested; */ b; */ SELECT 1",
        "(SELECT 1) UNION (SELECT 2)",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "VALUES (1)",
        "TABLE users",
        "SHOW max_connections",
        "EXPLAIN SELECT 1",
        "SELECT $$;$$, $x$ ; $$ ; $x$",
        r"SELECT E'\';', 'it''s;'",
        'SELECT ";" FROM "a;""b"',
        "SELECT 'pg_advisory_lock(1)'",
        "SELECT lo_limit, set_config FROM limits",
        "SELECT pg_size_pretty(pg_database_size(current_database()))",
    ],
)
def test_reading_statements_pass_unchanged(sql: str) -> None:
    """Strings, comments and quoted names may hold anything."""
    assert (sql, None) == guarded(sql, {})


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("", "empty"),
        (" ; ", "empty"),
        ("-- nothing", "empty"),
        ("SELECT 1; SELECT 2", "more than one statement"),
        ("SELECT 1 /* x */ ; DELETE FROM t", "more than one statement"),
        ("SELECT $a$ $b$ ; $a$ ; DROP TABLE t --$a$", "more than one statement"),
        ("/* SELECT */ DELETE FROM t", "begins with 'DELETE'"),
        ("((UPDATE t SET a = 1))", "begins with 'UPDATE'"),
        ("!", "begins with '!'"),
        ("SELECT pg_advisory_lock(1)", "may not call pg_advisory_lock"),
        ("SELECT PG_TRY_ADVISORY_LOCK_shared (1)", "may not call"),
        ("SELECT pg_catalog . pg_terminate_backend(1)", "may not call pg_terminate_backend"),
        ('SELECT "pg_cancel_backend"(1)', "may not call pg_cancel_backend"),
        ("SELECT pg_reload_conf/* x */(1)", "may not call pg_reload_conf"),
        ("SELECT * FROM ext.dblink('x', 'DELETE')", "may not call ext.dblink"),
        ("SELECT nextval('s')", "may not call nextval"),
        ("SELECT set_config('a.b', 'c', false)", "may not call set_config"),
        ("SELECT query_to_xml('SELECT pg_reload_conf()', true, true, '')", "may not call query_to_xml"),
        ("SELECT lo_import('/etc/hostname')", "may not call lo_import"),
        ("SELECT crosstab('SELECT nextval(1)')", "may not call crosstab"),
        ("SELECT ts_rewrite('a'::tsquery, 'SELECT pg_reload_conf()')", "may not call ts_rewrite"),
        ("SELECT bt_index_parent_check('i')", "may not call bt_index_parent_check"),
        ("SELECT gin_clean_pending_list('i'), brin_summarize_range('i', 1)", "may not call gin_clean_pending_list"),
        ("SELECT pg_truncate_visibility_map('t')", "may not call pg_truncate_visibility_map"),
        ("SELECT pg_current_xact_id()", "may not call pg_current_xact_id"),
        ("SELECT pg_log_backend_memory_contexts(1)", "may not call pg_log_backend"),
        ("SET transaction_read_only = off", "begins with 'SET'"),
        ("COPY t TO PROGRAM 'sh'", "begins with 'COPY'"),
        (r'SELECT U&"\0070g_reload_conf"()', "not accepted"),
        ("SELECT '\0'", "NUL"),
    ],
)
def test_everything_else_is_refused(sql: str, words: str) -> None:
    """What writes, locks, signals or follows is refused in plain words."""
    with pytest.raises(QueryError, match=words):
        guarded(sql, {})


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 5 % 3", ("SELECT 5 % 3", None)),
        ("SELECT 5 %% 3", ("SELECT 5 % 3", None)),
        ("SELECT %(a)s % 3", ("SELECT %(a)s %% 3", {"a": 1})),
        ("SELECT %(a)s %% 3", ("SELECT %(a)s %% 3", {"a": 1})),
        ("SELECT %(a)s, '%(b)%'", ("SELECT %(a)s, '%%(b)%%'", {"a": 1})),
    ],
)
def test_percent_signs_mean_themselves(sql: str, expected: object) -> None:
    """Only ``%(name)s`` is a parameter."""
    assert expected == guarded(sql, {"a": 1, "unused": 2})


@given(st.text(st.sampled_from("SELECT 1;'\"$-/*a\\E\n(%)U&"), max_size=30))
def test_any_text_passes_or_is_refused(text: str) -> None:
    """The guard never crashes, and what passes begins with a reading word."""
    with suppress(QueryError):
        passed, _ = guarded(f"SELECT {text}", {})
        assert passed.startswith("SELECT")


@pytest.mark.parametrize("piece", ["/*", "'", '"', "$a$", "--", "E'", "(", "pg_", "a.", "lo_"])
def test_a_hostile_statement_takes_no_quadratic_time(piece: str) -> None:
    """A long statement is judged; a quadratic pattern would not come back."""
    with pytest.raises(QueryError):
        guarded(piece * 100_000 + "; DELETE FROM t", {})


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1 WHERE at > :start", "SELECT 1 WHERE at > %(start)s"),
        ("SELECT 1 WHERE at>:start AND b < %(start)s", "SELECT 1 WHERE at>%(start)s AND b < %(start)s"),
        ("SELECT at::start FROM t WHERE at > (:start)::date", "SELECT at::start FROM t WHERE at > (%(start)s)::date"),
        ("SELECT ':start', e'\\':start' FROM t", "SELECT ':start', e'\\':start' FROM t"),
        ("SELECT 1 -- > :start\n", "SELECT 1 -- > :start\n"),
        ("SELECT 1 /* :start /* :start */ :start */", "SELECT 1 /* :start /* :start */ :start */"),
        ('SELECT ":start" FROM t', 'SELECT ":start" FROM t'),
        ("SELECT $$ :start $$, $x$ :start $x$", "SELECT $$ :start $$, $x$ :start $x$"),
        ("SELECT a[1:start], b[1]:start FROM t", "SELECT a[1:start], b[1]:start FROM t"),
        ("SELECT :started, :other", "SELECT :started, :other"),
    ],
)
def test_names_with_a_colon(sql: str, expected: str) -> None:
    """They are parameters where code stands, and text everywhere else."""
    text, params = guarded(sql, {"start": 5})
    used = "%(start)s" in expected
    assert (expected, {"start": 5} if used else None) == (text, params)


def test_percent_signs_beside_names_with_a_colon() -> None:
    """They stay percent signs for the server."""
    assert ("SELECT 5 %% 2 WHERE a > %(start)s", {"start": 1}) == guarded("SELECT 5 % 2 WHERE a > :start", {"start": 1})


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", "SELECT /* deploycheck */  1"),
        ("-- a (b\n /* c /* d */ */ ((VALUES(1)))", "-- a (b\n /* c /* d */ */ ((VALUES /* deploycheck */ (1)))"),
        ("TABLE", "TABLE /* deploycheck */ "),
    ],
)
def test_our_mark_stands_behind_the_first_word(sql: str, expected: str) -> None:
    """Comments and brackets before the first word are stepped over."""
    assert expected == marked(sql)


@pytest.mark.parametrize("sql", ["SELECT 1 FROM x", "-- a\n((VALUES (1), (x)))"])
def test_positions_are_those_of_the_statement_as_written(sql: str) -> None:
    """A character that the server names is the same one without the mark; without a statement nothing is moved."""
    place = sql.index("x") + 1
    assert place == unmarked(sql, marked(sql).index("x") + 1)
    assert (1, 7) == (unmarked(sql, 1), unmarked("", 7))
