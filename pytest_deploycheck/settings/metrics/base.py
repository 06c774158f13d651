"""What all metrics of the settings have in common, whatever place their number comes from."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Any

from pydantic import Field, model_validator

from pytest_deploycheck.judgement.sustain import Holding, max_gap_of
from pytest_deploycheck.settings.fields import (
    BaselineChoice,
    Capacity,
    Duration,
    Hold,
    Integer,
    ItemId,
    SeverityWord,
    Timeout,
    Unit,
)
from pytest_deploycheck.settings.items import Item
from pytest_deploycheck.settings.judging import Judge
from pytest_deploycheck.settings.ladders import Levels
from pytest_deploycheck.settings.values import EVERY_LEVEL
from pytest_deploycheck.status import Impact, Severity


class MetricItem(Item):
    """What all metrics have in common."""

    kind = "metric"

    severity: SeverityWord = Field(default=Severity.MEDIUM, description="How bad a failure is.")
    impact: Impact = Field(default=Impact.PERFORMANCE, description="What suffers from a failure.")
    unit: Unit = Field(
        default="", description='The unit of the value, such as "%", "s" or "B"; levels may use another one that fits.'
    )
    levels: Levels | None = Field(
        default=None, description="From level to condition; without levels the value is only recorded."
    )
    window: Duration | None = Field(default=None, description="The counting window.")
    capacity: Capacity | None = Field(
        default=None, description='What "% of capacity" refers to: a number, or a name in service.capacity.'
    )
    denominator: ItemId | None = Field(
        default=None,
        description="The id of a metric that counts all of them; the value becomes a share, in % unless unit is given.",
    )
    baseline: BaselineChoice | None = Field(
        default=None,
        description='captured, last-good, before, same-hour, or { file = "…" }; default [history] baseline.',
    )
    hold: Hold | None = Field(
        default=None,
        alias="for",
        description='How long a level has to hold before it counts: "5m", or by level { high = "10m" }.',
    )
    for_after: Duration | None = Field(
        default=None, description="Levels count at once until the deployment is this old; for applies after that."
    )
    for_gap: Timeout | None = Field(
        default=None,
        description="How far looks may lie apart; default half of for, or twice the interval of the phase.",
    )
    judge: Judge | None = Field(
        default=None,
        description="sequential: a share is also judged over all looks since the deployment; default judgement.judge.",
    )
    control: ItemId | None = Field(
        default=None,
        description="The id of the same metric of the old version that serves at the same time; instead of a baseline.",
    )
    min_samples: Integer = Field(default=1, ge=1, description="Fewer samples than this cannot be judged.")

    @model_validator(mode="before")
    @classmethod
    def _unit_of_share(cls, raw: Any) -> Any:
        """Read the levels of a share in %."""
        return {"unit": "%", **raw} if isinstance(raw, dict) and raw.get("denominator") else raw

    def holding(self, interval: float | None, age: float) -> Holding | None:
        """Return how long levels have to hold at a deployment of that age (seconds), None when they count at once."""
        if self.hold is None or self.levels is None or (self.for_after is not None and age < self.for_after):
            return None
        every = self.hold.get(EVERY_LEVEL, 0.0)
        levels = {level: self.hold.get(level.value, every) for level, _ in self.levels.levels}
        longest = max(levels.values(), default=0.0)
        return Holding(levels=levels, max_gap=max_gap_of(longest, interval, self.for_gap)) if longest else None
