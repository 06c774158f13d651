"""What the commands about alerts share: their settings, their notifier, and a table of what became of messages."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.alerting import notifier_of
from pytest_deploycheck.redact import Redactor, printable
from pytest_deploycheck.settings.load import load_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from pytest_deploycheck.model import AlertDelivery
    from pytest_deploycheck.notify.notifier import Notifier
    from pytest_deploycheck.settings.schema import Settings


def add_common(parser: argparse.ArgumentParser) -> None:
    """Declare what says which settings, environment and folder are meant."""
    parser.add_argument("--deploy-config", type=Path, metavar="PATH", help="the settings file (default: the nearest)")
    parser.add_argument("--deploy-environment", metavar="NAME", help="the environment (default: the settings' own)")
    parser.add_argument("--deploy-report-dir", type=Path, metavar="DIR", help="the folder of the reports")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def settings_of(args: argparse.Namespace) -> Settings:
    """Return the settings.

    Raises:
        SettingsError: they are wrong.
    """
    return load_settings(
        args.deploy_config, cwd=Path.cwd(), environ=os.environ, environment=args.deploy_environment or None
    )


def notifier(args: argparse.Namespace, settings: Settings) -> Notifier:
    """Return the notifier of the settings."""
    folder = args.deploy_report_dir or settings.root / settings.reports.dir
    return notifier_of(settings, folder, redact=Redactor(settings.secrets).text)


def show(text: str) -> None:
    """Print one line, safe for a terminal."""
    print(printable(text))  # noqa: T201  # a command's answer


def show_json(value: Any) -> None:
    """Print JSON."""
    print(json.dumps(value, indent=2))  # noqa: T201  # a command's answer


def show_deliveries(deliveries: Iterable[AlertDelivery]) -> bool:
    """Print what became of each message; True when all arrived."""
    good = True
    for each in deliveries:
        reason = f": {each.reason}" if each.reason else ""
        show(f"{each.channel}: {each.status}{reason}")
        good = good and each.status == "sent"
    return good
