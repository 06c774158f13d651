"""Conditions that have to hold, and limits, over separate runs of one deployment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.history import Observation, open_history
from pytest_deploycheck.model import Deployment

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

QUEUE = """
[[metric]]
id = "queue"
source = "http"
path = "/queue"
query = "length"
severity = "high"
levels = { high = "> 20" }
for = "5m"
for_gap = "2m"
%s
"""
FLAKY = """
[[endpoint]]
id = "a"
path = "/a"
%s
"""


def seen_before(project: Project, values: dict[float, float]) -> None:
    """Put values of the queue, by minutes before now, into the history of r1."""
    now = datetime.now(UTC)
    deployment = Deployment(id="r1", deployed_at=now - timedelta(hours=1))
    with open_history(project.reports / "history.sqlite") as history:
        run = history.begin_run(deployment, "first-hour", 1, now - timedelta(hours=1))
        history.append(
            run,
            [
                Observation(check="metrics.metric[queue]", metric="queue", at=now - timedelta(minutes=ago), value=value)
                for ago, value in values.items()
            ],
        )


@pytest.mark.parametrize(
    ("before", "more", "verdict", "words", "workers"),
    [
        ({}, "", ("INCONCLUSIVE", 11), "seen for 0s only", ()),
        ({6: 30, 5: 30, 4: 30, 3: 30, 2: 30, 1: 30}, "", ("WATCH", 12), "for 6m", ("-n", "2")),
        ({6: 30, 5: 30, 2: 30, 1: 30}, "", ("INCONCLUSIVE", 11), "seen for 2m", ()),
        ({3: 5, 2: 30, 1: 30}, "", ("WARN", 0), "has held for 2m of 5m: pending", ()),
        ({}, 'for_after = "2h"', ("WATCH", 12), "30 > 20 (high)", ()),
    ],
    ids=["first look", "held", "gap", "pending", "at once"],
)  # fmt: skip
def test_a_level_has_to_hold(
    project: Project,
    before: dict[float, float],
    more: str,
    verdict: tuple[str, int],
    words: str,
    workers: tuple[str, ...],
) -> None:
    """Over the looks of earlier runs: seen for long enough, not seen, or begun too lately."""
    project.settings(QUEUE % more)
    project.service.answers["/queue"] = (200, '{"length": 30}')
    seen_before(project, before)
    done = project.run("--deploy-id=r1", *workers)
    assert verdict == done.verdict
    assert words in done.checks["metrics.metric[queue]"]["reason"]


def statuses(project: Project, answers: str, *arguments: str) -> list[tuple[str, str]]:
    """Run once for each letter (``F`` the endpoint fails, ``P`` it works) and return decision and status of it."""
    found = []
    for letter in answers:
        project.service.answers["/a"] = (500 if letter == "F" else 200, "{}")
        done = project.run("--deploy-id=r1", *arguments)
        (check,) = (check for check in done.record["checks"] if check["id"].endswith("[a]"))
        found.append((done.decision, check["status"]))
    return found


def test_failures_are_tolerated_and_counted(project: Project) -> None:
    """Up to the limit a failure is a warning; one more fails the check to the end of the phase."""
    project.settings(FLAKY % "failure_limit = 1")
    assert [("WARN", "WARN"), ("PASS", "PASS"), ("WATCH", "FAIL"), ("WATCH", "FAIL")] == statuses(project, "FPFP")
    done = project.run("--deploy-id=r1", "-n", "2")
    assert "failed (2) > failure_limit (1)" in str(done.record["checks"])
    other = project.run("--deploy-id=r2")
    assert ("PASS", 0) == other.verdict


def test_failures_in_a_row(project: Project) -> None:
    """Each good run begins the count again."""
    project.settings(FLAKY % "consecutive_failure_limit = 1")
    assert ["WARN", "PASS", "WARN", "FAIL", "PASS"] == [status for _, status in statuses(project, "FPFFP")]


def test_good_runs_in_a_row(project: Project) -> None:
    """A check is good only after enough good runs."""
    project.settings(FLAKY % "consecutive_success_limit = 2")
    assert [("INCONCLUSIVE", "INCONCLUSIVE"), ("PASS", "PASS")] == statuses(project, "PP")


def test_limits_without_a_history(project: Project) -> None:
    """What cannot be counted is not tolerated, and not good either."""
    (project.path / "file").write_text("")
    project.settings(FLAKY % "failure_limit = 1")
    found = statuses(project, "FP", "--deploy-history=sqlite:///file/h.sqlite")
    assert [("WATCH", "FAIL"), ("INCONCLUSIVE", "INCONCLUSIVE")] == found
