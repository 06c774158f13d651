"""``deploycheck alert``: try the channels, and list what stands and what was told."""

from __future__ import annotations

from dataclasses import asdict, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pytest_deploycheck.commands.telling import (
    add_common,
    settings_of,
    show,
    show_deliveries,
    show_json,
    telling_of,
)
from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.notify.composing import of_test
from pytest_deploycheck.notify.delivery import Box, Courier, redacting
from pytest_deploycheck.notify.memory import Memory
from pytest_deploycheck.notify.outbox import posted

if TYPE_CHECKING:
    import argparse

    from pytest_deploycheck.model import AlertDelivery
    from pytest_deploycheck.notify.notifier import Notifier
    from pytest_deploycheck.settings.schema import Settings

FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    test = actions.add_parser("test", help="send a test message, through one channel or all")
    test.add_argument("channel", nargs="?", metavar="CHANNEL", help="the id of a [[channel]] (default: all)")
    add_common(test)
    add_common(actions.add_parser("list", help="alerts that stand, messages that wait, what was told last"))


def run(args: argparse.Namespace) -> int:
    """Do it and return the exit code: 1 when a test message did not arrive.

    Raises:
        SettingsError: there is no such channel.
        NotifyError: what was told cannot be read.
    """
    settings = settings_of(args)
    return _test(args, settings) if args.action == "test" else _list(args, settings)


def _test(args: argparse.Namespace, settings: Settings) -> int:
    known = [each.id for each in settings.channels if each.enabled]
    wanted = known if args.channel is None else [args.channel]
    if not known or not set(wanted) <= set(known):
        near = get_close_matches(args.channel or "", known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known) or 'none: add a [[channel]]'}."
        value = repr(args.channel) if args.channel else None
        raise SettingsError.of(settings.path.name, "channel", "no such channel", value=value, hint=hint)
    with telling_of(settings) as telling:
        deliveries = _sent(telling, wanted, settings)
    if args.json:
        show_json([asdict(each) for each in deliveries])
    good = all(each.status == "sent" for each in deliveries) if args.json else show_deliveries(deliveries)
    return 0 if good else FAILED


def _sent(telling: Notifier, wanted: list[str], settings: Settings) -> tuple[AlertDelivery, ...]:
    memory = Memory()
    now = telling.clock()
    for name in wanted:
        memory = posted(memory, of_test(name, settings.service.name, settings.service.environment, now), (name,), now)
    # a test goes through this channel or fails: nobody stands in for it
    alone = {name: replace(rules, fallback=None) for name, rules in telling.rules.channels.items()}
    courier = Courier(
        box=Box(memory, None),
        channels=telling.channels,
        rules=replace(telling.rules, channels=alone),
        clock=telling.clock,
        prepare=redacting(telling.redact),
    )
    return tuple(_plainly(each) for each in courier.deliver())


def _plainly(delivery: AlertDelivery) -> AlertDelivery:
    return replace(delivery, status="failed") if delivery.status == "waiting" else delivery


def _list(args: argparse.Namespace, settings: Settings) -> int:
    with telling_of(settings) as telling:
        memory = telling.memory()
    alerts = sorted(memory.alerts.values(), key=lambda each: (-each.severity.rank, each.opened))
    if args.json:
        show_json(
            {
                "open": [
                    {
                        "key": each.key,
                        "route": each.route,
                        "severity": str(each.severity),
                        "opened": each.opened.isoformat(),
                        "told": each.told_at.isoformat() if each.told_at else None,
                        "checks": list(each.members),
                    }
                    for each in alerts
                ],
                "waiting": [
                    {"channel": each.channel, "event": str(each.message.kind), "title": each.message.title}
                    for each in memory.outbox.values()
                ],
                "told": [
                    {
                        "at": each.at.isoformat(),
                        "channel": each.channel,
                        "event": each.kind,
                        "severity": str(each.severity),
                        "title": each.title,
                    }
                    for each in memory.recent
                ],
            }
        )
        return 0
    for alert in alerts:
        told = f"told {alert.told_at:%H:%M}" if alert.told_at else "not told yet"
        checks = ", ".join(alert.members[:3]) + (" …" if len(alert.members) > 3 else "")  # noqa: PLR2004  # one line
        show(f"open: [{alert.severity}] since {alert.opened:%Y-%m-%d %H:%M} UTC, route {alert.route}, {told}: {checks}")
    for parcel in memory.outbox.values():
        show(f"waiting: {parcel.channel}: {parcel.message.kind}: {parcel.message.title}")
    for told_ in memory.recent[-10:]:
        show(f"told: {told_.at:%Y-%m-%d %H:%M} UTC {told_.channel}: {told_.kind} [{told_.severity}] {told_.title}")
    if not (alerts or memory.outbox or memory.recent):
        show("no alert stands, and none was told")
    return 0
