"""The section [judgement]: how metrics that count are judged over all looks since the deployment."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Literal, Self

from pydantic import Field, model_validator

from pytest_deploycheck.judgement.sequential import Rules, RulesError
from pytest_deploycheck.phases import DAY
from pytest_deploycheck.settings.expectations import Table
from pytest_deploycheck.settings.fields import Duration, Integer, Number, Timeout
from pytest_deploycheck.settings.values import problem

Judge = Literal["sequential", "levels"]
_DIALS = (
    "alpha", "beta", "tolerated", "calm_tolerated", "bad", "minimum_effect", "horizon", "minimum_duration", "max_phi",
)  # fmt: skip


class JudgementSettings(Table):
    """How shares are judged over all looks since the deployment, beside their levels."""

    judge: Judge = Field(
        default="sequential", description="levels: only levels decide; sequential: all looks together have a say, too."
    )
    alpha: Number = Field(
        default=0.01, description="The chance to ever call a healthy deployment a regression, for all metrics together."
    )
    beta: Number = Field(default=0.05, description="The chance to call a bad deployment healthy.")
    tolerated: Number = Field(default=1.25, description="How many times the baseline's rate is still fine.")
    calm_tolerated: Number = Field(
        default=1.0, description="The same where the baseline has shown that its looks are independent of each other."
    )
    bad: Number = Field(default=2.0, description='How many times the baseline\'s rate "healthy" has to rule out.')
    minimum_effect: Number | None = Field(
        default=None, description="The smallest odds ratio that is called a regression; default 1.5."
    )
    minimum_duration: Duration = Field(default=3600.0, description="How long to look before anything is healthy.")
    horizon: Integer = Field(default=2880, description="How many looks are expected.")
    max_phi: Number = Field(
        default=10.0, description="A baseline that varies more than so many times as much as chance proves nothing."
    )
    span: Timeout = Field(default=7 * DAY, description="How far before the deployment the baseline reaches back.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        """Refuse dials that make no sense."""
        try:
            self.rules()
        except RulesError as error:
            raise problem(str(error)) from None
        return self

    def rules(self) -> Rules:
        """Return the dials of the judge."""
        return Rules(**{name: getattr(self, name) for name in _DIALS})
