"""Facts about containers and workloads become words, or nothing when all is well."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pytest_deploycheck.asks import ContainerAnswer, Pod, WorkloadAnswer
from pytest_deploycheck.judgement import running

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEFORE, AFTER = AT - timedelta(hours=1), AT + timedelta(minutes=1)
APP = ContainerAnswer(name="app", state="running", health="healthy", created=AFTER, started=AFTER)
API = WorkloadAnswer(
    name="deployment/api", desired=3, total=3, updated=3, available=3, generation=2, observed=2, pods=()
)
DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"health": ""}, None),
        ({"health": "starting"}, None),
        ({"state": "created"}, None),
        ({"state": "missing"}, "there is no container app"),
        ({"state": "exited", "exit_code": 137, "out_of_memory": True}, "app is exited (exit code 137, out of memory)"),
        ({"state": "paused", "exit_code": 0}, "app is paused (exit code 0)"),
        ({"state": "a new state"}, "app is a new state (exit code None)"),
        ({"state": "restarting", "restarts": 9}, "app restarts again and again (9 times)"),
        ({"health": "unhealthy"}, "app says that it is unhealthy"),
    ],
)
def test_a_container(changes: dict[str, Any], words: str | None) -> None:
    """Whatever is not running is trouble, a health check counts when there is one."""
    assert words == running.container_trouble(replace(APP, **changes))


@pytest.mark.parametrize(
    ("changes", "trouble", "unfinished"),
    [
        ({}, None, None),
        ({"found": False}, "there is no deployment/api", None),
        ({"desired": 0}, "deployment/api is scaled to 0", None),
        ({"stuck": "late"}, "the rollout of deployment/api is stuck: late", None),
        ({"observed": 1}, None, "deployment/api: the cluster has not seen the newest change yet"),
        ({"updated": 1}, None, "deployment/api: 1 of 3 replicas are updated"),
        ({"total": 5}, None, "deployment/api: 2 old replicas still run"),
        ({"available": 2}, None, "deployment/api: 2 of 3 replicas are available"),
        (
            {"available": 2, "pods": (Pod(name="x", phase="Running", waiting="CrashLoopBackOff"),)},
            None,
            "deployment/api: 2 of 3 replicas are available (pods wait: CrashLoopBackOff)",
        ),
    ],
)
def test_a_rollout(changes: dict[str, Any], trouble: str | None, unfinished: str | None) -> None:
    """A rollout is complete when the cluster saw it, all replicas are new, and all are available."""
    workload = replace(API, **changes)
    assert trouble == running.workload_trouble(workload)
    if trouble is None:
        assert unfinished == running.workload_unfinished(workload)


@pytest.mark.parametrize(
    ("changes", "since", "count", "remark"),
    [
        ({"restarts": 2}, AT, 2, None),
        ({"restarts": 2, "started": BEFORE, "created": BEFORE}, AT, 0, None),
        ({"restarts": 2, "created": BEFORE}, AT, 2, "since the container was created, which was before the deployment"),
        ({"restarts": 2}, None, 2, "since the container was created: nobody knows when the deployment was"),
    ],
)
def test_restarts_of_a_container(
    changes: dict[str, Any], since: datetime | None, count: int, remark: str | None
) -> None:
    """Restarts before the deployment do not count; what cannot be told apart is said."""
    assert (count, remark) == running.container_restarts(replace(APP, **changes), since)


def test_restarts_of_a_workload() -> None:
    """New pods count all their restarts, older ones the last one when it was after the deployment."""
    fresh = Pod(name="a", phase="Running", created=AFTER, restarts=2)
    old = Pod(name="b", phase="Running", created=BEFORE, restarts=7, last_end=BEFORE)
    late = Pod(name="c", phase="Running", created=BEFORE, restarts=7, last_end=AFTER)
    assert (2, None) == running.workload_restarts(replace(API, pods=(fresh, old)), AT)
    count, remark = running.workload_restarts(replace(API, pods=(fresh, old, late)), AT)
    assert 3 == count
    assert str(remark).startswith("at least")
    assert 16 == running.workload_restarts(replace(API, pods=(fresh, old, late)), None)[0]


@pytest.mark.parametrize(
    ("expected", "image", "digests", "same"),
    [
        ("shop/app:1.2", "shop/app:1.2", (), True),
        ("shop/app:1.2", "docker.io/shop/app:1.2", (), True),
        ("postgres:17", "docker.io/library/postgres:17", (), True),
        ("shop/app", "shop/app:latest", (), True),
        ("shop/app:1.2", "shop/app:1.20", (), False),
        ("shop/app:1.2", "evil/app:1.2", (), False),
        ("host:5000/app", "host:5000/app:latest", (), True),
        (":1.2", "host:5000/app:1.2", (), True),
        (":1.2", "host:5000/app:1.3", (), False),
        (f"shop/app@{DIGEST}", "shop/app:1.2", (f"shop/app@{DIGEST}",), True),
        (f"shop/app@{DIGEST}", f"shop/app@{DIGEST}", (), True),
        (f"shop/app:1.2@{DIGEST}", "shop/app:1.2", ("sha256:" + "b" * 64,), False),
        (f"shop/app@{DIGEST}", "shop/app:1.2", (), False),
        ("shop/app:1.2", "", (), False),
    ],
)
def test_the_same_image(expected: str, image: str, digests: tuple[str, ...], same: bool) -> None:  # noqa: FBT001  # a table
    """Digests decide when one is given; otherwise name and tag, or the tag alone."""
    assert same is running.is_image(expected, image, digests)
