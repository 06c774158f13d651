"""``deploycheck report``: records for people and programs from the history, printed or written into a folder."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_deploycheck.commands.telling import settings_of, telling_of
from pytest_deploycheck.deployments import read_time
from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.history import open_history
from pytest_deploycheck.phases import parse_duration
from pytest_deploycheck.places import place_of
from pytest_deploycheck.records import writing
from pytest_deploycheck.records.catalogue import KINDS, report_of
from pytest_deploycheck.records.gathering import gather
from pytest_deploycheck.records.rendering.registry import FORMATS
from pytest_deploycheck.redact import Redactor

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from pytest_deploycheck.history import History
    from pytest_deploycheck.notify.memory import Memory
    from pytest_deploycheck.settings.schema import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    names = "; ".join(f"{name}: {kind.help}" for name, kind in KINDS.items())
    parser.add_argument("name", choices=tuple(KINDS), metavar="NAME", help=names)
    parser.add_argument("--since", metavar="TIME", help="from then on: a time, or a duration before the end")
    parser.add_argument("--until", metavar="TIME", help="until then (default: now)")
    parser.add_argument("--format", choices=tuple(FORMATS), default="text", help="default: text")
    parser.add_argument("--output", type=Path, metavar="DIR", help="write it below this folder instead of printing it")
    parser.add_argument("--write", action="store_true", help="write it below [records] dir")
    add_place(parser)


def add_place(parser: argparse.ArgumentParser) -> None:
    """Declare what says which settings, deployment, environment, history and folder are meant."""
    parser.add_argument(
        "--deploy-id", metavar="ID", help="the deployment (default: DEPLOYCHECK_DEPLOY_ID, else newest)"
    )
    parser.add_argument("--deploy-config", type=Path, metavar="PATH", help="the settings file (default: the nearest)")
    parser.add_argument("--deploy-environment", metavar="NAME", help="the environment (default: the settings' own)")
    parser.add_argument("--deploy-report-dir", type=Path, metavar="DIR", help="the folder of the reports")
    parser.add_argument("--deploy-history", metavar="URL", help="the history (default: the settings' own)")


def run(args: argparse.Namespace) -> int:
    """Print the report, or write it and print its path.

    Raises:
        SettingsError: settings or a time are wrong.
        HistoryError: there is no history, or it cannot be read.
        RecordsError: the report cannot be made or written.
    """
    settings, now = settings_of(args), datetime.now(UTC)
    until = _time("--until", args.until, now, now) or now
    since = _time("--since", args.since, now, until)
    with history_of(settings, args.deploy_history) as history, remembered(settings) as memory:
        material = gather(
            args.name,
            settings,
            history,
            now=now,
            deployment=deployment_of(args),
            since=since,
            until=until,
            memory=memory,
        )
        report = report_of(args.name, material)
    redact = Redactor(settings.secrets).text
    if args.output is None and not args.write:
        print(redact(FORMATS[args.format](report)), end="")  # noqa: T201  # a command's answer
        return 0
    root = (Path.cwd() / args.output) if args.output is not None else settings.root / settings.records.dir
    path = writing.write(report, root, args.format, settings.records, redact=redact)
    print(path)  # noqa: T201  # a command's answer
    return 0


def deployment_of(args: argparse.Namespace) -> str | None:
    """Return the deployment that the command line or the environment names."""
    return args.deploy_id or os.environ.get("DEPLOYCHECK_DEPLOY_ID") or None


@contextmanager
def history_of(settings: Settings, place: str | None) -> Iterator[History]:
    """Give the history of the settings, or the one named; it is closed afterwards."""
    history = open_history(
        place or place_of(settings), service=settings.service.name, timeout=settings.history.timeout, create=False
    )
    with history:
        yield history


@contextmanager
def remembered(settings: Settings) -> Iterator[Memory]:
    """Give what is remembered of alerts and incidents."""
    with telling_of(settings) as telling:
        yield telling.memory()


def _time(option: str, text: str | None, now: datetime, end: datetime) -> datetime | None:
    if text is None:
        return None
    try:
        return end - timedelta(seconds=parse_duration(text))
    except (ValueError, OverflowError):
        pass
    try:
        return read_time(text, now).astimezone(UTC)
    except SettingsError:
        raise SettingsError.of(
            "command line", option, "neither a duration nor a time with a zone", value=repr(text), hint="Write 7d."
        ) from None
