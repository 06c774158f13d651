"""``deploycheck checklist``: what is to be done about a deployment, ticked where somebody has done it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_deploycheck.commands.report import add_place, deployment_of, history_of, remembered
from pytest_deploycheck.commands.telling import settings_of
from pytest_deploycheck.records import writing
from pytest_deploycheck.records.checklists import NAMES, checklist
from pytest_deploycheck.records.gathering import gather
from pytest_deploycheck.records.rendering.registry import FORMATS
from pytest_deploycheck.redact import Redactor

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name", choices=(*NAMES, "all"), metavar="NAME", help=", ".join((*NAMES, "all")))
    parser.add_argument("--format", choices=tuple(FORMATS), default="text", help="default: text")
    parser.add_argument("--output", type=Path, metavar="DIR", help="write it below this folder instead of printing it")
    add_place(parser)


def run(args: argparse.Namespace) -> int:
    """Print the checklist, or write it and print its path.

    Raises:
        SettingsError: settings are wrong.
        HistoryError: there is no history, or it cannot be read.
        RecordsError: there is no such deployment, or it cannot be written.
    """
    settings, now = settings_of(args), datetime.now(UTC)
    with history_of(settings, args.deploy_history) as history, remembered(settings) as memory:
        material = gather("checklist", settings, history, now=now, deployment=deployment_of(args), memory=memory)
        report = checklist(args.name, material)
    redact = Redactor(settings.secrets).text
    if args.output is None:
        print(redact(FORMATS[args.format](report)), end="")  # noqa: T201  # a command's answer
        return 0
    path = writing.write(report, Path.cwd() / args.output, args.format, settings.records, redact=redact)
    print(path)  # noqa: T201  # a command's answer
    return 0
