"""``deploycheck incident``: list and show incidents, acknowledge, note and close the open one."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.commands.telling import add_common, settings_of, show, show_deliveries, show_json, telling_of
from pytest_deploycheck.errors import IncidentError
from pytest_deploycheck.notify import incidents, policy

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from pytest_deploycheck.notify.memory import Incident, Memory
    from pytest_deploycheck.notify.notifier import Notifier


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add_common(actions.add_parser("list", help="all incidents, the newest first, with the mean time to resolve"))
    show_ = actions.add_parser("show", help="one incident with its timeline (default: the open one, else the newest)")
    show_.add_argument("id", nargs="?", metavar="ID")
    add_common(show_)
    ack = actions.add_parser("ack", help="say that you take care: reminders and escalation stop")
    ack.add_argument("--commander", metavar="NAME", help="who leads")
    note = actions.add_parser("note", help="add a line to the timeline")
    note.add_argument("text", help="what happened, or was done")
    note.add_argument("--status", choices=incidents.STATUSES[:-1], help="how far it is")
    close = actions.add_parser("close", help="close it")
    close.add_argument("--note", metavar="TEXT", help="a last line: the cause, the way out")
    for action in (ack, note, close):
        action.add_argument("--by", metavar="NAME", help="who says so (default: your login)")
        add_common(action)


def run(args: argparse.Namespace) -> int:
    """Do it and return 0.

    Raises:
        IncidentError: there is no such incident.
        NotifyError: what is remembered cannot be read or kept.
    """
    settings = settings_of(args)
    with telling_of(settings) as telling:
        _ACTIONS[args.action](args, telling)
    return 0


def _list(args: argparse.Namespace, telling: Notifier) -> None:
    found = _all(telling.memory())
    mean = incidents.mean_minutes_to_resolve(found)
    if args.json:
        show_json({"incidents": [_plain(each) for each in found], "mean_minutes_to_resolve": mean})
        return
    for each in found:
        show(_line(each))
    if not found:
        show("no incident so far")
    if mean is not None:
        show(f"mean time to resolve: {mean:.0f} min")


def _show(args: argparse.Namespace, telling: Notifier) -> None:
    found = _all(telling.memory())
    chosen = [each for each in found if args.id is None or each.id == args.id]
    if not chosen:
        known = ", ".join(each.id for each in found[:5]) or "none"
        raise IncidentError("there is no such incident", f"Known are {known}")
    if args.json:
        show_json(_plain(chosen[0]))
        return
    _print(chosen[0])


def _ack(args: argparse.Namespace, telling: Notifier) -> None:
    by, now = _who(args, telling), telling.clock()
    commander = telling.redact(args.commander) if args.commander else None
    _changed(args, telling, lambda memory: policy.acknowledged(memory, telling.rules, by, now, commander))


def _note(args: argparse.Namespace, telling: Notifier) -> None:
    by, now, text = _who(args, telling), telling.clock(), telling.redact(args.text)
    _changed(args, telling, lambda memory: incidents.remarked(memory, by, text, now, args.status))


def _close(args: argparse.Namespace, telling: Notifier) -> None:
    by, now = _who(args, telling), telling.clock()
    note = telling.redact(args.note) if args.note else None
    _changed(args, telling, lambda memory: incidents.closed(memory, by, now, note))


def _changed(args: argparse.Namespace, telling: Notifier, change: Callable[[Memory], Memory]) -> None:
    memory, info = telling.change(change)
    incident = memory.incident or memory.closed[-1]
    if args.json:
        show_json(_plain(incident))
        return
    show(_line(incident))
    show_deliveries(info.deliveries)


def _who(args: argparse.Namespace, telling: Notifier) -> str:
    if args.by:
        return telling.redact(args.by)
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


def _all(memory: Memory) -> list[Incident]:
    opened = [memory.incident] if memory.incident is not None else []
    return [*opened, *reversed(memory.closed)]


def _line(incident: Incident) -> str:
    minutes = incidents.minutes_to_resolve(incident)
    lasted = f", resolved after {minutes:.0f} min" if minutes is not None else ""
    by = f", acknowledged by {incident.acknowledged_by}" if incident.acknowledged_by else ""
    return (
        f"{incident.id} [{incident.severity}] {incident.status} {incident.service} {incident.environment}"
        f"{by}{lasted}: {incident.title}"
    )


def _print(incident: Incident) -> None:
    show(_line(incident))
    facts = {
        "opened": f"{incident.opened:%Y-%m-%d %H:%M} UTC",
        "verdict": incident.decision,
        "impact": incident.impact,
        "deployment": incident.deployment,
        "channel": f"#{incident.room}",
        "commander": incident.commander,
        "checks": ", ".join(incident.checks[:10]) + (" …" if len(incident.checks) > 10 else ""),  # noqa: PLR2004  # a line
    }
    for name, value in facts.items():
        if value:
            show(f"  {name}: {value}")
    for entry in incident.timeline:
        show(f"  {entry.at:%Y-%m-%d %H:%M} {entry.by}: {entry.text}")
    if incident.dropped:
        show(f"  ({incident.dropped} lines in the middle were left out)")


def _plain(incident: Incident) -> Any:
    found = _values(asdict(incident))
    found["minutes_to_resolve"] = incidents.minutes_to_resolve(incident)
    return found


def _values(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _values(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_values(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Enum) else value


_ACTIONS: dict[str, Callable[[argparse.Namespace, Notifier], None]] = {
    "list": _list,
    "show": _show,
    "ack": _ack,
    "note": _note,
    "close": _close,
}
