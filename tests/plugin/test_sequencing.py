"""All looks since the deployment judged together: over separate runs, under any number of workers, beside levels."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.history import Observation, open_history
from pytest_deploycheck.model import Deployment, RunInfo, RunRecord, Verdict
from pytest_deploycheck.status import Decision

if TYPE_CHECKING:
    from tests.plugin.conftest import Done, Project

pytest_plugins = ["pytester"]

NOW = datetime.now(UTC)
DEPLOYED = NOW - timedelta(hours=2)
METRIC = """
[reports]
html = false

[[metric]]
id = "errors"
source = "openmetrics"
url = "/metrics"
query = 'ratio(http_requests_total{status=~"5.."}, http_requests_total)'
window = "50ms"
severity = "%s"
levels = { high = "> 10%%" }
%s
"""
COUNTER = 'http_requests_total{status="200"} %d\nhttp_requests_total{status="500"} %d\n'
REGRESSION = "a healthy deployment would look like this less than once in"


def remember(project: Project, phase: str, begin: datetime, shares: list[float], n: int = 1000) -> None:
    """Put runs of r1, a minute apart, into the history; those after the deployment looked at all of it."""
    deployment = Deployment(id="r1", deployed_at=DEPLOYED)
    with open_history(project.reports / "history.sqlite") as history:
        for minute, share in enumerate(shares):
            at = begin + timedelta(minutes=minute)
            run = history.begin_run(deployment, phase, minute + 1, at)
            seen = Observation(check="metrics.metric[errors]", metric="errors", at=at, value=share, unit="%", n=n)
            history.append(run, [seen, replace(seen, metric="errors.sequential", value=1.0, unit="")])
            record = RunRecord(
                deployment=deployment,
                phase=phase,
                tick=minute + 1,
                verdict=Verdict(decision=Decision.PASS, exit_code=0, rule="", summary=""),
                checks=(),
                run=RunInfo(tool_version="1", started_at=at, finished_at=at, finished=True),
            )
            history.finish_run(run, record)


def captured(project: Project, *, looks: int = 40) -> None:
    """Put a baseline of 1 % into the history: what independent requests look like."""
    chance = random.Random(1)  # noqa: S311  # a seed, no secret
    shares = [sum(chance.random() < 0.01 for _ in range(1000)) / 10 for _ in range(looks)]
    remember(project, "pre-deploy", DEPLOYED - timedelta(minutes=90), shares)


def serve(project: Project, share: float, n: int = 1000) -> None:
    """Count ``n`` more requests at each scrape, a share of them bad."""
    scrapes = itertools.count(1)

    def metrics() -> tuple[int, str]:
        seen = next(scrapes)
        bad = round(share * n * seen)
        return 200, COUNTER % (n * seen - bad, bad)

    project.service.answers["/metrics"] = metrics


def tick(project: Project, *more: str) -> Done:
    """Look once at the deployment."""
    return project.run("--deploy-id=r1", f"--deployed-at={DEPLOYED.isoformat()}", *more)


def second_reading(done: Done) -> dict[str, Any]:
    """Return the reading of all looks."""
    found = done.checks["metrics.metric[errors]"]["measurements"]
    return next(each for each in found if each["repeated"] is not None)


@pytest.mark.parametrize(
    ("severity", "looks", "baseline", "verdict", "words", "workers"),
    [
        ("critical", [3.0], 40, ("ROLLBACK", 20), REGRESSION, ()),
        ("critical", [3.0], 40, ("ROLLBACK", 20), REGRESSION, ("-n", "2")),
        ("medium", [3.0], 40, ("WATCH", 12), REGRESSION, ()),
        ("critical", [5.0, 5.0], 3, ("WATCH", 12), "the baseline is too short to roll back on", ()),
        ("critical", [1.0], 40, ("PASS", 0), "times the baseline's errors or more is ruled out (95 % sure)", ()),
    ],
)
def test_three_times_the_errors_are_found_below_every_level(
    project: Project,
    severity: str,
    looks: list[float],
    baseline: int,
    verdict: tuple[str, int],
    words: str,
    workers: tuple[str, ...],
) -> None:
    """A critical metric goes back, another is watched, and a healthy one passes, whoever runs the check."""
    captured(project, looks=baseline)
    remember(project, "first-hour", DEPLOYED + timedelta(minutes=5), looks)
    project.settings(METRIC % (severity, ""))
    serve(project, looks[0] / 100)
    done = tick(project, *workers)
    assert done.verdict == verdict
    second = second_reading(done)
    assert words in second["reason"]
    assert second["repeated"]["looks"] == len(looks) + 1
    assert words in done.written
    assert (words in done.out) == bool(verdict[1])


def test_levels_alone(project: Project) -> None:
    """The judge can be switched off; then only levels decide."""
    captured(project)
    remember(project, "first-hour", DEPLOYED + timedelta(minutes=5), [3.0])
    project.settings(METRIC % ("critical", 'judge = "levels"'))
    serve(project, 0.03)
    done = tick(project)
    assert done.verdict == ("PASS", 0)
    assert len(done.checks["metrics.metric[errors]"]["measurements"]) == 1


def test_an_old_version_beside_the_new_one(project: Project) -> None:
    """With a control no baseline is needed: each error is of the new version, or of the old one; looks go on."""
    old = METRIC.partition("[[metric]]")[2] % ("low", "")
    old = old.replace('"errors"', '"old"').replace("http_", "old_").replace("high", "low")
    project.settings(METRIC % ("critical", 'control = "old"') + "[[metric]]" + old)
    serve(project, 0.03, n=5000)
    new = project.service.answers["/metrics"]
    assert callable(new)

    def both() -> tuple[int, str]:
        status, text = new()
        total = int(text.split()[1]) + int(text.split()[3])
        return status, text + (COUNTER % (total - total // 100, total // 100)).replace("http_", "old_")

    project.service.answers["/metrics"] = both
    first, second = tick(project), tick(project)
    assert second_reading(first)["repeated"]["looks"] == 1
    assert second_reading(second)["repeated"]["looks"] == 2
    assert second_reading(second)["repeated"]["evidence"] > second_reading(first)["repeated"]["evidence"]
    assert second.verdict == ("ROLLBACK", 20)
    assert "times the old version's errors since" in second.out


def test_settings_that_make_no_sense(project: Project) -> None:
    """Dials out of their range, and a control that is no metric, are told with their place."""
    project.settings(METRIC % ("critical", 'control = "eror"') + "[judgement]\nalpha = 0.9\n")
    done = project.run()
    assert done.code == 4
    assert "judgement: alpha has to be between 0 and 0.5, not 0.9" in done.shown
    assert "metric[0] (errors).control: is no metric" in done.shown
