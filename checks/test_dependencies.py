"""What the service needs: URLs, TCP ports, and the parts of its own health body."""

import pytest

from pytest_deploycheck import Dependency, Probe, Settings, TcpAsk, dependency_ask, expectation_of_dependency


@pytest.mark.each("dependency")
@pytest.mark.action("See the status page of the dependency, and the network between it and the service.")
def test_dependency(dependency: Dependency, probe: Probe, deploy_settings: Settings) -> None:
    """The dependency answers as the settings expect."""
    ask = dependency_ask(deploy_settings, dependency)
    answer = probe.ask(ask)
    if not isinstance(ask, TcpAsk):
        probe.expect(answer, expectation_of_dependency(dependency))
