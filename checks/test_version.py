"""Is what runs what was deployed?"""

import pytest

from pytest_deploycheck import (
    BadAnswerError,
    CheckFailedError,
    Deployment,
    Probe,
    Settings,
    UnknownExpectationError,
    lookup,
)

pytestmark = [pytest.mark.severity("high"), pytest.mark.impact("ops"), pytest.mark.needs("service.version")]


@pytest.mark.action("The rollout is unfinished or went elsewhere: compare the running image with the deployed one.")
def test_deployed_version_runs(probe: Probe, deploy_settings: Settings, deployment: Deployment) -> None:
    """The service runs the version that was deployed."""
    if deployment.version is None:
        raise UnknownExpectationError("no version to compare with", "Give --deploy-version VERSION")
    source = deploy_settings.service.version
    assert source is not None
    running = lookup(probe.get(source.path).json(), source.json_path)
    if running is None:
        raise BadAnswerError(
            f"{source.path} says nothing at {source.json_path}", "Correct service.version in the settings"
        )
    if str(running).removeprefix("v") != deployment.version.removeprefix("v"):
        raise CheckFailedError(f"version {running!r} runs, {deployment.version!r} was deployed")
