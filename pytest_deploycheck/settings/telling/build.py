"""From the settings to what alerts work with: rules for the policy, and a spec for each channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, SecretStr

from pytest_deploycheck.notify.channels.registry import ChannelSpec
from pytest_deploycheck.notify.rules import (
    ChannelRules,
    Escalation,
    GroupBy,
    Hours,
    IncidentRules,
    Kind,
    Maintenance,
    Match,
    Person,
    Roster,
    Route,
    Rules,
    Rung,
    Shift,
)
from pytest_deploycheck.settings.telling.fields import WEEKDAYS, days_of
from pytest_deploycheck.status import Decision, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.settings.schema import Settings
    from pytest_deploycheck.settings.telling import policy
    from pytest_deploycheck.settings.telling.channels import ChannelItem

DEFAULT_ROUTE: Final = "default"
_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
_WORSE: Final = (Decision.WATCH, Decision.HOTFIX, Decision.ROLLBACK, Decision.ROLLBACK_NOW)
_SHARED: Final = frozenset({"id", "type", "enabled", "optional", "fallback", "rate_limit", "rate_period"})


def rules_of(settings: Settings) -> Rules:
    """Return the rules; channels without any route get everything high and worse."""
    channels = [each for each in settings.channels if each.enabled]
    known = frozenset(each.id for each in channels)
    routes = tuple(_route(each, known) for each in settings.routes) or _default(known)
    incident, alerts = settings.incident, settings.alerts
    opens = [] if incident.opens_on == "never" else _WORSE[_WORSE.index(Decision(incident.opens_on)) :]
    return Rules(
        routes=tuple(route for route in routes if route.channels),
        channels={each.id: _channel(each, known) for each in channels},
        maintenance=tuple(_maintenance(each, known) for each in settings.maintenance),
        escalations=tuple(_escalation(each, known) for each in settings.escalations),
        rosters={each.id: roster_of(each) for each in settings.rosters},
        people={each.id: Person(**each.model_dump()) for each in settings.contacts},
        incident=IncidentRules(
            opens_on=frozenset(opens),
            close_after=incident.close_after or None,
            channel_name=incident.channel_name,
            commander=incident.commander,
        ),
        quiet=alerts.quiet,
        storm=alerts.storm,
        budget=alerts.timeout,
        report_url=alerts.report_url,
    )


def specs_of(settings: Settings) -> tuple[ChannelSpec, ...]:
    """Return the channels that are switched on, their secrets in the clear."""
    return tuple(_spec(each, settings.root) for each in settings.channels if each.enabled)


def roster_of(roster: policy.Roster) -> Roster:
    """Return a roster as the policy knows it."""
    return Roster(
        id=roster.id,
        zone=roster.timezone,
        people=roster.people,
        start=roster.start,
        every=roster.days,
        shifts=tuple(Shift(start=each.start, end=each.end, who=each.who) for each in roster.shifts),
    )


def maintenance_of(window: policy.Maintenance) -> Maintenance:
    """Return a window as the policy knows it."""
    return _maintenance(window, frozenset(window.channels))


def _default(known: frozenset[str]) -> tuple[Route, ...]:
    match = Match(min_severity=Severity.HIGH)
    return (Route(id=DEFAULT_ROUTE, channels=tuple(sorted(known)), match=match),) if known else ()


def _channel(channel: ChannelItem, known: frozenset[str]) -> ChannelRules:
    stand_in = channel.fallback if channel.fallback in known else None
    return ChannelRules(id=channel.id, limit=channel.rate_limit, period=channel.rate_period, fallback=stand_in)


def _spec(channel: ChannelItem, root: Path) -> ChannelSpec:
    fields = {name: getattr(channel, name) for name in type(channel).model_fields}
    options = {name: _plain(value) for name, value in fields.items() if name not in _SHARED}
    for key in ("path", "ca_file"):
        if options.get(key):
            options[key] = str(root / options[key])
    if "security" in options:
        options["port"] = options["port"] or _PORTS[options["security"]]
    return ChannelSpec(id=channel.id, type=str(fields["type"]), options=options)


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return value.model_dump() if isinstance(value, BaseModel) else value


def _match(table: policy.Matching, lowest: Severity = Severity.LOW) -> Match:
    severities = frozenset(table.severities)
    return Match(
        min_severity=table.min_severity or lowest,
        # what reaches the level rollback is critical to people
        severities=severities | ({Severity.ROLLBACK} if Severity.CRITICAL in severities else set()),
        impacts=frozenset(each.value for each in table.impacts),
        phases=frozenset(table.phases),
        environments=frozenset(table.environments),
        checks=table.checks,
    )


def _known(channels: tuple[str, ...], known: frozenset[str]) -> tuple[str, ...]:
    return tuple(each for each in channels if each in known)


def _route(route: policy.Route, known: frozenset[str]) -> Route:
    return Route(
        id=route.id,
        channels=_known(route.channels, known),
        match=_match(route),
        kinds=frozenset(Kind(each) for each in route.on),
        group_by=GroupBy(route.group_by),
        after=route.after,
        hold=route.hold,
        repeat=route.repeat or None,
        hours=None if route.hours is None else _hours(route.hours),
        on_call=route.on_call,
    )


def _hours(hours: policy.Hours) -> Hours:
    days = frozenset(WEEKDAYS.index(each) for each in hours.days)
    return Hours(zone=hours.timezone, start=hours.from_, end=hours.to, days=days)


def _maintenance(window: policy.Maintenance, known: frozenset[str]) -> Maintenance:
    hours, nth = None, 0
    if window.every is not None and window.from_ is not None and window.to is not None:
        nth, days = days_of(window.every)
        hours = Hours(zone=window.timezone, start=window.from_, end=window.to, days=days)
    return Maintenance(
        id=window.id,
        begin=window.start,
        finish=window.end,
        hours=hours,
        nth=nth,
        match=_match(window),
        loud=window.loud,
        notice=window.notice,
        channels=_known(window.channels, known),
    )


def _escalation(escalation: policy.Escalation, known: frozenset[str]) -> Escalation:
    rungs = tuple(_rung(each, known) for each in escalation.steps)
    return Escalation(id=escalation.id, rungs=rungs, match=_match(escalation))


def _rung(step: policy.EscalationStep, known: frozenset[str]) -> Rung:
    narrows = step.min_severity is not None or step.impacts or step.checks
    match = Match(
        min_severity=step.min_severity or Severity.LOW,
        impacts=frozenset(each.value for each in step.impacts),
        checks=step.checks,
    )
    return Rung(
        to=step.to,
        channels=_known(step.channels, known),
        after=step.after,
        match=match if narrows else None,
        decisions=frozenset(Decision(each) for each in step.decisions),
        attest=step.attest,
        even_if_acknowledged=step.even_if_acknowledged,
        note=step.note,
    )
