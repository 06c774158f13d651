"""Does what was deployed run: containers on this machine, workloads of a cluster?"""

import pytest

from pytest_deploycheck import Container, Runtime, Thresholds, Workload


@pytest.mark.each("container")
@pytest.mark.action("Read its log (docker logs), then start it again or roll back.")
def test_container_runs(container: Container, runtime: Runtime) -> None:
    """The container runs, and is healthy when it has a health check."""
    runtime.require_container(container)


@pytest.mark.each("container", having="image")
@pytest.mark.impact("ops")
@pytest.mark.action("The deployment did not reach this machine: pull the image and recreate the container.")
def test_container_image(container: Container, runtime: Runtime) -> None:
    """The container is the deployed image."""
    runtime.require_image(container)


@pytest.mark.each("container")
@pytest.mark.impact("ops")
@pytest.mark.action("Find out why it ended: docker logs, exit code, memory limit.")
def test_container_restarts(container: Container, runtime: Runtime, thresholds: Thresholds) -> None:
    """The container did not restart since the deployment."""
    thresholds.judge(runtime.restarts(container), container.restarts)


@pytest.mark.each("workload")
@pytest.mark.action("See kubectl rollout status and kubectl describe; undo with kubectl rollout undo.")
def test_rollout(workload: Workload, runtime: Runtime) -> None:
    """The rollout is complete: every replica is updated and available."""
    runtime.require_workload(workload)


@pytest.mark.each("workload", having="image")
@pytest.mark.impact("ops")
@pytest.mark.action("The deployment did not reach the cluster: compare the manifest with the released image.")
def test_workload_image(workload: Workload, runtime: Runtime) -> None:
    """The workload is the deployed image."""
    runtime.require_image(workload)


@pytest.mark.each("workload")
@pytest.mark.impact("ops")
@pytest.mark.action("Find out why they ended: kubectl logs --previous, kubectl describe pod.")
def test_workload_restarts(workload: Workload, runtime: Runtime, thresholds: Thresholds) -> None:
    """No container of the workload restarted since the deployment."""
    thresholds.judge(runtime.restarts(workload), workload.restarts)
