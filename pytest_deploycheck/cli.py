"""The command ``deploycheck``: everything that is not a test run. Subcommands are loaded only when they are called.

A subcommand is a module with two functions, ``add_arguments(parser)`` and ``run(args) -> int``, and one line here.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, cast

from pytest_deploycheck.errors import DeploycheckError
from pytest_deploycheck.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

USAGE: Final = 4
INTERRUPTED: Final = 130


class CommandModule(Protocol):
    """What the module of a subcommand has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments of the subcommand."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it and return the exit code.

        Raises:
            DeploycheckError: it cannot be done; the message is printed, and the exit code is 4.
        """


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand: its module, and one line about it."""

    module: str
    help: str

    def load(self) -> CommandModule:
        """Import the module."""
        return cast("CommandModule", import_module(self.module))


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "config": Command("pytest_deploycheck.commands.config", "check and show the settings, export their schema"),
        "demo": Command("pytest_deploycheck.demo.command", "run the reference service with faults to switch on"),
        "db": Command("pytest_deploycheck.commands.db", "look at any PostgreSQL database: keys, indexes, health"),
        "backup": Command("pytest_deploycheck.commands.backup", "write what a restored backup is compared with"),
        "schedule": Command(
            "pytest_deploycheck.commands.schedule", "files for GitHub, GitLab, cron, systemd, Kubernetes"
        ),
        "github": Command("pytest_deploycheck.commands.github", "tell GitHub the verdict about its deployment"),
        "history": Command(
            "pytest_deploycheck.commands.history", "what is remembered: list, show, export, import, prune"
        ),
        "attest": Command("pytest_deploycheck.commands.attest", "answer what only a person can answer"),
        "status": Command(
            "pytest_deploycheck.commands.status", "how a deployment does: the verdict, every number, alerts, sources"
        ),
        "report": Command("pytest_deploycheck.commands.report", "records: daily, weekly, 30-day, sign-off, analyses"),
        "checklist": Command("pytest_deploycheck.commands.checklist", "checklists of a deployment, ticked where done"),
        "records": Command("pytest_deploycheck.commands.records", "pack and clean up the records"),
        "alert": Command("pytest_deploycheck.commands.alert", "try the channels, list what was told"),
        "incident": Command("pytest_deploycheck.commands.incident", "list, acknowledge, note and close incidents"),
        "roster": Command("pytest_deploycheck.commands.roster", "who is on call, and where a roster has holes"),
        "replay": Command(
            "pytest_deploycheck.commands.replay", "judge recorded data look by look, try thresholds on it"
        ),
    }
)


class _Parser(argparse.ArgumentParser):
    """A parser whose usage errors have pytest's exit code."""

    def error(self, message: str) -> None:  # type: ignore[override]  # it does not return either
        """Print the usage and the message, and exit with 4."""
        self.print_usage(sys.stderr)
        # an address on the command line may hold a password
        self.exit(USAGE, f"{self.prog}: error: {Redactor().text(message)}\n")


def main(argv: Sequence[str] | None = None, commands: Mapping[str, Command] = COMMANDS) -> int:
    """Run the command line and return the exit code: the command's own, 4 when usage or settings are wrong."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments, commands)
    except DeploycheckError as error:
        print(error, file=sys.stderr)  # noqa: T201  # this is the command line
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # the reader has gone; the interpreter's own flush at exit must not fail, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(arguments: list[str], commands: Mapping[str, Command]) -> int:
    parser = _Parser(prog="deploycheck", description="What belongs to pytest-deploycheck and is not a test run.")
    called = next((each for each in arguments if not each.startswith("-")), None)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules: dict[str, CommandModule] = {}
    for name, command in commands.items():
        subparser = subparsers.add_parser(name, help=command.help, description=command.help)
        if name == called:
            modules[name] = command.load()
            modules[name].add_arguments(subparser)
    args = parser.parse_args(arguments)
    code = modules[args.command].run(args)
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    sys.exit(main())
