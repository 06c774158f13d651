"""What the commands about alerts share: their settings, their notifier, and a table of what became of messages."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.alerting import notifier_of
from pytest_deploycheck.errors import HistoryError
from pytest_deploycheck.history import open_history
from pytest_deploycheck.places import place_of
from pytest_deploycheck.redact import Redactor, printable
from pytest_deploycheck.settings.load import load_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from pytest_deploycheck.history import History
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
    folder = args.deploy_report_dir
    return load_settings(
        args.deploy_config,
        cwd=Path.cwd(),
        environ=os.environ,
        environment=args.deploy_environment or None,
        overrides={} if folder is None else {"reports.dir": str(Path.cwd() / folder)},
    )


@contextmanager
def telling_of(settings: Settings) -> Iterator[Notifier]:
    """Give the notifier of the settings, with the memory that runs have; the history is closed afterwards."""
    with ExitStack() as stack:
        history: History | None = None
        try:
            history = open_history(
                place_of(settings), service=settings.service.name, timeout=settings.history.timeout, create=False
            )
            stack.callback(history.close)
        except HistoryError:
            pass  # runs without a history keep a file
        root = settings.root / settings.reports.dir
        notifier = notifier_of(settings, root, redact=Redactor(settings.secrets).text, history=history)
        stack.callback(notifier.close)
        yield notifier


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
