"""``deploycheck roster``: who is on call now or at any time, and where rosters and maintenance have holes."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations
from typing import TYPE_CHECKING

from pytest_deploycheck.commands.telling import add_common, settings_of, show, show_json
from pytest_deploycheck.deployments import read_time
from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.notify.rosters import holes, on_call
from pytest_deploycheck.notify.times import meets
from pytest_deploycheck.settings.telling.build import maintenance_of, rules_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from pytest_deploycheck.notify.rosters import Duty
    from pytest_deploycheck.notify.rules import Rules
    from pytest_deploycheck.settings.schema import Settings

HOLES = 1
_RANKS = ("primary", "secondary")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    who = actions.add_parser("who", help="who is on call")
    who.add_argument("roster", nargs="?", metavar="ROSTER", help="the id of a [[roster]] (default: all)")
    who.add_argument("--at", metavar="TIME", help="ISO 8601 with a zone (default: now)")
    add_common(who)
    add_common(
        actions.add_parser("check", help="gaps in rosters, overlapping maintenance; exits with 1 when there are")
    )


def run(args: argparse.Namespace) -> int:
    """Do it and return the exit code: 1 when nobody is on call, or when the check found something.

    Raises:
        SettingsError: there is no such roster, or the time is none.
    """
    settings = settings_of(args)
    return _who(args, settings) if args.action == "who" else _check(args, settings)


def _who(args: argparse.Namespace, settings: Settings) -> int:
    rules = rules_of(settings)
    wanted = list(rules.rosters) if args.roster is None else [args.roster]
    if not rules.rosters or not set(wanted) <= set(rules.rosters):
        hint = f"Known are {', '.join(rules.rosters) or 'none: add a [[roster]]'}."
        raise SettingsError.of(settings.path.name, "roster", "no such roster", value=args.roster, hint=hint)
    now = datetime.now(UTC)
    moment = now if args.at is None else _moment(args.at, now)
    duties = {name: on_call(rules.rosters[name], moment) for name in wanted}
    if args.json:
        show_json({name: _plain(duty, rules) for name, duty in duties.items()})
    else:
        for name, duty in duties.items():
            for line in _lines(name, duty, rules):
                show(line)
    return 0 if all(duties.values()) else HOLES


def _moment(text: str, now: datetime) -> datetime:
    try:
        return read_time(text, now)
    except SettingsError:
        raise SettingsError.of(
            "command line", "--at", "not a time with a time zone", value=repr(text), hint="Write 2026-03-01T12:00:00Z."
        ) from None


def _lines(name: str, duty: Duty | None, rules: Rules) -> Iterator[str]:
    if duty is None:
        yield f"{name}: nobody"
        return
    until = f", until {duty.end:%Y-%m-%d %H:%M} UTC" if duty.end else ""
    for rank, who in zip(_RANKS, duty.who, strict=False):
        person = rules.people[who]
        ways = ", ".join(filter(None, (person.phone, person.email)))
        yield f"{name}: {rank} {person.name}{f' ({ways})' if ways else ''}{until}"


def _plain(duty: Duty | None, rules: Rules) -> object:
    if duty is None:
        return None
    people = [rules.people[who] for who in duty.who]
    return {
        "from": duty.start.isoformat(),
        "until": duty.end.isoformat() if duty.end else None,
        "who": [{"id": each.id, "name": each.name, "phone": each.phone, "email": each.email} for each in people],
    }


def _check(args: argparse.Namespace, settings: Settings) -> int:
    found = list(problems_of(settings, datetime.now(UTC)))
    if args.json:
        show_json(found)
    else:
        for line in found or ["rosters and maintenance have no holes"]:
            show(line)
    return HOLES if found else 0


def problems_of(settings: Settings, now: datetime) -> Iterator[str]:
    """Yield what settings allow but people should know: gaps in rosters, windows that overlap."""
    rosters = rules_of(settings).rosters
    for roster in settings.rosters:
        if roster.gaps == "warn":
            yield from (f"roster {roster.id}: {hole}" for hole in holes(rosters[roster.id]))
    for one, other in combinations([maintenance_of(each) for each in settings.maintenance], 2):
        at = meets(one, other, now)
        if at is not None:
            yield f"maintenance {one.id} and {other.id} overlap, next at {at:%Y-%m-%d %H:%M} UTC"
