"""The ``runtime`` fixture: whether declared containers and workloads run as deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_deploycheck.asking import container_ask, workload_ask
from pytest_deploycheck.errors import CheckFailedError, NoDataError, UnknownExpectationError
from pytest_deploycheck.judgement import running
from pytest_deploycheck.model import Measurement

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_deploycheck.asks import ContainerAnswer, WorkloadAnswer
    from pytest_deploycheck.plugin.state import DeployRun


class Runtime:
    """Looks at what runs the service."""

    def __init__(self, run: DeployRun) -> None:
        """Look for one check."""
        self._run = run

    def container(self, entry: Any) -> ContainerAnswer:
        """Return what docker or podman knows about a declared container.

        Raises:
            SourceError: the program or its daemon does not answer.
        """
        answer: ContainerAnswer = self._run.observatory.observe(container_ask(entry))
        return answer

    def workload(self, entry: Any) -> WorkloadAnswer:
        """Return what kubectl knows about a declared workload.

        Raises:
            SourceError: kubectl or the cluster does not answer.
        """
        answer: WorkloadAnswer = self._run.observatory.observe(workload_ask(entry))
        return answer

    def require_container(self, entry: Any) -> None:
        """Make sure that a container runs, and is healthy when it has a health check.

        Raises:
            CheckFailedError: it does not.
            NoDataError: it is still coming up, and may be.
        """
        found = self.container(entry)
        trouble = running.container_trouble(found)
        if trouble is not None:
            raise CheckFailedError(trouble)
        if running.container_starting(found):
            self._not_yet(entry, f"{found.name} is still coming up ({found.health or found.state})")

    def require_workload(self, entry: Any) -> None:
        """Make sure that the rollout of a workload is complete.

        Raises:
            CheckFailedError: it is stuck, or takes too long.
            NoDataError: it is under way, and may be.
        """
        found = self.workload(entry)
        trouble = running.workload_trouble(found)
        if trouble is not None:
            raise CheckFailedError(trouble)
        unfinished = running.workload_unfinished(found)
        if unfinished is not None:
            self._not_yet(entry, unfinished)

    def require_image(self, entry: Any) -> None:
        """Make sure that a container, or every container of a workload that has to be it, is the deployed image.

        Raises:
            CheckFailedError: it is another one, or there is none.
            UnknownExpectationError: nobody said which version was deployed.
        """
        expected = self._expected(entry)
        images, digests = self._images(entry)
        if not any(running.is_image(expected, image, digests) for image in images):
            shown = ", ".join(filter(None, images)) or "nothing"
            raise CheckFailedError(f"{entry.name} runs {shown}, {expected} was deployed")

    def restarts(self, entry: Any) -> Measurement:
        """Return how often a container, or the containers of a workload, restarted since the deployment.

        Raises:
            NoDataError: there is no such container or workload.
        """
        count, note, at = self._restarts(entry)
        return Measurement(
            metric=f"{entry.id}.restarts",
            value=count,
            source=entry.kind,
            query="restarts since the deployment",
            target=entry.name,
            at=at,
            note=note,
        )

    def _images(self, entry: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if entry.kind == "container":
            container = self.container(entry)
            return (container.image,), container.digests
        workload = self.workload(entry)
        return workload.images, tuple(digest for pod in workload.pods for digest in pod.digests)

    def _restarts(self, entry: Any) -> tuple[int, str | None, datetime | None]:
        deployment = self._run.deployment
        since = deployment.deployed_at if deployment.deployed_at_known else None
        if entry.kind == "container":
            container = self.container(entry)
            if container.state == "missing":
                raise NoDataError(f"there is no container {entry.name}")
            return (*running.container_restarts(container, since), container.at)
        workload = self.workload(entry)
        if not workload.pods:
            raise NoDataError(f"{entry.name} has no pods")
        return (*running.workload_restarts(workload, since), workload.at)

    def _expected(self, entry: Any) -> str:
        expected: str = entry.image
        deployment = self._run.deployment
        for placeholder, value in (("{version}", deployment.version), ("{commit}", deployment.commit)):
            if placeholder in expected:
                if value is None:
                    word = placeholder.strip("{}")
                    raise UnknownExpectationError(f"no {word} to compare with", "Give --deploy-version VERSION")
                expected = expected.replace(placeholder, value)
        return expected

    def _not_yet(self, entry: Any, words: str) -> None:
        """Say that something is still coming up: a failure once its time is over, or when nobody knows the time."""
        deployment = self._run.deployment
        age = (self._run.now - deployment.deployed_at).total_seconds() if deployment.deployed_at_known else None
        if age is None or age > entry.within:
            raise CheckFailedError(words)
        raise NoDataError(words, f"It has {entry.within - age:.0f} s left; look again")
