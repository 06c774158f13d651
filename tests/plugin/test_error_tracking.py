"""Errors counted by Sentry decide about a deployment, alone and as a share of requests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

SETTINGS = """
[sentry]
url = "{url}"
organization = "acme"
project = "7"
token = "sntrys_s3cret"

[[metric]]
id = "new-errors"
source = "sentry"
query = "new-issues"
severity = "high"
levels = {{ high = ">= 1" }}

[[metric]]
id = "error-rate"
source = "sentry"
query = "events"
severity = "high"
denominator = "requests"
levels = {{ high = "> 1%" }}

[[metric]]
id = "requests"
source = "http"
path = "/requests"
query = "count"
"""


def answer(project: Project, events: int, requests: str) -> None:
    """Let the stand-in answer; the paths hold times, so that every path is answered by its beginning."""
    bodies = {
        "/api/0/organizations/acme/events/": {"data": [{"count()": events}]},
        "/api/0/organizations/acme/issues/": [{"id": "1", "title": "TypeError", "count": "2"}] if events else [],
        "/api/0/organizations/acme/stats_v2/": {"groups": []},
    }
    plain = project.service.answer

    def by_path(path: str) -> tuple[int, str]:
        found = bodies.get(path.partition("?")[0])
        return plain(path) if found is None else (200, json.dumps(found))

    project.service.answers["/requests"] = (200, requests)
    project.service.answer = by_path  # type: ignore[method-assign]  # answers by the beginning of a path


@pytest.mark.parametrize(
    ("events", "requests", "statuses", "verdict", "workers"),
    [
        (0, '{"count": 5000}', ("PASS", "PASS"), ("PASS", 0), ()),
        (60, '{"count": 5000}', ("FAIL", "FAIL"), ("WATCH", 12), ("-n", "2")),
        (0, '{"count": 0}', ("PASS", "INCONCLUSIVE"), ("INCONCLUSIVE", 11), ()),
    ],
)
def test_errors_decide(
    project: Project,
    events: int,
    requests: str,
    statuses: tuple[str, str],
    verdict: tuple[str, int],
    workers: tuple[str, ...],
) -> None:
    """New errors and their share of the requests fail; without a request count the share is inconclusive."""
    answer(project, events, requests)
    project.settings(SETTINGS.format(url=project.service.url))
    at = (datetime.now(UTC) - timedelta(minutes=20)).isoformat()
    done = project.run("--deploy-id=d", f"--deployed-at={at}", *workers)
    assert verdict == done.verdict
    found = tuple(done.checks[f"metrics.metric[{name}]"]["status"] for name in ("new-errors", "error-rate"))
    assert statuses == found
    assert "sntrys_s3cret" not in done.shown + done.written


def test_a_mild_finding_is_filed_once(project: Project) -> None:
    """A warning becomes one ticket of its deployment, not in a dry run and not when nobody is to be told."""
    project.settings(
        f'[tickets]\ntracker = "zendesk"\nurl = "{project.service.url}"\ntoken = "tick3t-token"\nfile = true\n'
        '[[metric]]\nid = "queue"\nsource = "http"\npath = "/queue"\nquery = "n"\nlevels = { medium = "> 1" }\n'
    )
    project.service.answers["/queue"] = (200, '{"n": 5}')
    project.service.answers["/api/v2/tickets.json"] = (201, '{"ticket": {"url": "https://desk.test/7"}}')
    for options in (("--deploy-dry-run",), ("--deploy-no-notify",)):
        project.run("--deploy-id=d", *options)
    assert 0 == project.service.counts["/api/v2/tickets.json"]
    done = project.run("--deploy-id=d")
    assert ("WARN", 0) == done.verdict
    assert "ticket filed for metrics.metric[queue]: https://desk.test/7" in str(done.record["run"]["notes"])
    project.run("--deploy-id=d")
    assert 1 == project.service.counts["/api/v2/tickets.json"]
    assert "tick3t-token" not in done.shown + done.written
