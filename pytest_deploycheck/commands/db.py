"""``deploycheck db``: look at any PostgreSQL database, without a settings file; it only reads."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import InconclusiveError, SettingsError, SourceError
from pytest_deploycheck.pgpack.findings import INFO, UNVERIFIED, Finding, exit_code, plural
from pytest_deploycheck.pgpack.pack import Report, run_pack
from pytest_deploycheck.pgpack.proving import BUDGET
from pytest_deploycheck.pgpack.suggest import suggest
from pytest_deploycheck.phases import parse_duration
from pytest_deploycheck.redact import Redactor, printable, secrets_in
from pytest_deploycheck.sources.postgres import PostgresSource
from pytest_deploycheck.sources.postgres_errors import address_of
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

VARIABLE: Final = "DATABASE_URL"
_LONGEST_BUDGET: Final = 60.0
_INDENT: Final = " " * 4
_ORDER: Final = (Status.FAIL, Status.ERROR, Status.INCONCLUSIVE, Status.WARN)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, text in _HELP.items():
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument(
            "dsn",
            nargs="?",
            metavar="DSN",
            help=f"postgresql://user@host:port/dbname (default: {VARIABLE}; a password is best left to PGPASSWORD)",
        )
        action.add_argument("--json", action="store_true", help="print it for programs")
        action.add_argument("--connect-timeout", default="5s", metavar="TIME", help="default: 5s")
        if name == "check":
            action.add_argument(
                "--budget", default=f"{BUDGET:g}s", metavar="TIME", help="for all foreign keys; default and most: 60s"
            )


def run(args: argparse.Namespace) -> int:
    """Do what was asked: 0 nothing bad, 12 a finding of high or critical, 11 such a thing is unverified.

    Raises:
        SettingsError: an argument is wrong.
    """
    dsn = dsn_of(args.dsn)
    source = PostgresSource(connect_timeout=_seconds("--connect-timeout", args.connect_timeout))
    try:
        return _ACTIONS[args.action](source, dsn, args)
    except (SourceError, InconclusiveError) as error:
        masked = printable(Redactor((dsn, *secrets_in(dsn))).text(str(error)))
        print(f"unverified: {masked}", file=sys.stderr)  # noqa: T201  # a command's answer
        return UNVERIFIED
    finally:
        source.close()


def dsn_of(given: str | None) -> str:
    """Return the DSN given, or the environment's.

    Raises:
        SettingsError: it is none.
    """
    dsn = given if given is not None else os.environ.get(VARIABLE, "")
    try:
        address_of(dsn)
    except SourceError as error:
        raise SettingsError.of(
            "command line", "DSN", error.message, hint="Write postgresql://user:password@host:port/dbname"
        ) from None
    return dsn


def _seconds(option: str, text: str, most: float | None = None) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError:
        seconds = 0.0
    if seconds <= 0 or (most is not None and seconds > most):
        limit = f" of at most {most:g}s" if most is not None else ""
        raise SettingsError.of("command line", option, f"not a duration{limit}", value=repr(text), hint="Write 30s.")
    return seconds


def _check(source: PostgresSource, dsn: str, args: argparse.Namespace) -> int:
    report = run_pack(source, dsn, budget=_seconds("--budget", args.budget, _LONGEST_BUDGET))
    _print(json.dumps(report.as_json(), indent=2, ensure_ascii=False) if args.json else _text(report))
    return exit_code(report.findings)


def _suggest(source: PostgresSource, dsn: str, args: argparse.Namespace) -> int:
    found = suggest(source, dsn)
    if args.json:
        _print(json.dumps([each.as_json() for each in found], indent=2, ensure_ascii=False))
    elif found:
        _print(f"# {plural(len(found), 'column')} without a foreign key that may be one; keep what is true")
        _print("\n".join(each.as_toml() for each in found))
    else:
        _print("# no column looks like an undeclared reference")
    return 0


def _text(report: Report) -> str:
    """Return the report for people: the worst first, what is well in one line each, and the sum."""
    told = [each for each in report.findings if each.status in _ORDER]
    fine = [each for each in report.findings if each.status is Status.PASS]
    told.sort(key=lambda each: (_ORDER.index(each.status), -(each.severity.rank if each.severity else -1)))
    lines = [f"{report.target}  {report.server}  {report.seconds:.1f} s", ""]
    for finding in told:
        lines += [*_told(finding), ""]
    width = max((len(each.check) for each in fine), default=0)
    lines += [f"ok  {each.check:<{width}}  {each.message} ({each.scope})" for each in fine]
    counts = [(word, sum(each.status is status for each in told)) for status, word in _WORDS.items()]
    summary = ", ".join(f"{count} {word}" for word, count in counts if count)
    return "\n".join([*lines, "", f"{summary + ', ' if summary else ''}{len(fine)} ok"])


def _told(finding: Finding) -> list[str]:
    severity = INFO if finding.severity is None else str(finding.severity)
    word = "UNVERIFIED" if finding.status is Status.INCONCLUSIVE else severity.upper()
    at_stake = f" ({severity})" if word == "UNVERIFIED" else ""
    message = finding.message.removeprefix("unverified: ")
    lines = [f"{word}{at_stake}  {finding.check}  {finding.object}", *_wrapped(f"{message} [{finding.scope}]")]
    if finding.samples:
        lines += _wrapped(f"keys: {'; '.join(finding.samples)}")
    return lines + (_wrapped(f"→ {finding.hint}") if finding.hint else [])


def _wrapped(text: str) -> list[str]:
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    return textwrap.wrap(
        text,
        max(width, 40),
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _print(text: str) -> None:
    print(text)  # noqa: T201  # a command's answer


_WORDS: Final = {
    Status.FAIL: "serious",
    Status.ERROR: "failed",
    Status.INCONCLUSIVE: "unverified",
    Status.WARN: "to look at",
}
_HELP: Final = {
    "check": "prove every foreign key of a database and look at its health; only reads",
    "suggest": "print the references that no foreign key declares, as settings to keep",
}
_ACTIONS: Final[Mapping[str, Callable[[PostgresSource, str, argparse.Namespace], int]]] = {
    "check": _check,
    "suggest": _suggest,
}
