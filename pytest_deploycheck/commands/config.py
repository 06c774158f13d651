"""``deploycheck config``: check the settings, show what is in effect, export the schema for editors."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.deployments import detected_environment, detected_values, given_values, settle
from pytest_deploycheck.redact import Redactor
from pytest_deploycheck.settings.files import shown
from pytest_deploycheck.settings.load import load_settings
from pytest_deploycheck.settings.schema import Settings
from pytest_deploycheck.settings.show import effective

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, text in _HELP.items():
        action = actions.add_parser(name, help=text, description=text)
        if name != "schema":
            action.add_argument("path", nargs="?", type=Path, help="the settings file (default: the nearest)")
            action.add_argument("--environment", metavar="NAME", help="the environment to choose")


def run(args: argparse.Namespace) -> int:
    """Do what was asked and return the exit code.

    Raises:
        SettingsError: the settings are wrong.
    """
    return _ACTIONS[args.action](args)


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the settings."""
    return {"$schema": DIALECT, **Settings.model_json_schema(), "title": "deploycheck.toml"}


def _load(args: argparse.Namespace) -> Settings:
    chosen = args.environment or os.environ.get("DEPLOYCHECK_DEPLOY_ENVIRONMENT")
    return load_settings(args.path, cwd=Path.cwd(), environ=os.environ, environment=chosen, detected=_detected)


def _detected() -> tuple[str, str] | None:
    found = detected_environment(os.environ)
    return None if found is None else (found.text, found.origin)


def _context(settings: Settings) -> dict[str, Any]:
    """Return what is known of the deployment here and now, without asking the ``[deployment] command``."""
    seen = detected_values(os.environ) if settings.deployment.detect else ()
    context = settle((*given_values({}, os.environ), *seen), datetime.now(UTC))
    hide = Redactor(settings.secrets).text
    known = {name: {"value": hide(each.text), "from": hide(each.origin)} for name, each in context.values.items()}
    return {"known": known, "conflicts": [hide(each) for each in context.conflicts]}


def _check(args: argparse.Namespace) -> int:
    settings = _load(args)
    items = list(settings.all_items())
    off = sum(not item.enabled for item in items)
    name = args.path or shown(settings.path, Path.cwd())
    _print(f"{name}: ok, {len(items)} item{'' if len(items) == 1 else 's'}{f', {off} switched off' if off else ''}")
    return 0


def _show(args: argparse.Namespace) -> int:
    settings = _load(args)
    _print(json.dumps({**effective(settings), "known_deployment": _context(settings)}, indent=2, ensure_ascii=False))
    return 0


def _schema(_args: argparse.Namespace) -> int:
    _print(json.dumps(schema(), indent=2, ensure_ascii=False))
    return 0


def _print(text: str) -> None:
    print(text)  # noqa: T201  # a command's answer


_HELP: Final = {
    "check": "check the settings and tell every problem",
    "show": "show the settings in effect, secrets masked",
    "schema": "print the JSON Schema of the settings",
}
_ACTIONS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {"check": _check, "show": _show, "schema": _schema}
