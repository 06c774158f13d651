"""The items of the settings for scheduled jobs: when they last succeeded, and when they ought to have."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from pytest_deploycheck.judgement.cron import parse_cron
from pytest_deploycheck.settings.fields import (
    Duration,
    ItemId,
    JmesPath,
    Name,
    PathOrUrl,
    SeverityWord,
    Switch,
    Timeout,
)
from pytest_deploycheck.settings.items import Item
from pytest_deploycheck.settings.ladders import SecondsLevels, default_levels
from pytest_deploycheck.settings.raw import Finding, Raw, items
from pytest_deploycheck.settings.suggest import suggestion
from pytest_deploycheck.settings.values import problem
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator


def _schedule(value: str) -> str:
    try:
        parse_cron(value)
    except ValueError as error:
        raise problem(f"no schedule: {error}", 'Write it as cron does, such as "*/5 * * * *".') from None
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (OSError, ValueError):
        raise problem("no time zone", 'Write its name, such as "Europe/Lisbon", or "UTC".') from None
    return value


class Job(Item):
    """A scheduled job: it succeeded when it had to. Exactly one of sql, path, file and metric tells when."""

    kind = "job"

    severity: SeverityWord = Field(default=Severity.HIGH, description="How bad a failure is.")
    every: Timeout | None = Field(default=None, description="The time between two successes; this or schedule.")
    schedule: Annotated[str, AfterValidator(_schedule)] | None = Field(
        default=None, description='When it runs, as cron writes it: "30 2 * * *"; this or every.'
    )
    timezone: Annotated[str, AfterValidator(_zone)] = Field(default="UTC", description="The time zone of the schedule.")
    grace: Duration = Field(default=60.0, description="How late it may be, its own duration included.")
    levels: SecondsLevels = Field(
        default_factory=lambda: default_levels("s", high="> 0s"),
        description="Levels of the time by which it is overdue, grace already taken off.",
    )
    sql: Name | None = Field(default=None, description="A statement that returns when it last succeeded.")
    path: PathOrUrl | None = Field(default=None, description="A path or URL whose JSON tells when it last succeeded.")
    query: JmesPath | None = Field(default=None, description="The JMESPath of that time (with path).")
    auth: Switch = Field(default=False, description="Send service.bearer (with path).")
    file: Name | None = Field(
        default=None, description="A file that it writes when it succeeds; relative to the settings file."
    )
    metric: ItemId | None = Field(
        default=None, description="The id of a metric: seconds since 1970, or an age when its unit is a time."
    )


def job_rules(raw: Raw) -> Iterator[Finding]:
    """Yield what the tables of jobs say together and cannot mean."""
    known = [str(item["id"]) for _, item in items(raw, "metric") if "id" in item and item.get("source") != "check"]
    for path, item in items(raw, "job"):
        if ("every" in item) == ("schedule" in item):
            yield Finding(path, "needs either every or schedule", 'Give every = "1h", or schedule = "0 * * * *".')
        if ("path" in item) != ("query" in item):
            yield Finding(path, "needs path and query together", "query is the JMESPath of the time in the body.")
        name = item.get("metric")
        if isinstance(name, str) and name not in known:
            yield Finding((*path, "metric"), "is no metric", suggestion(name, known), name)
