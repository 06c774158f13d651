"""``deploycheck backup fingerprint``: what the rows add up to, to be kept beside a dump; it only reads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pytest_deploycheck.commands.db import dsn_of
from pytest_deploycheck.errors import InconclusiveError, SourceError
from pytest_deploycheck.pgpack.findings import UNVERIFIED
from pytest_deploycheck.pgpack.fingerprint import fingerprint
from pytest_deploycheck.redact import Redactor, printable, secrets_in
from pytest_deploycheck.sources.postgres import PostgresSource

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    text = "print rows and hash of every table as JSON; keep it beside the dump as DUMP.fingerprint.json"
    action = actions.add_parser("fingerprint", help=text, description=text)
    action.add_argument(
        "dsn", nargs="?", metavar="DSN", help="postgresql://user@host:port/dbname (default: DATABASE_URL)"
    )


def run(args: argparse.Namespace) -> int:
    """Print the fingerprint: 0, or 11 when it could not be taken.

    Raises:
        SettingsError: the DSN cannot be read.
    """
    dsn = dsn_of(args.dsn)
    source = PostgresSource()
    try:
        sys.stdout.write(fingerprint(source, dsn).as_json())
    except (SourceError, InconclusiveError) as error:
        masked = printable(Redactor((dsn, *secrets_in(dsn))).text(str(error)))
        print(f"unverified: {masked}", file=sys.stderr)  # noqa: T201  # a command's answer
        return UNVERIFIED
    finally:
        source.close()
    return 0
