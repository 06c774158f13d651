"""Alerting rules of a Prometheus that have to be configured and must not fire."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Literal, Self

from pydantic import Field, model_validator

from pytest_deploycheck.settings.fields import BaseUrl, Name, SeverityWord
from pytest_deploycheck.settings.items import Item
from pytest_deploycheck.settings.servers import Credentials
from pytest_deploycheck.settings.values import problem
from pytest_deploycheck.status import Severity


class AlertRule(Credentials, Item):
    """An alerting rule that has to be configured, healthy, and silent; without alert, no matching alert may fire."""

    kind = "alert_rule"

    severity: SeverityWord = Field(default=Severity.HIGH, description="How bad a failure is.")
    alert: Name | None = Field(
        default=None, description="The rule's name, which has to be configured; without it, any active alert counts."
    )
    labels: dict[Name, str] = Field(default_factory=dict, description="Labels that the rule or alert has to have.")
    firing: Literal["fail", "ignore"] = Field(default="fail", description="What a firing alert means.")
    url: BaseUrl | None = Field(default=None, description="Another server than prometheus.url.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        """Refuse an entry that can never fail."""
        if self.alert is None and self.firing == "ignore":
            raise problem("checks nothing", "Give alert, or leave firing out.")
        return self
