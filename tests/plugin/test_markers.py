"""The markers: what they do to the verdict, and what happens when they are written wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

WRONG = {
    "severity-word": ('severity("hihg")', "choose from low, medium, high, critical"),
    "severity-rollback": ('severity("rollback")', "rollback"),
    "severity-empty": ("severity()", "takes one word"),
    "severity-number": ("severity(1)", "takes one word"),
    "impact": ('impact("money")', "the marker impact does not know 'money'; choose from availability"),
    "phase": ('phase("first-our")', "first-hour"),
    "phase-number": ("phase(5)", "phase"),
    "phase-due": ('phase("first-hour", due="soon")', "soon"),
    "phase-due-number": ('phase("first-hour", due=[5])', "due"),
    "phase-keyword": ('phase("first-hour", until="5m")', "due ="),
    "action": ("action()", "action"),
    "action-number": ("action(5)", "action"),
    "runbook": ('action("look", runbook=5)', "runbook"),
    "on_fail": ('on_fail("panic")', "the marker on_fail does not know 'panic'; choose from rollback, hold, ignore"),
    "confirms": ('confirms("bug")', "corruption"),
    "needs": ("needs(5)", "needs"),
    "each": ('each("endpont")', "endpoint"),
    "each-empty": ("each()", "one section"),
    "each-no-argument": ('each("endpoint")', "takes endpoint as argument"),
    "dry_run": ("dry_run(True)", "dry_run"),
}


def test_wrong_markers(project: Project) -> None:
    """Every marker that is written wrongly is told at once, with its check; no traceback, and nothing is measured."""
    for name, (marker, _) in WRONG.items():
        project.check(f"@pytest.mark.{marker}\ndef test_a(): ...", f"test_{name.replace('-', '_')}.py")
    done = project.run()
    assert 4 == done.code, done.shown
    told = {line.partition("::")[0].rpartition("/")[2]: line for line in done.err.splitlines() if "::test_a" in line}
    missing = [
        name for name, (_, text) in WRONG.items() if text not in told.get(f"test_{name.replace('-', '_')}.py", "")
    ]
    assert [] == missing, done.err
    assert "Traceback" not in done.shown
    assert not project.service.asked
    assert "INCONCLUSIVE" == done.decision


@pytest.mark.parametrize("marker", ['severity("hihg")', 'each("endpont")'])
def test_wrong_marker_with_workers(project: Project, marker: str) -> None:
    """It is the same usage error when workers collect."""
    project.check(f"@pytest.mark.{marker}\ndef test_a(): ...")
    done = project.run("-n", "2")
    assert 4 == done.code, done.shown
    assert "test_own.py::test_a" in done.shown
    assert "Traceback" not in done.shown
    assert "INCONCLUSIVE" == done.decision


def test_markers_reach_the_record(project: Project) -> None:
    """Severity, impact, action, runbook and the title are recorded; the closest marker wins, aliases are resolved."""
    project.check("""
pytestmark = [pytest.mark.severity("low"), pytest.mark.impact("business")]

@pytest.mark.severity("P0")
@pytest.mark.action("Look there.", runbook="https://runbook.internal/a")
@pytest.mark.phase("1h", due="15m")
def test_a():
    \"\"\"It is so.

    More words.
    \"\"\"

def test_b(): ...
""")
    done = project.run()
    a, b = done.checks["test_a"], done.checks["test_b"]
    assert ("critical", "business", "It is so") == (a["severity"], a["impact"], a["title"])
    assert ("Look there.", "https://runbook.internal/a", ["first-hour"]) == (a["action"], a["runbook"], a["phases"])
    assert ("low", "test_b", []) == (b["severity"], b["title"], b["phases"])


@pytest.mark.parametrize(
    ("markers", "verdict"),
    [
        (['severity("critical")', 'impact("availability")'], ("ROLLBACK", 20)),
        (['severity("critical")', 'impact("availability")', 'on_fail("hold")'], ("WATCH", 12)),
        (['severity("high")', 'on_fail("rollback")'], ("ROLLBACK", 20)),
        (['severity("critical")', 'on_fail("ignore")'], ("PASS", 0)),
        (['severity("critical")', "dry_run"], ("PASS", 0)),
        (['severity("high")', 'confirms("corruption")'], ("ROLLBACK_NOW", 21)),
        (['severity("critical")', 'impact("flow")'], ("ROLLBACK", 20)),
        (['severity("critical")', 'impact("data")'], ("WATCH", 12)),
    ],
)
def test_markers_steer_the_verdict(project: Project, markers: list[str], verdict: tuple[str, int]) -> None:
    """One failing check with these markers leads to this verdict."""
    lines = "".join(f"@pytest.mark.{marker}\n" for marker in markers)
    project.check(f"{lines}def test_a():\n    assert 1 == 2")
    done = project.run()
    assert verdict == done.verdict, done.shown
    assert "FAIL" == done.statuses["test_a"]


def test_needs_and_each(project: Project) -> None:
    """``needs`` leaves out what the settings do not declare and says so; ``each`` makes one check for each entry."""
    project.settings("""
[[endpoint]]
id = "a"
path = "/a"

[[endpoint]]
id = "b/c"
path = "/b"
latency = { high = "> 5s" }

[[endpoint]]
id = "off"
path = "/off"
enabled = false
""")
    project.check("""
@pytest.mark.needs("database")
def test_with_database(): ...

@pytest.mark.needs("service.health", "endpoints")
def test_with_health(): ...

@pytest.mark.needs("no.such.key")
def test_without(): ...

@pytest.mark.each("endpoint")
def test_each(endpoint):
    assert endpoint.path in {"/a", "/b"}

@pytest.mark.each("endpoint", having="latency")
@pytest.mark.parametrize("n", [1, 2])
def test_having(endpoint, n): ...

@pytest.mark.each("flow")
def test_none(declared_flow): ...
""")
    done = project.run()
    own = {name for name, check in done.checks.items() if "::" in check["id"]}
    assert {
        "test_with_health",
        "test_each[a]",
        "test_each[b/c]",
        "test_having[b/c-1]",
        "test_having[b/c-2]",
    } == {name.replace("1-b/c", "b/c-1").replace("2-b/c", "b/c-2") for name in own}
    left_out = done.record["run"]["left_out"]
    assert any("switched off" in line for line in left_out)
    assert any("no.such.key" in line for line in left_out)
    assert ("PASS", 0) == done.verdict
    assert 0 == project.service.counts["/off"]


def test_db_without_a_database(project: Project) -> None:
    """A check that asks the database when none is declared is a usage error that says what to add."""
    project.check("def test_a(db): ...")
    done = project.run()
    assert 4 == done.code
    assert "Add [database] with dsn" in done.shown
    assert "Traceback" not in done.shown
