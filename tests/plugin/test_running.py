"""Containers and workloads decide about a deployment; docker and kubectl are stand-ins on PATH."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.fix_programs import Programs, deployed, inspected, pod

if TYPE_CHECKING:
    import pytest

    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

SETTINGS = """
[[container]]
id = "app"
name = "app"
image = ":{version}"
[[container]]
id = "gone"
name = "gone"
[[workload]]
id = "api"
name = "deployment/api"
image = "shop/app:{version}"
[[workload]]
id = "slow"
name = "deployment/slow"
within = "1h"
"""


def test_what_runs_decides(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container of another version, a missing one, and a rollout under way are each told as what they are."""
    programs = Programs(project.path / "bin", monkeypatch)
    programs.prints(
        "docker",
        {"image inspect": [], "inspect --type container app": inspected()},
        error="Error: No such container: gone",
    )
    programs.prints(
        "kubectl",
        {
            "get pods": {"items": [pod()]},
            "get deployment/api": deployed(),
            "get deployment/slow": deployed(updatedReplicas=1),
        },
    )
    project.settings(SETTINGS)
    at = (datetime.now(UTC) - timedelta(minutes=20)).isoformat()
    done = project.run("--deploy-id=d", f"--deployed-at={at}", "--deploy-version=1.3")
    found = {name.removeprefix("containers."): check for name, check in done.checks.items() if "containers." in name}
    assert {
        "container_runs[app]": ("PASS", ""),
        "container_runs[gone]": ("FAIL", "there is no container gone"),
        "container_image[app]": ("FAIL", "app runs registry.internal:5000/shop/app:1.2, :1.3 was deployed"),
        "container_restarts[app]": ("PASS", ""),
        "container_restarts[gone]": ("INCONCLUSIVE", "there is no container gone"),
        "rollout[api]": ("PASS", ""),
        "rollout[slow]": ("INCONCLUSIVE", "deployment/slow: 1 of 3 replicas are updated"),
        "workload_image[api]": ("FAIL", "deployment/api runs shop/app:1.2, shop/app:1.3 was deployed"),
        "workload_restarts[api]": ("PASS", ""),
        "workload_restarts[slow]": ("PASS", ""),
    } == {
        name: (check["status"], "" if check["status"] == "PASS" else check["reason"].partition(". ")[0])
        for name, check in found.items()
    }
    assert ("ROLLBACK", 20) == done.verdict


JOBS = """
[[job]]
id = "fresh"
every = "1h"
file = "fresh"
[[job]]
id = "stale"
every = "10s"
grace = "0s"
file = "stale"
levels = { medium = "> 1s", high = "> 1h" }
[[job]]
id = "never"
schedule = "*/5 * * * *"
file = "never"
[[job]]
id = "told"
every = "1h"
path = "/jobs"
query = "last"
[[job]]
id = "gauge"
every = "1h"
metric = "age"
[[metric]]
id = "age"
source = "http"
path = "/jobs"
query = "age"
unit = "s"
"""


def test_jobs_decide(project: Project) -> None:
    """A job on schedule passes, a late one is judged by its lateness, one that never ran has failed."""
    project.settings(JOBS)
    project.service.answers["/jobs"] = (200, '{"last": "2020-01-01T00:00:00Z", "age": 30}')
    for name in ("fresh", "stale"):
        (project.path / name).touch()
    os.utime(project.path / "stale", (time.time() - 600, time.time() - 600))
    done = project.run()
    found = {name: check for name, check in done.checks.items() if name.startswith("jobs.")}
    assert {"fresh": "PASS", "stale": "WARN", "never": "FAIL", "told": "FAIL", "gauge": "PASS"} == {
        name.partition("[")[2].rstrip("]"): check["status"] for name, check in found.items()
    }
    assert "never never succeeded" == found["jobs.job_is_on_schedule[never]"]["reason"]
    assert ("WATCH", 12) == done.verdict
