"""``deploycheck db`` as a person calls it: output, exit codes, and every way in which a database is out of reach."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.cli import main
from tests.fix_pack import database, execute, pack_server
from tests.fix_postgres import silent_server

if TYPE_CHECKING:
    from pytest_deploycheck.demo.postgres import EmbeddedPostgres

__all__ = ["database", "pack_server"]

PAIR = (
    "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p, user_id int);"
    "CREATE TABLE users (id int PRIMARY KEY);"
)
ORPHAN = "SET session_replication_role = replica; INSERT INTO c VALUES (7)"
SECRET = "pw-t0p-secret"


@pytest.fixture(autouse=True)
def _no_address_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the surroundings' own database."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("COLUMNS", "100")


def test_a_sound_database_exits_with_0(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything that was looked at is listed with its scope; the password is not there."""
    execute(database, PAIR)
    assert 0 == main(["db", "check", database])
    out = capsys.readouterr().out
    assert "no orphans in 1 foreign key (1 of 1 key, 0 unverified)" in out
    assert _password(database) not in out


def test_an_orphan_exits_with_12(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The finding comes first, with count, keys and what to do."""
    execute(database, PAIR, ORPHAN)
    assert 12 == main(["db", "check", database])
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].startswith("CRITICAL  orphans  public.c.c_p_fkey")
    assert "    1 row of public.c without a partner in public.p [1 of 1 key, 0 unverified]" == lines[3]
    assert "    keys: 7" == lines[4]


def test_json_is_for_programs(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same findings, each with the fields that were promised."""
    execute(database, PAIR, ORPHAN)
    assert 12 == main(["db", "check", database, "--json"])
    report = json.loads(capsys.readouterr().out)
    assert (1, 12) == (report["schema_version"], report["exit_code"])
    (orphan,) = [each for each in report["findings"] if each["check"] == "orphans"]
    assert ("public.c.c_p_fkey", "FAIL", "critical", 1, ["7"]) == tuple(
        orphan[name] for name in ("object", "status", "severity", "value", "samples")
    )
    wanted = {"check", "object", "status", "severity", "value", "scope", "message"}
    assert all(wanted <= set(each) for each in report["findings"])


def test_the_address_may_come_from_the_environment(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """DATABASE_URL is read when no address is given."""
    monkeypatch.setenv("DATABASE_URL", database)
    assert 0 == main(["db", "check"])
    assert "there are no foreign keys" in capsys.readouterr().out


def test_no_privilege_exits_with_11(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is green that could not be read; the GRANT is there."""
    execute(
        database, PAIR, "DROP ROLE IF EXISTS nobody_special", f"CREATE ROLE nobody_special LOGIN PASSWORD '{SECRET}'"
    )
    try:
        assert 11 == main(["db", "check", _as(database, "nobody_special", SECRET)])
        out = capsys.readouterr().out
        assert "GRANT pg_monitor, pg_read_all_data TO nobody_special" in out
        assert SECRET not in out
    finally:
        execute(database, "DROP ROLE nobody_special")


def test_out_of_reach_exits_with_11(pack_server: EmbeddedPostgres, capsys: pytest.CaptureFixture[str]) -> None:
    """Refused, wrong password, unknown user, unknown database, unknown host: one clear line, never the password."""
    good = pack_server.dsn
    cases = {
        f"postgresql://u:{SECRET}@127.0.0.1:1/shop": "refused the connection",
        _as(good, "postgres", SECRET): "rejected our login",
        _as(good, "nobody-here", SECRET): "rejected our login",
        pack_server.dsn_for("no such 'place'"): "has no such database",
        f"postgresql://u:{SECRET}@no-such-host.invalid/shop": "cannot be resolved",
    }
    for dsn, said in cases.items():
        assert 11 == main(["db", "check", dsn, "--connect-timeout", "3s"])
        out, err = capsys.readouterr()
        assert ("", True, 1) == (out, said in err, len(err.splitlines())), err
        assert (False, False) == (SECRET in err, pack_server.password in err)


def test_a_server_that_never_speaks_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    """A hang ends with the connection timeout."""
    with silent_server() as port:
        code = main(["db", "check", f"postgresql://u:{SECRET}@127.0.0.1:{port}/x", "--connect-timeout", "1s"])
    err = capsys.readouterr().err
    assert (11, True, False) == (code, "did not answer" in err, SECRET in err)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        [""],
        ["not an address at all, pw-t0p-secret"],
        ["postgresql+asyncpg://u:pw-t0p-secret@h/d"],
        ["mysql://u:pw-t0p-secret@h/d"],
        ["postgresql://u:pw-t0p-secret@h/d", "--budget", "2m"],
        ["postgresql://u:pw-t0p-secret@h/d", "--budget", "soon"],
        ["postgresql://u:pw-t0p-secret@h/d", "--connect-timeout", "0s"],
    ],
)
def test_wrong_usage_exits_with_4(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be read is said in one line, and is not quoted."""
    assert 4 == main(["db", "check", *arguments])
    out, err = capsys.readouterr()
    assert ("", 1, False) == (out, len(err.splitlines()), SECRET in err)


def test_a_second_address_is_not_echoed(capsys: pytest.CaptureFixture[str]) -> None:
    """The parser's own complaint masks passwords, too."""
    with pytest.raises(SystemExit) as stopped:
        main(["db", "check", f"postgresql://u:{SECRET}@h/d", f"postgresql://u:{SECRET}@h/d"])
    err = capsys.readouterr().err
    assert (4, False, True) == (stopped.value.code, SECRET in err, "unrecognized" in err)


def test_suggest_prints_settings(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As TOML for people, as JSON for programs, and a word when there is nothing."""
    assert 0 == main(["db", "suggest", database])
    assert "# no column looks like" in capsys.readouterr().out
    execute(database, PAIR)
    assert 0 == main(["db", "suggest", database])
    assert 'orphans = { child = "public.c.user_id", parent = "public.users.id" }' in capsys.readouterr().out
    assert 0 == main(["db", "suggest", database, "--json"])
    assert [{"child": "public.c.user_id", "parent": "public.users.id"}] == json.loads(capsys.readouterr().out)


def _password(dsn: str) -> str:
    return dsn.split("@", maxsplit=1)[0].rsplit(":", 1)[1]


def _as(dsn: str, user: str, password: str) -> str:
    return f"postgresql://{user}:{password}@{dsn.split('@', 1)[1]}"
