"""What the records are made of: where they go, which metric is which line of them, and the figures with targets."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Final, Literal

from pydantic import Field, model_validator

from pytest_deploycheck.phases import DAY
from pytest_deploycheck.settings.expectations import Table
from pytest_deploycheck.settings.fields import Duration, ItemId, Name, Switch, Timeout, Unit
from pytest_deploycheck.settings.ladders import ConditionText
from pytest_deploycheck.settings.values import problem

RecordName = Literal[
    "critical-check", "hourly", "daily", "weekly", "monthly", "success", "sign-off", "metrics", "integrity", "usage",
    "long-term",
]  # fmt: skip
SectionName = Literal[
    "status", "performance", "users", "business", "infrastructure", "reliability", "integrity", "issues", "actions",
    "improvements", "notes",
]  # fmt: skip
Own = Literal["uptime", "incidents", "critical-incidents", "mean-time-to-resolve", "monitoring"]
USUAL: Final[tuple[RecordName, ...]] = ("daily", "weekly", "monthly", "long-term")


class Kpi(Table):
    """A figure of the records, with its target: a metric over the period, one of our own figures, or a person's."""

    id: ItemId = Field(description="A short stable name.")
    title: Name | None = Field(default=None, description="The line's words; default the id.")
    metric: Name | None = Field(default=None, description="The metric of the history, such as the id of a [[metric]].")
    figure: Own | None = Field(default=None, description="A figure that deploycheck knows by itself.")
    attest: Name | None = Field(default=None, description="An [[attest]] whose note (or yes) is the value.")
    aggregate: Literal["mean", "median", "p95", "max", "min", "sum", "last"] = Field(
        default="mean", description="What becomes of the looks of the period; a mean is weighted by their samples."
    )
    target: ConditionText | None = Field(default=None, description='What it should be over the period: "> 99%".')
    unit: Unit = Field(default="", description="The unit of a figure that a person gives.")
    section: SectionName = Field(default="performance", description="The section of the records that shows it.")
    records: tuple[RecordName, ...] = Field(default=USUAL, description="The records that show it.")

    @property
    def label(self) -> str:
        """The title, or the id when it has none."""
        return self.title or self.id

    @model_validator(mode="after")
    def _one_origin(self) -> Kpi:
        if sum(each is not None for each in (self.metric, self.figure, self.attest)) != 1:
            raise problem("needs exactly one of metric, figure, attest")
        return self


class RecordLines(Table):
    """Which metrics of the history are the fixed lines of the records; a line without one says so."""

    total: Name | None = Field(default=None, description="How often the subject happened within an hour.")
    successful: Name | None = Field(default=None, description="How often it succeeded.")
    failed: Name | None = Field(default=None, description="How often it failed.")
    error_rate: Name | None = Field(default=None, description="The share of failures, in %.")
    response_time: Name | None = Field(default=None, description="The mean time of an answer.")
    response_p95: Name | None = Field(default=None, description="The 95th percentile of answers.")
    health_time: Name | None = Field(default=None, description="The time of the health check.")
    traffic: Name | None = Field(default=None, description="Requests in a time.")
    active_users: Name | None = Field(default=None, description="Users who did something.")
    memory: Name | None = Field(default=None, description="Memory in use.")
    cpu: Name | None = Field(default=None, description="Processors in use.")
    disk: Name | None = Field(default=None, description="Disk in use.")
    database_size: Name = Field(default="database.size", description="The size of the database.")


class ChecklistLine(Table):
    """One line of a checklist: ticked by checks, by a person's answer, or by both."""

    label: Name = Field(description="Its words.")
    checks: tuple[Name, ...] = Field(default=(), description='Ids of checks; "logs.*" stands for all that begin so.')
    attest: Name | None = Field(default=None, description="The [[attest]] that answers it.")


class Checklist(Table):
    """A checklist in the place of the preset one."""

    phase: Literal["pre-deploy", "first-15-minutes", "first-hour", "first-24-hours", "sign-off"] = Field(
        description="Which checklist it is."
    )
    title: Name | None = Field(default=None, description="Its heading.")
    lines: tuple[ChecklistLine, ...] = Field(min_length=1, description="Its lines.")


class Records(Table):
    """Records for people and programs: where they are kept, how long, and from which metrics they are made."""

    dir: Name = Field(default="records", description="The folder; relative to the settings file.")
    write: Switch = Field(
        default=False,
        description="The hourly, daily, weekly, monthly and 30-day runs write their records by themselves.",
    )
    subject: Name = Field(
        default="operation",
        pattern=r"^[a-z][a-z_]{0,30}$",
        description="What is counted, as fields of the JSON name it.",
    )
    lines: RecordLines = Field(default_factory=RecordLines, description="Which metric is which line.")
    up: Name = Field(default="availability.service_answers", description="The check whose looks are the uptime.")
    look_every: Timeout | None = Field(
        default=None, description="How often looks are planned; what is missing counts as unknown. Default: uptime's."
    )
    archive_after: Duration | None = Field(default=None, description="Older records are packed into archive/.")
    keep: Timeout = Field(default=90 * DAY, description="How long records are kept, packed ones included.")
    protect: tuple[Name, ...] = Field(
        default=("sign-off", "success", "incident"), description="Records that are never deleted."
    )
    copies: Name | None = Field(default=None, description="A second folder that gets a copy of each protected record.")
