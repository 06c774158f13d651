"""``deploycheck schedule emit``: files for the scheduler that a team already has; each runs the same tick."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.emitting import KINDS, plan_of
from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.version import VERSION

if TYPE_CHECKING:
    import argparse

_OPTIONS: Final = {
    "--service": ("shop", "a short name, used for files, caches and objects"),
    "--phase": ("first-hour", "the phase of the gate after a deployment"),
    "--every": ("15m", "the time between two ticks"),
    "--daily": ("06:00", "when the daily run begins"),
    "--weekly": ("monday@09:00", "when the weekly run begins"),
    "--monthly": ("1@10:00", "when the monthly run begins"),
    "--zone": ("UTC", "the zone of these times (GitHub knows UTC only)"),
    "--directory": ("/srv/deploycheck", "where deploycheck.toml lies (cron, systemd)"),
    "--python": ("/srv/deploycheck/.venv/bin/python", "the Python that has pytest-deploycheck (cron, systemd)"),
    "--image": (
        "python:3.13-slim",
        "the image that has pytest-deploycheck (gitlab installs it; kubernetes, argo-rollouts)",
    ),
    "--action": ("pytest-deploycheck/pytest-deploycheck@v1", "the GitHub action"),
    "--requirement": (f"pytest-deploycheck=={VERSION}", "what pip installs (gitlab)"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    text = "print the files for a scheduler, or write them with --output"
    emit = actions.add_parser("emit", help=text, description=text)
    emit.add_argument("kind", choices=tuple(KINDS), help="the scheduler")
    emit.add_argument("--output", type=Path, metavar="DIR", help="write the files below DIR; existing ones stay")
    for option, (default, about) in _OPTIONS.items():
        emit.add_argument(option, default=default, metavar="TEXT", dest=option, help=f"{about}; default: {default}")


def run(args: argparse.Namespace) -> int:
    """Print or write the files.

    Raises:
        SettingsError: an option cannot be used, or a file cannot be written.
    """
    texts = {option: getattr(args, option) for option in _OPTIONS}
    if args.kind == "github" and texts["--zone"] != "UTC":
        raise SettingsError.of(
            "command line", "--zone", "GitHub runs its schedules in UTC", value=repr(texts["--zone"])
        )
    found = KINDS[args.kind](plan_of(texts))
    if args.output is None:
        sys.stdout.write("".join(_headed(name, text, single=len(found) == 1) for name, text in found.items()))
        return 0
    for name in found:
        if (args.output / name).exists():
            raise SettingsError.of(
                "command line", "--output", f"{name} is there already", hint="Remove it, or choose another."
            )
    for name, text in found.items():
        _write(args.output / name, text)
        print(args.output / name)  # noqa: T201  # a command's answer
    return 0


def _headed(name: str, text: str, *, single: bool) -> str:
    return text if single else f"# file: {name}\n{text}\n"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise SettingsError.of("command line", "--output", f"{path} cannot be written ({error.strerror})") from None
