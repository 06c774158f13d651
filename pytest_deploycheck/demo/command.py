"""The command ``deploycheck demo``: runs a demo until Ctrl-C, and switches the faults of one that runs elsewhere."""

from __future__ import annotations

import contextlib
import shlex
import sys
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.demo.faults import FAULTS, parse_fault
from pytest_deploycheck.demo.launch import Control, RunningDemo, start_demo
from pytest_deploycheck.demo.state import read_state, state_path
from pytest_deploycheck.errors import DeploycheckError, SettingsError

if TYPE_CHECKING:
    import argparse

USAGE_EXIT: Final = 4
HIGHEST_PORT: Final = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``deploycheck demo`` and of ``deploycheck demo fault``."""
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[=VALUE]",
        dest="faults",
        help="start with a fault; repeatable",
    )
    parser.add_argument("--port", type=int, default=0, help="the service's port; a free one when not given")
    actions = parser.add_subparsers(dest="demo_action", metavar="fault")
    fault = actions.add_parser("fault", help="switch the faults of the running demo")
    fault.add_argument("name", nargs="?", metavar="NAME[=VALUE]", help="the fault to switch on, or to clear")
    fault.add_argument("--clear", action="store_true", help="switch NAME off, or everything without NAME")
    fault.add_argument("--list", action="store_true", help="list all the faults and mark those that are on")


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit code: 0, 1 when the demo does not answer or start, 4 for wrong usage."""
    try:
        return _switch(args) if args.demo_action == "fault" else _run_demo(args)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return USAGE_EXIT
    except DeploycheckError as error:
        sys.stderr.write(f"deploycheck demo: {error}\n")
        return 1


def _run_demo(args: argparse.Namespace) -> int:
    if not 0 <= args.port <= HIGHEST_PORT:
        raise SettingsError.of("command line", "--port", f"must be 0 to {HIGHEST_PORT}", value=str(args.port))
    try:
        with start_demo(args.faults, port=args.port, state=state_path()) as demo:
            sys.stdout.write(_introduction(demo))
            sys.stdout.flush()
            code = demo.wait()
            sys.stderr.write(f"deploycheck demo: the demo ended by itself ({code})\n")
            return 1
    except KeyboardInterrupt:
        sys.stdout.write("\nThe demo is gone.\n")
        return 0


def _introduction(demo: RunningDemo) -> str:
    faults = ", ".join(demo.facts["faults"]) or "none"
    exports = "".join(f"  export {name}={shlex.quote(value)}\n" for name, value in demo.environ.items())
    return (
        f"service   {demo.url}\n"
        f"database  {demo.dsn}\n"
        f"log       {demo.log}\n"
        f"faults    {faults}\n"
        "\n"
        "To judge this demo, in another terminal in the folder of its deploycheck.toml:\n"
        f"{exports}"
        f"  pytest --deploy-phase=first-hour --deploy-version={demo.version} --deploy-allow-writes\n"
        "To break it:   deploycheck demo fault error-rate=12\n"
        "To mend it:    deploycheck demo fault --clear\n"
        "All faults:    deploycheck demo fault --list\n"
        "Ctrl-C ends it.\n"
    )


def _switch(args: argparse.Namespace) -> int:
    if args.list:
        sys.stdout.write(_listing())
        return 0
    if args.name is not None and not args.clear:
        parse_fault(args.name)
    elif args.name is None and not args.clear:
        raise SettingsError.of("command line", "", "name a fault, or use --clear or --list")
    control = _control()
    on = control.clear(args.name) if args.clear else control.fault(args.name)
    sys.stdout.write(f"on: {', '.join(on) or 'none'}\n")
    return 0


def _control() -> Control:
    facts = read_state(state_path())
    return Control(str(facts["control_url"]), str(facts["control_token"]))


def _listing() -> str:
    on: tuple[str, ...] = ()
    with contextlib.suppress(DeploycheckError):
        on = _control().faults()
    names = {text.partition("=")[0]: text for text in on}
    width = max(len(f"{fault.name}{fault.value}") for fault in FAULTS.values())
    return "".join(
        f"{'*' if fault.name in names else ' '} {f'{fault.name}{fault.value}':<{width}}  {fault.summary}\n"
        for fault in FAULTS.values()
    )
