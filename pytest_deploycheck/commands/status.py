"""``deploycheck status``: the board of a deployment, once, from the history; also while a watch runs elsewhere."""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console

from pytest_deploycheck.board.plain import board_json
from pytest_deploycheck.board.screen import NARROWEST, Screen
from pytest_deploycheck.commands.telling import add_common, settings_of, show, show_json
from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.history import open_history
from pytest_deploycheck.places import place_of
from pytest_deploycheck.watch.boards import reader_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from pathlib import Path

    from pytest_deploycheck.board.view import Board


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--deploy-id", metavar="ID", help="the deployment (default: that of the newest run)")
    parser.add_argument("--deploy-history", metavar="URL", help="where runs are remembered (default: the settings')")
    parser.add_argument("--serve", action="store_true", help="show it as a web page, read only, until Ctrl-C")
    parser.add_argument("--port", type=int, default=8787, metavar="N", help="with --serve: where to listen (8787)")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="with --serve: on which address")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="with --serve: a name that browsers use for it",
    )
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
        if args.serve:
            return _serve(args, reader.board)
        now = datetime.now(UTC)
        board = reader.board(now)
    if args.json:
        show_json(board_json(board, now))
        return 0
    _print(board, now)
    return 0


def _print(board: Board, now: datetime) -> None:
    width = max(NARROWEST, shutil.get_terminal_size().columns)
    console = Console(width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    for line in Screen(width, unicode=unicode).lines(board, now):
        console.print(line, no_wrap=True, overflow="crop")


def _serve(args: argparse.Namespace, make: Callable[[], Board]) -> int:
    # imported here: printing once needs no server
    from pytest_deploycheck.board.serving import BoardServer  # noqa: PLC0415

    make()  # what is wrong is said now, not in a browser
    try:
        server = BoardServer((args.host, args.port), make, frozenset(name.lower() for name in args.allow_host))
    except (OSError, OverflowError) as error:
        raise SettingsError.of(
            "command line",
            "--port",
            f"nobody can listen at {args.host}:{args.port}: {error}",
            hint="Give another --port; 0 picks a free one.",
        ) from None
    shown = f"[{args.host}]" if ":" in args.host else args.host
    show(f"the board is at http://{shown}:{server.server_address[1]}/ (read only); Ctrl-C ends it")
    sys.stdout.flush()
    with server, suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0
