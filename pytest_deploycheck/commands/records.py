"""``deploycheck records``: pack old records and delete those that are older than the settings keep them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_deploycheck.commands.telling import add_common, settings_of, show, show_json
from pytest_deploycheck.records import writing

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    clean = actions.add_parser("clean", help="pack and delete old records; protected ones stay")
    clean.add_argument("--dry-run", action="store_true", help="only say what would be done")
    add_common(clean)


def run(args: argparse.Namespace) -> int:
    """Do it and return 0.

    Raises:
        RecordsError: a file cannot be packed.
    """
    settings = settings_of(args)
    root = settings.root / settings.records.dir
    done = writing.clean(root, settings.records, datetime.now(UTC), dry_run=args.dry_run)
    if args.json:
        names = {"packed": done.packed, "deleted": done.deleted, "protected": done.protected}
        show_json({word: [str(path.relative_to(root)) for path in paths] for word, paths in names.items()})
        return 0
    would = "would be " if args.dry_run else ""
    show(f"{len(done.packed)} {would}packed, {len(done.deleted)} {would}deleted, {len(done.protected)} protected")
    return 0
