"""The declared alerting rules: somebody is told when it gets bad, and it is not bad now."""

import pytest

from pytest_deploycheck import AlertRule, Alerts


@pytest.mark.each("alert_rule")
@pytest.mark.action("Load the rule into Prometheus when it is missing; follow its own runbook when it fires.")
def test_alert_rule(alert_rule: AlertRule, alerts: Alerts) -> None:
    """The alerting rule is configured, can be evaluated, and does not fire."""
    alerts.require(alert_rule)
