"""What became of a test, and what that means for the verdict: nothing that was not measured is ever green."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]


@pytest.mark.parametrize(
    ("severity", "status", "verdict"),
    [("critical", "FAIL", ("WATCH", 12)), ("medium", "WARN", ("WARN", 0))],
)
def test_plain_assert_has_the_severity_of_its_check(
    project: Project, severity: str, status: str, verdict: tuple[str, int]
) -> None:
    """An assertion in a critical check is a failure, in a medium one a warning that does not fail the test."""
    project.check(f"""
@pytest.mark.severity("{severity}")
def test_a():
    assert [1, 2] == [1, 3]
""")
    done = project.run()
    assert ({"test_a": status}, verdict) == (done.statuses, done.verdict)
    assert "[1, 2] == [1, 3]" in done.checks["test_a"]["reason"]
    assert "[1, 2] == [1, 3]" in done.out


def test_all_kinds_of_ends(project: Project) -> None:
    """Skips, expected failures and broken fixtures have a status of their own, and none of them is PASS."""
    project.check("""
@pytest.fixture
def broken():
    raise OSError("disk gone")

@pytest.fixture
def unclean():
    yield
    raise OSError("cleanup failed")

@pytest.fixture
def asserting():
    assert 1 == 2

def test_skipped():
    pytest.skip("not today")

@pytest.mark.skip(reason="never")
def test_marked_skipped(): ...

@pytest.mark.xfail(reason="known")
def test_xfailed():
    assert False

@pytest.mark.xfail(reason="known", run=False)
def test_not_run(): ...

@pytest.mark.xfail(reason="known")
def test_xpassed(): ...

@pytest.mark.severity("high")
@pytest.mark.xfail(reason="known", strict=True)
def test_strictly_xpassed(): ...

@pytest.mark.severity("high")
def test_broken_fixture(broken): ...

@pytest.mark.severity("high")
def test_unclean(unclean): ...

@pytest.mark.severity("high")
def test_failed_and_unclean(unclean):
    assert 1 == 2

@pytest.mark.severity("high")
def test_fixture_asserts(asserting): ...

@pytest.mark.severity("high")
def test_fails_by_call():
    pytest.fail("by hand")

def test_returns(): ...
""")
    done = project.run()
    assert {
        "test_skipped": "INCONCLUSIVE",
        "test_marked_skipped": "INCONCLUSIVE",
        "test_xfailed": "WARN",
        "test_not_run": "WARN",
        "test_xpassed": "WARN",
        "test_strictly_xpassed": "FAIL",
        "test_broken_fixture": "ERROR",
        "test_unclean": "ERROR",
        "test_failed_and_unclean": "FAIL",
        "test_fixture_asserts": "FAIL",
        "test_fails_by_call": "FAIL",
        "test_returns": "PASS",
    } == done.statuses
    assert ("WATCH", 12) == done.verdict
    reasons = {name: check["reason"] for name, check in done.checks.items()}
    assert "skipped: not today" == reasons["test_skipped"]
    assert "while cleaning up" in reasons["test_unclean"]
    assert "disk gone" in reasons["test_broken_fixture"]
    assert "expected to fail: known" == reasons["test_xfailed"]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
def test_import_error(project: Project, workers: tuple[str, ...]) -> None:
    """A file of checks that cannot be imported is never green, and is named."""
    project.check("def test_good(): pass")
    project.check("import no_such_module_anywhere", "test_broken.py")
    done = project.run(*workers)
    assert 0 != done.code
    assert "INCONCLUSIVE" == done.decision
    assert "test_broken.py could not be collected" in done.record["verdict"]["summary"]
    goes_on = project.run("--continue-on-collection-errors", *workers)
    assert ("INCONCLUSIVE", 11) == goes_on.verdict


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
def test_skipped_file(project: Project, workers: tuple[str, ...]) -> None:
    """A file that skips itself takes its checks away: never silently."""
    project.check("def test_good(): pass")
    project.check('pytest.skip("not here", allow_module_level=True)\ndef test_a(): ...', "test_skipping.py")
    done = project.run(*workers)
    assert ("INCONCLUSIVE", 11) == done.verdict
    assert "test_skipping.py" in done.record["verdict"]["summary"]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
def test_exit_with_zero_is_not_success(project: Project, workers: tuple[str, ...]) -> None:
    """``pytest.exit(returncode=0)`` in a check cannot buy a zero."""
    project.check("""
def test_a():
    pytest.exit("enough", returncode=0)

def test_b(): ...
def test_c(): ...
""")
    done = project.run(*workers)
    assert done.code not in {0, 1}
    assert "INCONCLUSIVE" == done.decision


@pytest.mark.parametrize("stop", ["-x", "--maxfail=1"])
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
def test_stop_at_the_first_failure(project: Project, stop: str, workers: tuple[str, ...]) -> None:
    """Stopping early keeps the finding and tells what never reported."""
    project.check("""
import time

@pytest.mark.severity("high")
def test_a():
    assert 1 == 2

@pytest.mark.parametrize("n", range(6))
def test_b(n):
    time.sleep(0.2)
""")
    done = project.run(stop, *workers)
    assert ("WATCH", 12) == done.verdict
    assert done.record["not_reported"]


def test_stop_is_not_triggered_by_a_warning(project: Project) -> None:
    """A warning does not fail its test, so ``-x`` goes on."""
    project.check("def test_a():\n    assert 1 == 2\n\ndef test_b(): ...")
    done = project.run("-x")
    assert ("WARN", 0) == done.verdict
    assert [] == done.record["not_reported"]


def test_ignored_reading_does_not_hide_a_failure(project: Project) -> None:
    """``no_data = "ignore"`` forgives missing data, and nothing else that the same check finds."""
    project.settings('[[metric]]\nid = "own"\nsource = "check"\nno_data = "ignore"\nlevels = { high = "> 2" }')
    project.check("""
@pytest.mark.severity("high")
def test_both(thresholds):
    thresholds.check("own", None)
    thresholds.check("own", 3)

@pytest.mark.severity("high")
def test_ignored(thresholds):
    thresholds.check("own", None)
""")
    done = project.run()
    assert {"test_both": "FAIL", "test_ignored": "INCONCLUSIVE"} == done.statuses
    assert ("WATCH", 12) == done.verdict
    assert (False, True) == (done.checks["test_both"]["dry_run"], done.checks["test_ignored"]["dry_run"])


def test_other_forms_of_checks(project: Project) -> None:
    """Classes, unittest cases and subtests count like other checks; a coroutine that nobody awaits has not passed."""
    project.check("""
import unittest

class TestGroup:
    @pytest.mark.severity("high")
    def test_in_class(self):
        assert 1 == 2

class Old(unittest.TestCase):
    def test_good(self):
        self.assertEqual(1, 1)

    def test_bad(self):
        self.assertEqual(1, 2)

    def test_sub(self):
        for n in range(3):
            with self.subTest(n=n):
                self.assertNotEqual(1, n)

def test_subtests(subtests):
    for n in range(3):
        with subtests.test(n=n):
            assert n != 1

async def test_async():
    assert 1 == 2
""")
    done = project.run()
    assert {
        "test_in_class": "FAIL",
        "test_good": "PASS",
        "test_bad": "WARN",
        "test_sub": "WARN",
        "test_subtests": "WARN",
    } == {name: status for name, status in done.statuses.items() if name != "test_async"}
    assert "PASS" != done.statuses.get("test_async")
    assert ("WATCH", 12) == done.verdict
