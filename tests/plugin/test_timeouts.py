"""A check that hangs is an error, costs its timeout and no more, and is never green."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

HANGING = """
import time

@pytest.mark.severity("high")
def test_hangs():
    time.sleep(60)

def test_after(): ...
"""


@pytest.mark.parametrize(
    ("settings", "arguments"),
    [
        ('[run]\ncheck_timeout = "300ms"', ()),
        ('[run]\ncheck_timeout = "300ms"', ("-n", "2")),
        ("", ("--timeout=0.3",)),
        ("", ("-o", "timeout=0.3")),
    ],
    ids=["settings", "n2", "option", "ini"],
)
def test_hung_check_is_an_error(project: Project, settings: str, arguments: tuple[str, ...]) -> None:
    """It could not be measured in time: ERROR with the reason, the others run, the verdict is INCONCLUSIVE."""
    project.settings(settings)
    project.check(HANGING)
    done = project.run(*arguments)
    assert {"test_hangs": "ERROR", "test_after": "PASS"} == done.statuses
    assert "did not end in time" in done.checks["test_hangs"]["reason"]
    assert ("INCONCLUSIVE", 11) == done.verdict
    assert done.record["run"]["seconds"] < 20


def test_own_timeout_wins(project: Project) -> None:
    """The marker of pytest-timeout on a check is closer than the settings; a hung fixture counts like a hung check."""
    project.settings('[run]\ncheck_timeout = "30s"')
    project.check("""
import time

@pytest.fixture
def slow():
    time.sleep(60)

@pytest.fixture
def slow_end():
    yield
    time.sleep(60)

@pytest.mark.timeout(0.3)
def test_setup(slow): ...

@pytest.mark.timeout(0.3)
def test_teardown(slow_end): ...

@pytest.mark.timeout(0.3)
def test_swallows():
    try:
        time.sleep(60)
    except Exception:
        pass
""")
    done = project.run()
    assert {"ERROR"} == set(done.statuses.values())
    assert 3 == len(done.statuses)


def test_thread_method_is_never_zero(project: Project) -> None:
    """The thread method ends the whole process; verdict.json then says that the run did not finish."""
    project.settings('[run]\ncheck_timeout = "300ms"')
    project.check(HANGING)
    assert ("PASS", 0) == project.run("-k", "answers").verdict
    done = project.run("--timeout-method=thread")
    assert 0 != done.code
    assert "INCONCLUSIVE" == done.decision
    assert not done.record["run"]["finished"]
    with_workers = project.run("--timeout-method=thread", "-n", "2")
    assert ("INCONCLUSIVE", 11) == with_workers.verdict
    assert "ERROR" == with_workers.statuses["test_hangs"]


def test_hanging_service_costs_one_timeout(project: Project) -> None:
    """A service that does not answer is a failed probe after its timeout; the checks wait side by side."""
    import time  # noqa: PLC0415  # only here

    def slow() -> tuple[int, str]:
        time.sleep(1.2)
        return 200, "{}"

    endpoints = "".join(f'[[endpoint]]\nid = "e{n}"\npath = "/slow/{n}"\ntimeout = "500ms"\n' for n in range(4))
    project.settings(endpoints)
    project.service.answers.update({f"/slow/{n}": slow for n in range(4)})
    done = project.run()
    failed = {name: check for name, check in done.checks.items() if name.startswith("endpoints.")}
    assert {"FAIL"} == {check["status"] for check in failed.values()}
    assert 4 == len(failed)
    assert all("500" in check["reason"] or "0.5" in check["reason"] for check in failed.values())
