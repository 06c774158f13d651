"""Is the service there? The first thing that is asked after a deployment."""

import pytest

from pytest_deploycheck import Expectation, Probe, Settings, expected_of

NO_SERVER_ERROR = tuple(range(200, 500))

pytestmark = [pytest.mark.severity("critical"), pytest.mark.impact("availability")]


@pytest.mark.action("Look at the service's log and at its last restart.")
def test_service_answers(probe: Probe, deploy_settings: Settings) -> None:
    """The service answers, on its health path when one is declared."""
    health = deploy_settings.service.health
    answer = probe.get(health or "/")
    probe.expect(answer, Expectation() if health else Expectation(status=NO_SERVER_ERROR))


@pytest.mark.needs("service.readiness")
@pytest.mark.action("See what the readiness body says is missing.")
def test_service_is_ready(probe: Probe, deploy_settings: Settings) -> None:
    """The service says that it is ready for traffic."""
    answer = probe.get(deploy_settings.service.readiness or "/readiness")
    ready = (("ready", expected_of([True, None])),) if answer.text().lstrip().startswith("{") else ()
    probe.expect(answer, Expectation(json=ready))
