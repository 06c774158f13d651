"""Do a container and a workload run as deployed? Facts in, words out: None or nothing means that all is well. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pytest_deploycheck.asks import ContainerAnswer, WorkloadAnswer

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_HUB: Final = re.compile(r"^(?:(?:index\.)?docker\.io/)?(?:library/)?")


def container_trouble(container: ContainerAnswer) -> str | None:
    """Return why a container does not do its work, None when it does or is still starting."""
    if container.state == "missing":
        return f"there is no container {container.name}"
    if container.state not in {"running", "created", "restarting"}:
        memory = ", out of memory" if container.out_of_memory else ""
        return f"{container.name} is {container.state} (exit code {container.exit_code}{memory})"
    if container.state == "restarting":
        return f"{container.name} restarts again and again ({container.restarts} times)"
    return f"{container.name} says that it is unhealthy" if container.health == "unhealthy" else None


def container_starting(container: ContainerAnswer) -> bool:
    """Tell whether a container has not come up yet."""
    return container.state == "created" or container.health == "starting"


def workload_trouble(workload: WorkloadAnswer) -> str | None:
    """Return why a rollout has failed for good, None when it is finished or under way."""
    if not workload.found:
        return f"there is no {workload.name}"
    if workload.stuck:
        return f"the rollout of {workload.name} is stuck: {workload.stuck}"
    return f"{workload.name} is scaled to 0" if not workload.desired else None


def workload_unfinished(workload: WorkloadAnswer) -> str | None:
    """Return what a rollout still waits for, as ``kubectl rollout status`` would; None when it is complete."""
    name, desired = workload.name, workload.desired
    waiting = sorted({pod.waiting for pod in workload.pods if pod.waiting})
    why = f" (pods wait: {', '.join(waiting)})" if waiting else ""
    if workload.observed < workload.generation:
        return f"{name}: the cluster has not seen the newest change yet"
    if workload.updated < desired:
        return f"{name}: {workload.updated} of {desired} replicas are updated{why}"
    if workload.total > workload.updated:
        return f"{name}: {workload.total - workload.updated} old replicas still run{why}"
    if workload.available < desired:
        return f"{name}: {workload.available} of {desired} replicas are available{why}"
    return None


def container_restarts(container: ContainerAnswer, since: datetime | None) -> tuple[int, str | None]:
    """Return how often a container restarted since a time, and a remark when that is not known exactly."""
    if since is None:
        return container.restarts, "since the container was created: nobody knows when the deployment was"
    if container.started is not None and container.started < since:
        return 0, None
    if container.created is not None and container.created < since and container.restarts:
        return container.restarts, "since the container was created, which was before the deployment"
    return container.restarts, None


def workload_restarts(workload: WorkloadAnswer, since: datetime | None) -> tuple[int, str | None]:
    """Return how often containers of a workload restarted since a time; of an older pod only its last end is known."""
    counted, rough = 0, False
    for pod in workload.pods:
        if since is None or (pod.created is not None and pod.created >= since):
            counted += pod.restarts
        elif pod.last_end is not None and pod.last_end >= since:
            counted, rough = counted + 1, True
    remark = "since the pods were created: nobody knows when the deployment was" if since is None else None
    return counted, "at least: pods older than the deployment tell only their last end" if rough else remark


def is_image(expected: str, image: str, digests: Iterable[str]) -> bool:
    """Tell whether an image is the expected one: by digest, by tag alone (``:1.2``), or by name and tag."""
    wanted = _DIGEST.search(expected)
    if wanted is not None:
        known = {match[0] for text in (image, *digests) for match in [_DIGEST.search(text)] if match is not None}
        return wanted[0] in known
    name, tag = _name_and_tag(image)
    if expected.startswith(":"):
        return tag == expected[1:]
    return (name, tag) == _name_and_tag(expected)


def _name_and_tag(image: str) -> tuple[str, str]:
    """Return an image's name, without what Docker Hub adds, and its tag; a colon before a slash is a port."""
    plain = image.partition("@")[0]
    name, colon, tag = plain.rpartition(":")
    if not colon or "/" in tag:
        name, tag = plain, "latest"
    return _HUB.sub("", name), tag
