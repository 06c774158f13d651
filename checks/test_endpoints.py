"""The declared endpoints: what they answer, how fast, for how long their certificate lasts, and to whom they do not."""

import pytest

from pytest_deploycheck import (
    Endpoint,
    Probe,
    Settings,
    Thresholds,
    days_left,
    expectation_of_endpoint,
    stranger_asks,
)


@pytest.mark.each("endpoint")
def test_answers(endpoint: Endpoint, probe: Probe) -> None:
    """The endpoint answers with the status, headers and body that the settings expect."""
    probe.expect(probe.endpoint(endpoint), expectation_of_endpoint(endpoint))


@pytest.mark.each("endpoint", having="latency")
@pytest.mark.impact("performance")
@pytest.mark.action(
    "Compare with the time before the deployment; look at slow queries and at what the service waits for."
)
def test_latency(endpoint: Endpoint, probe: Probe, thresholds: Thresholds) -> None:
    """The endpoint answers fast enough."""
    thresholds.judge(probe.latency(endpoint), endpoint.latency)


@pytest.mark.each("endpoint", having="tls_expiry")
@pytest.mark.impact("security")
@pytest.mark.action("Renew the certificate.")
def test_certificate_lasts(endpoint: Endpoint, probe: Probe, thresholds: Thresholds) -> None:
    """The endpoint's certificate is valid for long enough."""
    thresholds.judge(days_left(endpoint, probe.endpoint(endpoint)), endpoint.tls_expiry)


@pytest.mark.each("endpoint", having="requires_auth", asks="strangers")
@pytest.mark.severity("critical")
@pytest.mark.impact("security")
@pytest.mark.action("Close the endpoint at once: it answers callers without a valid token.")
def test_refuses_strangers(endpoint: Endpoint, probe: Probe, deploy_settings: Settings) -> None:
    """The endpoint refuses callers without a token and with a wrong one."""
    for caller, ask in stranger_asks(deploy_settings, endpoint).items():
        probe.expect_refusal(ask, caller)
