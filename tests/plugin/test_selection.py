"""What is planned and what is not: parts are named, nothing is green that was not measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

WORKERS = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
THREE = """
@pytest.mark.severity("high")
def test_good(): ...

@pytest.mark.severity("high")
def test_bad():
    assert 1 == 2

@pytest.mark.impact("data")
def test_data(): ...
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("-k", "good or answers"),
        ("-m", "not severity or impact"),
        ("--deselect", "deploy_checks/test_own.py::test_bad"),
        ("deploy_checks/test_own.py::test_good", "deploy_checks/test_own.py::test_data"),
    ],
    ids=["k", "m", "deselect", "nodeids"],
)
@WORKERS
def test_a_part_is_named(project: Project, arguments: tuple[str, ...], workers: tuple[str, ...]) -> None:
    """A part that passes may pass, and every report says that it was only a part."""
    project.check(THREE)
    done = project.run(*arguments, *workers)
    assert ("PASS", 0) == done.verdict, done.shown
    assert "test_bad" not in done.statuses
    assert done.record["run"]["partial"]
    assert "only a part was run: " in " ".join(done.out.split())


def test_last_failed_is_a_part(project: Project) -> None:
    """``--lf`` leaves files out without a word; the report has the word."""
    project.check("def test_a(): ...", "test_other.py")
    project.check('@pytest.mark.severity("high")\ndef test_bad():\n    assert 1 == 2')
    cache = ("-p", "cacheprovider")
    project.run(*cache)
    done = project.run(*cache, "--lf")
    assert ["test_bad"] == list(done.statuses)
    assert done.record["run"]["partial"]


@WORKERS
@pytest.mark.parametrize("arguments", [("-k", "nothing_is_called_so"), ("deploy_checks/test_none.py",)])
def test_nothing_selected_is_never_zero(project: Project, arguments: tuple[str, ...], workers: tuple[str, ...]) -> None:
    """A run without a single check ends with pytest's 5, and its verdict is not PASS."""
    project.check("def test_a(): ...")
    project.check("X = 1", "test_none.py")
    done = project.run(*arguments, *workers)
    assert 5 == done.code, done.shown
    assert "INCONCLUSIVE" == done.decision


@WORKERS
@pytest.mark.parametrize("path", ["deploy_checks/test_no_such.py", "deploy_checks/test_own.py::test_no_such"])
def test_wrong_path(project: Project, path: str, workers: tuple[str, ...]) -> None:
    """A path that does not exist is a usage error, not a smaller run."""
    project.check("def test_a(): ...")
    done = project.run(path, *workers)
    assert 4 == done.code, done.shown
    assert "INCONCLUSIVE" == done.decision


def test_all_skipped(project: Project) -> None:
    """Plain pytest calls it success when everything was skipped; a gate does not."""
    project.check("@pytest.mark.skip\n@pytest.mark.parametrize('n', [1, 2])\ndef test_a(n): ...")
    done = project.run("deploy_checks")
    assert ("INCONCLUSIVE", 11) == done.verdict


def test_only_dry_runs(project: Project) -> None:
    """Checks that do not count cannot make a verdict either."""
    project.check("@pytest.mark.dry_run\ndef test_a(): ...")
    assert ("INCONCLUSIVE", 11) == project.run("deploy_checks").verdict


@WORKERS
def test_plan_measures_nothing(project: Project, workers: tuple[str, ...]) -> None:
    """``--deploy-plan`` lists what is due, and why the rest is not; nothing is asked, nothing is written."""
    project.settings('[[endpoint]]\nid = "a"\npath = "/a"\ndue = "5m"\nphases = ["first-hour"]')
    project.check("""
@pytest.fixture(autouse=True)
def loud():
    raise OSError

def test_a(api):
    api.get("/own")

@pytest.mark.phase("monthly")
def test_monthly(): ...
""")
    done = project.run("--deploy-plan", "--deployed-at=10m", *workers)
    assert 0 == done.code, done.shown
    assert [] == project.service.asked
    assert not project.reports.exists()
    text = " ".join(done.out.split())
    assert "endpoints.answers[a]" in text
    assert "overdue by" in text
    assert "1 not due in first-hour" in text


@WORKERS
def test_collect_only(project: Project, workers: tuple[str, ...]) -> None:
    """``--collect-only`` is pytest's own: nothing is asked, nothing is written, no verdict is given."""
    project.check("def test_a(): ...")
    done = project.run("--collect-only", "-q", *workers)
    assert (0, []) == (done.code, project.service.asked), done.shown
    assert "test_own.py::test_a" in done.out
    assert not project.reports.exists()


PHASES = """
@pytest.mark.phase("first-minute")
def test_minute(): ...

@pytest.mark.phase("first-hour", "weekly")
def test_hour(): ...

@pytest.mark.phase("first-24-hours")
def test_day(): ...

@pytest.mark.phase("monthly")
def test_monthly(): ...

@pytest.mark.phase("every-run")
def test_every(): ...

def test_unmarked(): ...
"""


@WORKERS
def test_phases_select(project: Project, workers: tuple[str, ...]) -> None:
    """A phase runs its own checks, those of the phases around it, and once those of the phases inside it."""
    project.check(PHASES)
    first = project.run("--deploy-id=d1", *workers)
    assert {"test_minute", "test_hour", "test_day", "test_every", "test_unmarked"} == set(first.statuses)
    assert "not due in first-hour: 1" in first.record["run"]["left_out"]
    again = project.run("--deploy-id=d1", *workers)
    assert {"test_hour", "test_day", "test_every", "test_unmarked"} == set(again.statuses)
    assert "done in an earlier run of this deployment: 1" in again.record["run"]["left_out"]
    assert 2 == again.record["tick"]
    other = project.run("--deploy-id=d2", *workers)
    assert "test_minute" in other.statuses
    nameless = project.run(*workers)
    assert "test_minute" in nameless.statuses
    assert {"test_minute", "test_hour", "test_day", "test_every", "test_unmarked"} == set(nameless.statuses)
    narrow = project.run("--deploy-id=d1", *workers, phase="first-minute")
    assert "test_hour" in narrow.statuses


def test_failed_check_is_not_done(project: Project) -> None:
    """Only what passed is done; what failed or was not measured runs again."""
    project.check("""
@pytest.mark.phase("first-minute")
def test_fails():
    assert 1 == 2

@pytest.mark.phase("first-minute")
def test_skips():
    pytest.skip("later")
""")
    project.run("--deploy-id=d1")
    assert {"test_fails", "test_skips"} == set(project.run("--deploy-id=d1").statuses)


@pytest.mark.parametrize(
    ("age", "phase"), [("30s", "first-minute"), ("20m", "first-hour"), ("3d", "first-week"), ("90d", "daily")]
)
def test_auto_phase(project: Project, age: str, phase: str) -> None:
    """``auto`` finds the phase from the age of the deployment."""
    done = project.run(f"--deployed-at={age}", phase="auto")
    assert (phase, ("PASS", 0)) == (done.record["phase"], done.verdict)


def test_auto_phase_needs_an_age(project: Project) -> None:
    """Without knowing when it was deployed ``auto`` cannot choose."""
    done = project.run(phase="auto")
    assert 4 == done.code
    assert "--deployed-at" in done.err
    assert "Traceback" not in done.shown


@pytest.mark.parametrize("value", ["yesterday", "2026-01-01", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "-5"])
def test_wrong_time(project: Project, value: str) -> None:
    """A time that is none is a usage error."""
    done = project.run(f"--deployed-at={value}")
    assert 4 == done.code
    assert "--deployed-at" in done.err
    assert "Traceback" not in done.shown
