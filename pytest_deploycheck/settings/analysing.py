"""What the long-term analyses look at: a time, and the audit log in the database."""

from __future__ import annotations

# pydantic reads the annotations at run time
from typing import Annotated

from pydantic import Field

from pytest_deploycheck.phases import DAY
from pytest_deploycheck.settings.expectations import Table
from pytest_deploycheck.settings.fields import Integer, Name, Number, TableName, Timeout

Sql = Name


class Audit(Table):
    """The table that holds one row for each time the subject happened; it is counted in the database."""

    table: TableName = Field(description="The table.")
    at: Sql = Field(default="created_at", description="SQL: when it happened.")
    where: Sql | None = Field(default=None, description="SQL: which rows count.")
    failed: Sql | None = Field(default=None, description="SQL: whether it failed; without it failures are no data.")
    failure: Sql | None = Field(default=None, description="SQL: the class or the text of a failure.")
    user_type: Sql | None = Field(default=None, description="SQL: the type of the user.")
    duration: Sql | None = Field(default=None, description="SQL: how long it took, in seconds.")
    slow: Timeout = Field(default=3.0, description="What takes longer is slow.")


class Analysis(Table):
    """The long-term analyses."""

    period: Timeout = Field(default=28 * DAY, description="How far they look back.")
    timezone: Name = Field(default="UTC", description="The time zone of hours and weekdays.")
    timeout: Timeout = Field(default=60.0, description="How long one statement over the audit log may take.")
    capacity: Annotated[Number, Field(gt=0)] | None = Field(
        default=None, description="How often the subject can happen within an hour, for the load of the peak hour."
    )
    most_types: Integer = Field(default=20, ge=1, le=200, description="User types and classes of failures shown.")
    audit: Audit | None = Field(default=None, description="The audit log.")
