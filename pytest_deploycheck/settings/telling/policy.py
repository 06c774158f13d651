"""Who hears when: routes, maintenance, ladders, contacts, rosters and incidents of the settings."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from datetime import time
from typing import Annotated, Literal

from pydantic import Field

from pytest_deploycheck.settings.expectations import Table
from pytest_deploycheck.settings.fields import Duration, Integer, ItemId, Name, PhaseName, SeverityWord, Switch, Timeout
from pytest_deploycheck.settings.fields import Url as WebAddress
from pytest_deploycheck.settings.telling.fields import (
    WEEKDAYS,
    Clock,
    Every,
    MailAddress,
    Moment,
    RoomName,
    SlackMember,
    Zone,
)
from pytest_deploycheck.status import Impact

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Event = Literal["opened", "worse", "reminder", "resolved", "acknowledged", "deployment"]
BadDecision = Literal["INCONCLUSIVE", "WATCH", "HOTFIX", "ROLLBACK", "ROLLBACK_NOW"]


class Matching(Table):
    """Which findings are meant; what is left out does not narrow."""

    min_severity: SeverityWord | None = Field(default=None, description="This severity and worse ones.")
    severities: tuple[SeverityWord, ...] = Field(default=(), description="These severities only.")
    impacts: tuple[Impact, ...] = Field(default=(), description="Checks with one of these impacts.")
    phases: tuple[PhaseName, ...] = Field(default=(), description="Findings of these phases.")
    environments: tuple[Name, ...] = Field(default=(), description="These environments.")
    checks: tuple[Name, ...] = Field(default=(), description="Check ids; * stands for anything.")


class Hours(Table):
    """Hours of the week, in local time."""

    days: tuple[Weekday, ...] = Field(default=WEEKDAYS[:5], min_length=1, description="On which days.")
    from_: Clock = Field(default=time(9), alias="from", description="From when.")
    to: Clock = Field(default=time(17), description="Until when; before from it is the next day.")
    timezone: Zone = Field(default="UTC", description="The zone of these times.")


class Route(Matching):
    """Which findings are told in which channels, and how often."""

    id: ItemId = Field(description="A short stable name; what was told is remembered under it.")
    channels: tuple[ItemId, ...] = Field(min_length=1, description="Where to; all of them.")
    on: tuple[Event, ...] = Field(
        default=("opened", "worse", "reminder", "resolved", "acknowledged"), min_length=1, description="What is told."
    )
    group_by: Literal["environment", "impact", "check"] = Field(
        default="environment", description="What becomes one alert: all findings, those of an impact, or each check."
    )
    after: Integer = Field(default=1, ge=1, description="So many bad runs in a row open an alert.")
    hold: Duration = Field(default=0.0, alias="for", description="So long a check has to be bad.")
    repeat: Duration = Field(default=14400.0, description="The time between reminders; 0s means none.")
    hours: Hours | None = Field(default=None, description="When alerts may open; outside they wait.")
    on_call: tuple[Name, ...] = Field(default=(), description="Contacts, roles or rosters that messages name.")


class Maintenance(Matching):
    """A time in which alerts stay silent."""

    id: ItemId = Field(description="A short name.")
    start: Moment | None = Field(default=None, description="When it begins, for a single time.")
    end: Moment | None = Field(default=None, description="When it ends, for a single time.")
    every: Every | None = Field(default=None, description='"day", "weekday", "sunday", "first sunday", …')
    from_: Clock | None = Field(default=None, alias="from", description="From when on such a day.")
    to: Clock | None = Field(default=None, description="Until when.")
    timezone: Zone = Field(default="UTC", description="The zone of from and to.")
    loud: SeverityWord | None = Field(default=None, description="This severity and worse ones are told nevertheless.")
    notice: Timeout | None = Field(default=None, description="So long ahead it is announced.")
    channels: tuple[ItemId, ...] = Field(default=(), description="Where it is announced.")


class EscalationStep(Table):
    """One rung of a ladder."""

    to: tuple[Name, ...] = Field(min_length=1, description="Contacts, roles or rosters.")
    channels: tuple[ItemId, ...] = Field(min_length=1, description="How they hear.")
    after: Duration = Field(
        default=0.0, description="So long after the incident began, or after its checks turned bad."
    )
    min_severity: SeverityWord | None = Field(default=None, description="Only with such a finding.")
    impacts: tuple[Impact, ...] = Field(default=(), description="Only with a finding of such an impact.")
    checks: tuple[Name, ...] = Field(default=(), description="Only with one of these checks; * stands for anything.")
    decisions: tuple[BadDecision, ...] = Field(default=(), description="Only with one of these verdicts.")
    attest: Name | None = Field(default=None, description="Only when this was answered with yes.")
    even_if_acknowledged: Switch = Field(default=False, description="Acknowledging does not stop this one.")
    note: str = Field(default="", description="What they should know or do.")


class Escalation(Matching):
    """A ladder of roles."""

    id: ItemId = Field(description="A short stable name.")
    steps: tuple[EscalationStep, ...] = Field(min_length=1, description="The rungs, from the bottom.")


class Contact(Table):
    """Somebody who can be reached."""

    id: ItemId = Field(description="A short name.")
    name: Name = Field(description="The name, for people.")
    role: str = Field(default="", description="The role, such as tech-lead; ladders may name it.")
    email: MailAddress | None = Field(default=None, description="For the channel email.")
    phone: Name | None = Field(default=None, description="For people, in deploycheck roster who.")
    slack: SlackMember | None = Field(default=None, description="The member id, to be mentioned.")


class Shift(Table):
    """A shift of its own; it comes before the rotation."""

    start: Moment = Field(description="When it begins.")
    end: Moment = Field(description="When it ends.")
    who: tuple[ItemId, ...] = Field(min_length=1, description="Contacts: the primary, the secondary.")


class Roster(Table):
    """Who is on call."""

    id: ItemId = Field(description="A short name.")
    timezone: Zone = Field(default="UTC", description="Handovers stay at the same local time.")
    people: tuple[ItemId, ...] = Field(default=(), description="Contacts in turn; the next one is secondary.")
    start: Moment | None = Field(default=None, description="When the first one's turn begins.")
    days: Integer = Field(default=7, ge=1, le=365, description="How many days a turn lasts.")
    shifts: tuple[Shift, ...] = Field(default=(), description="Shifts of their own.")
    gaps: Literal["warn", "error", "allow"] = Field(default="warn", description="What a time without anybody is.")


class IncidentSettings(Table):
    """When an incident opens and closes by itself."""

    opens_on: Literal["WATCH", "HOTFIX", "ROLLBACK", "ROLLBACK_NOW", "never"] = Field(
        default="WATCH", description="This verdict or a worse one opens it."
    )
    close_after: Duration = Field(default=1800.0, description="So long after recovery it closes; 0s means never.")
    channel_name: RoomName = Field(default="incident-{date}-{time}", description="What its chat channel is called.")
    commander: Name | None = Field(default=None, description="A contact, role or roster.")


class Alerts(Table):
    """How telling behaves as a whole."""

    quiet: Duration = Field(default=600.0, description="So long a check has to pass before its alert is over.")
    storm: Annotated[Integer, Field(ge=1, le=1000)] = Field(
        default=10, description="More alerts than this at once become one."
    )
    timeout: Timeout = Field(default=30.0, description="How long telling may take in all.")
    report_url: WebAddress | None = Field(default=None, description="Where people find the report.")
