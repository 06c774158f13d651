"""The HTML report of real runs: it looks back into the history, and stays small."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

QUEUE = """
[[metric]]
id = "queue"
source = "http"
path = "/queue"
query = "length"
unit = "s"
levels = { medium = "> 10", high = "> 20" }
"""
MANY = """
import pytest
@pytest.mark.parametrize("name", [f"check-number-{number}" for number in range(1000)])
def test_many(thresholds, name):
    thresholds.check(f"latency-{name}", 0.0123, unit="s", levels={"medium": "> 1s", "critical": "> 2s"})
"""


def page(project: Project) -> str:
    """Return the report of the last run."""
    return (project.reports / "report.html").read_text("utf-8")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
def test_the_report_looks_back(project: Project, workers: tuple[str, ...]) -> None:
    """The second run says what is worse, draws the metric with its whole ladder, and marks the deployment."""
    project.settings(QUEUE)
    project.service.answers["/queue"] = (200, '{"length": 7.5}')
    project.run("--deploy-id=r1", "--deployed-at=2m", *workers)
    first = page(project)
    assert "There is no earlier run to compare with." in first
    assert 'id="dc-time"' not in first
    project.service.answers["/queue"] = (200, '{"length": 25}')
    project.run("--deploy-id=r1", "--deployed-at=2m", *workers)
    second = page(project)
    assert "<h3>Since run 1 of first-hour, " in second
    worse = second[second.index("Newly failing or worse") :]
    assert re.match(
        r'[^/]*/span></h4><ul class="dc-changes"><li><span class="dc-chip dc-pass">PASS</span> &rarr; ', worse
    )
    assert "dc-limit-medium" in second
    assert "dc-limit-high" in second
    assert "2 looks from" in second


def test_another_deployment_is_compared_with_the_one_before(project: Project) -> None:
    """Its first run has the same phase of the last deployment to look back at, and says so."""
    project.settings(QUEUE)
    project.service.answers["/queue"] = (200, '{"length": 25}')
    project.run("--deploy-id=r1")
    project.service.answers["/queue"] = (200, '{"length": 7.5}')
    project.run("--deploy-id=r2")
    assert "of r1, the deployment before" in page(project)
    assert "Recovered" in page(project)


def test_a_thousand_checks_stay_below_two_megabytes(project: Project) -> None:
    """The whole file, with a measurement of each check, twice looked at, so that there are charts as well."""
    project.check(MANY)
    project.run("--deploy-id=r1", "-q")
    project.run("--deploy-id=r1", "-q")
    assert 1000 < page(project).count('<tbody id="check=')
    assert 2_000_000 > (project.reports / "report.html").stat().st_size
