"""``deploycheck status``: the board of a deployment, once, from the history; also while a watch runs elsewhere."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console

from pytest_deploycheck.board.plain import board_json
from pytest_deploycheck.board.screen import NARROWEST, Screen
from pytest_deploycheck.commands.telling import add_common, settings_of, show_json
from pytest_deploycheck.history import open_history
from pytest_deploycheck.places import place_of
from pytest_deploycheck.watch.boards import reader_of

if TYPE_CHECKING:
    import argparse
    from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--deploy-id", metavar="ID", help="the deployment (default: that of the newest run)")
    parser.add_argument("--deploy-history", metavar="URL", help="where runs are remembered (default: the settings')")
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Print the board and return 0.

    Raises:
        SettingsError: the settings are wrong.
        HistoryError: the history cannot be read, or knows no run of the deployment.
    """
    settings = settings_of(args)
    place: str | Path = args.deploy_history or place_of(settings)
    with open_history(place, service=settings.service.name, timeout=settings.history.timeout, create=False) as history:
        reader = reader_of(settings, history, None if args.deploy_id == "latest" else args.deploy_id)
        now = datetime.now(UTC)
        board = reader.board(now)
    if args.json:
        show_json(board_json(board, now))
        return 0
    width = max(NARROWEST, shutil.get_terminal_size().columns)
    console = Console(width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    for line in Screen(width, unicode=unicode).lines(board, now):
        console.print(line, no_wrap=True, overflow="crop")
    return 0
