"""What all metrics of the settings have in common, whatever place their number comes from."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Any

from pydantic import Field, model_validator

from pytest_deploycheck.settings.fields import Capacity, Duration, Integer, ItemId, SeverityWord, Unit
from pytest_deploycheck.settings.items import Item
from pytest_deploycheck.settings.ladders import Levels
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
    min_samples: Integer = Field(default=1, ge=1, description="Fewer samples than this cannot be judged.")

    @model_validator(mode="before")
    @classmethod
    def _unit_of_share(cls, raw: Any) -> Any:
        """Read the levels of a share in %."""
        return {"unit": "%", **raw} if isinstance(raw, dict) and raw.get("denominator") else raw
