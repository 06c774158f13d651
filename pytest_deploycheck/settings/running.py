"""The items of the settings for what runs the service: containers, workloads of a cluster, scheduled jobs."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Annotated, Literal

from pydantic import Field

from pytest_deploycheck.settings.fields import Duration, Name, SeverityWord
from pytest_deploycheck.settings.items import Item
from pytest_deploycheck.settings.ladders import CountLevels, default_levels
from pytest_deploycheck.status import Impact, Severity

ContainerName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]*$", max_length=200)]
WorkloadName = Annotated[str, Field(pattern=r"^(?:deployment|statefulset|daemonset)/[a-z0-9][a-z0-9.-]*$")]
ClusterName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.@:/-]*$", max_length=253)]
_IMAGE = (
    'The image that has to run: "registry/app:{version}", ":{version}" for the tag alone, or one with @sha256:… for '
    "the digest; {version} and {commit} are the deployment's."
)


class Running(Item):
    """What containers and workloads have in common."""

    severity: SeverityWord = Field(default=Severity.CRITICAL, description="How bad a failure is.")
    impact: Impact = Field(default=Impact.AVAILABILITY, description="What suffers from a failure.")
    image: Name | None = Field(default=None, description=_IMAGE)
    restarts: CountLevels = Field(
        default_factory=lambda: default_levels("", medium=">= 1", high=">= 3"),
        description="Levels of the number of restarts since the deployment.",
    )
    within: Duration = Field(
        default=300.0, description="How long after the deployment it may still be coming up; after that it has failed."
    )


class Container(Running):
    """A container of docker or podman on this machine: it runs, is healthy, and is the deployed image."""

    kind = "container"

    name: ContainerName = Field(description="The container's name or id.")
    program: Literal["docker", "podman"] = Field(default="docker", description="The program that is asked.")


class Workload(Running):
    """A workload of a Kubernetes cluster: its rollout is complete, and it is the deployed image."""

    kind = "workload"

    name: WorkloadName = Field(description='Its kind and name: "deployment/api", "statefulset/db", "daemonset/agent".')
    namespace: ClusterName | None = Field(default=None, description="Its namespace; default kubectl's.")
    context: ClusterName | None = Field(default=None, description="The context of kubectl; default the current one.")
