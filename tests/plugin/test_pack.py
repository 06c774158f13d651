"""The PostgreSQL pack in a phase run: every key and every health check, with one worker and with two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.fix_pack import DEBIAN, database, execute, installed, pack_server

if TYPE_CHECKING:
    from tests.plugin.conftest import Done, Project

__all__ = ["database", "pack_server"]
pytest_plugins = ["pytester"]

PAIR = (
    "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p, owner_id int);"
    "CREATE TABLE owners (id int PRIMARY KEY, mail text); INSERT INTO owners VALUES (1, 'a')"
)
ORPHAN = "SET session_replication_role = replica; INSERT INTO c VALUES (7)"
KEYS = "integrity.foreign_keys"
WORKERS = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])


def settings(project: Project, dsn: str, more: str = "") -> None:
    """Declare the database."""
    project.settings(f'[database]\ndsn = "{dsn}"\nskip = ["slow-queries"]\n{more}')


def check(done: Done, name: str = KEYS) -> dict[str, Any]:
    """Return a check of the record."""
    return next(each for each in done.record["checks"] if each["id"] == name)


@WORKERS
def test_sound(project: Project, database: str, workers: tuple[str, ...]) -> None:
    """A sound database passes: one measurement for each key and the scope, one item for each health check."""
    execute(database, PAIR)
    settings(project, database, 'soft_references = [{ child = "c.owner_id", parent = "owners.id" }]')
    done = project.run(*workers)
    assert ("PASS", 0) == done.verdict, done.out
    found = {each["metric"]: (each["value"], each["status"]) for each in check(done)["measurements"]}
    assert {
        "foreign_keys.unverified": (0, "PASS"),
        "orphans:public.c.c_p_fkey": (0, "PASS"),
        "orphans:public.c.owner_id → owners.id": (0, "PASS"),
    } == found
    assert "PASS" == check(done, "database.health[invalid-index]")["status"]
    ids = [each["id"] for each in done.record["checks"]]
    assert 15 == sum(name.startswith("database.health[") for name in ids)
    assert "database.health[slow-queries]" not in ids


@WORKERS
def test_orphans(project: Project, database: str, workers: tuple[str, ...]) -> None:
    """An orphan under a declared key is critical; a soft reference has levels of its own, personal keys are hidden."""
    execute(database, PAIR, ORPHAN, "INSERT INTO c (owner_id) VALUES (4711)")
    more = 'soft_references = [{ child = "c.owner_id", parent = "owners.id" }]\npersonal = ["owners.id"]'
    settings(project, database, more)
    done = project.run(*workers)
    assert ("WATCH", 12) == done.verdict, done.out
    found = {each["metric"]: each for each in check(done)["measurements"]}
    assert (1, "FAIL", "keys: 7") == tuple(
        found["orphans:public.c.c_p_fkey"][key] for key in ("value", "status", "note")
    )
    soft = found["orphans:public.c.owner_id → owners.id"]
    assert (1, "WARN", "keys: ***") == tuple(soft[key] for key in ("value", "status", "note"))
    assert "4711" not in done.written + done.shown


def test_a_health_finding_has_its_own_severity(project: Project, database: str) -> None:
    """A finding of medium severity is a WARN, with the statement to run."""
    execute(database, "CREATE TABLE t (v int); ALTER TABLE t ADD CONSTRAINT big CHECK (v > 0) NOT VALID")
    settings(project, database)
    done = project.run()
    assert ("WARN", 0) == done.verdict, done.out
    found = check(done, "database.health[constraint-not-valid]")
    assert ("WARN", "medium") == (found["status"], found["finding"])
    assert "VALIDATE CONSTRAINT big" in found["reason"]


def test_past_the_budget_is_inconclusive_and_the_next_run_goes_on(project: Project, database: str) -> None:
    """No time is no pass; keys that an earlier run of the deployment proved are covered, and said to be."""
    execute(database, PAIR)
    arguments = ("--deploy-id", "d1")
    settings(project, database, "[database.foreign_keys]\nbudget = 0.0001")
    first = project.run(*arguments)
    assert ("INCONCLUSIVE", 11) == first.verdict, first.out
    assert "0 of 1 key, 1 unverified" in check(first)["reason"]
    settings(project, database)
    assert ("PASS", 0) == project.run(*arguments).verdict
    settings(project, database, "[database.foreign_keys]\nbudget = 0.0001")
    third = project.run(*arguments)
    assert ("PASS", 0) == third.verdict, third.out
    assert "1 of 1 key, 1 of them by earlier runs, 0 unverified" == check(third)["measurements"][0]["note"]


def test_nothing_to_prove_has_no_say(project: Project, database: str) -> None:
    """A database without keys is neither green nor in the way of the verdict."""
    settings(project, database)
    done = project.run("-k", "foreign_keys")
    assert ("INCONCLUSIVE", True) == (check(done)["status"], check(done)["dry_run"])
    assert "there are no foreign keys" in str(check(done)["measurements"])


def test_switched_off(project: Project, database: str) -> None:
    """``enabled = false`` leaves the proof out, and the plan says so."""
    settings(project, database, "[database.foreign_keys]\nenabled = false")
    done = project.run("--deploy-plan")
    assert KEYS not in done.out
    assert "database.foreign_keys.enabled" in done.out


def test_plans_and_size_against_the_baseline(project: Project, database: str) -> None:
    """A dropped index shows as a changed plan, a large table read as a whole is named; a database that grew warns."""
    execute(
        database,
        "CREATE TABLE t (id int, v text); INSERT INTO t SELECT i, 'x' FROM generate_series(1, 20000) AS i;"
        "CREATE INDEX by_id ON t (id); ANALYZE",
    )
    settings(project, database, '[[key_query]]\nid = "one"\nsql = "SELECT v FROM t WHERE id = 7"')
    before = project.run(phase="pre-deploy")
    assert ("PASS", 0) == before.verdict, before.out
    execute(database, "DROP INDEX by_id", "CREATE TABLE big AS SELECT repeat('x', 900) FROM generate_series(1, 20000)")
    after = project.run()
    assert ("WARN", 0) == after.verdict, after.out
    plan = check(after, "database.plan[one]")
    assert "by by_id to Seq Scan t" in plan["reason"]
    assert "public.t (20000 rows)" in str(plan["measurements"])
    assert ("WARN", "medium") == (check(after, "database.size")["status"], check(after, "database.size")["finding"])


@WORKERS
def test_statistics_since_the_deployment(project: Project, workers: tuple[str, ...]) -> None:
    """What was slow before the deployment is no finding after it, also when a worker asked."""
    server = installed(DEBIAN, {"shared_preload_libraries": "pg_stat_statements"})
    limits = "[database.health]\nslow = [0.02, 60]\nfewest_calls = 2"
    slow = ["SELECT pg_sleep(0.03)"] * 2
    health = "database.health[slow-queries]"
    try:
        project.settings(f'[database]\ndsn = "{server.dsn}"\n{limits}')
        execute(server.dsn, "CREATE EXTENSION pg_stat_statements", *slow)
        before = project.run(*workers, "-k", "health", phase="pre-deploy")
        assert "WARN" == check(before, health)["status"], before.out
        deployed = ("--deploy-id", "d1", "--deployed-at", "1s", "-k", "health")
        execute(server.dsn, "SELECT 1")
        assert "PASS" == check(project.run(*workers, *deployed), health)["status"]
        execute(server.dsn, *slow)
        found = check(project.run(*workers, *deployed), health)
        assert ("WARN", True) == (found["status"], "of 2 calls since" in found["reason"])
    finally:
        server.close()
