"""The run measures itself: what it costs, what it missed, and a warning beyond its budget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.history import open_history

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

SETTINGS = """
[run]
budget = { seconds = "1ms", requests = 0 }

[[endpoint]]
id = "later"
path = "/later"
phases = ["weekly"]
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_run_measures_itself(project: Project, workers: tuple[str, ...]) -> None:
    """Beyond its budget it warns and still passes; what never ran is named; all of it is in the history."""
    project.settings(SETTINGS)
    done = project.run("--deploy-id=r1", f"--deployed-at={datetime.now(UTC) - timedelta(minutes=5)}", *workers)
    assert done.verdict == ("PASS", 0)
    notes = "\n".join(done.record["run"]["notes"])
    assert "more than its budget of 1ms" in notes
    assert "requests, more than its budget of 0" in notes
    assert "declared, and not run in any phase so far: endpoints.answers[later]" in notes
    with open_history(project.reports / "history.sqlite") as history:
        points = {name: history.series(name, environment="production") for name in ("run.requests", "run.load")}
    assert [point.value for point in points["run.requests"]] == [done.record["run"]["requests"]]
    assert [point.check for point in points["run.load"]] == ["deploycheck.run"]
