"""From declared containers and workloads to what is asked about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import ContainerAsk, WorkloadAsk

if TYPE_CHECKING:
    from pytest_deploycheck.settings.running import Container, Workload

DEFAULT_TIMEOUT: Final = 10.0


def container_ask(container: Container) -> ContainerAsk:
    """Return the question about a container."""
    return ContainerAsk(name=container.name, program=container.program, timeout=container.timeout or DEFAULT_TIMEOUT)


def workload_ask(workload: Workload) -> WorkloadAsk:
    """Return the question about a workload."""
    return WorkloadAsk(
        name=workload.name,
        namespace=workload.namespace or "",
        context=workload.context or "",
        timeout=workload.timeout or DEFAULT_TIMEOUT,
    )
