"""What the service needs: URLs, TCP ports, names, Redis, and the parts of its own health body."""

import pytest

from pytest_deploycheck import Dependency, Metrics, Probe, Thresholds


@pytest.mark.each("dependency")
@pytest.mark.action("See the status page of the dependency, and the network between it and the service.")
def test_dependency(dependency: Dependency, probe: Probe) -> None:
    """The dependency answers as the settings expect."""
    probe.dependency(dependency)


@pytest.mark.each("dependency", having="tls_expiry", asks="certificate")
@pytest.mark.impact("security")
@pytest.mark.action("Renew the certificate, or ask those who run the dependency to.")
def test_certificate_lasts(dependency: Dependency, metrics: Metrics, thresholds: Thresholds) -> None:
    """The dependency's certificate is valid for long enough."""
    thresholds.judge(metrics.certificate_days(dependency), dependency.tls_expiry)
