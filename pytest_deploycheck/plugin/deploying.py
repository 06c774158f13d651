"""Which deployment the run is about: what was said on purpose, what a command prints, what the platform knows."""

from __future__ import annotations

import os
from itertools import chain
from typing import TYPE_CHECKING, Final

from pytest_deploycheck import runs
from pytest_deploycheck.deployments import (
    LATEST,
    Value,
    deployment_of,
    detected_environment,
    detected_values,
    given_values,
    latest_values,
    manifest_values,
    settle,
)
from pytest_deploycheck.deployments.given import NAMES
from pytest_deploycheck.errors import SettingsError, SourceError
from pytest_deploycheck.redact import Redactor, printable
from pytest_deploycheck.sources.process import Command, Processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    import pytest

    from pytest_deploycheck.deployments import Context
    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.settings.schema import Settings

LARGEST_OUTPUT: Final = 4 * 1024 * 1024
DEFAULT_ENVIRONMENT: Final = "[service] environment"


def given(config: pytest.Config) -> tuple[Value, ...]:
    """Return what the command line and our variables say."""
    options = {option: config.getoption(option[2:].replace("-", "_")) for _, option, _ in NAMES}
    return tuple(given_values(options, os.environ))


def named_environment(values: tuple[Value, ...]) -> str | None:
    """Return the environment that somebody named on purpose, None when nobody did."""
    return next((value.text for value in values if value.field == "environment"), None)


def detected() -> tuple[str, str] | None:
    """Return the environment that the platform names, and where it does.

    Raises:
        SettingsError: the event of a GitHub workflow cannot be used.
    """
    found = detected_environment(os.environ)
    return None if found is None else (found.text, found.origin)


def context_of(values: tuple[Value, ...], settings: Settings, root: Path, now: datetime) -> Context:
    """Return everything that is known of the deployment, each value from the surest place that knows it.

    Raises:
        SettingsError: a place says something that cannot be used, or the command does not work.
    """
    named = next((value for value in values if value.field == "id"), None)
    if named is not None and named.text == LATEST:
        others = (value for value in values if value.field != "id")
        return settle(chain(others, _latest(root, named), _default(settings)), now)
    seen = detected_values(os.environ) if settings.deployment.detect else ()
    return settle(chain(values, _printed(settings), seen, _default(settings)), now)


def deployment_in(context: Context, settings: Settings, now: datetime) -> Deployment:
    """Return the deployment of a context.

    Raises:
        SettingsError: the time in it is none, or a value shows a secret of the settings.
    """
    _require_no_secret(context, settings)
    return deployment_of(
        now,
        identity=context.text("id"),
        version=context.text("version"),
        previous=context.text("previous"),
        commit=context.text("commit"),
        deployed_at=context.text("deployed_at"),
        environment=settings.service.environment,
        time_origin=context.origin("deployed_at") or "",
    )


def _require_no_secret(context: Context, settings: Settings) -> None:
    """Refuse a name that every folder, report and alert would show."""
    redactor = Redactor(settings.secrets)
    for field in ("id", "version", "previous", "commit"):
        text = context.text(field)
        if text is not None and text != redactor.text(text):
            place = context.origin(field) or field
            raise SettingsError.of(
                "command line" if place.startswith("--") else "environment",
                place,
                "it holds a secret, and every report would show it",
                hint="Name the deployment in another way.",
            )


def _default(settings: Settings) -> Iterator[Value]:
    # what was chosen decides; whoever says otherwise is named
    yield Value("environment", settings.service.environment, DEFAULT_ENVIRONMENT, derived=True)


def _latest(root: Path, said: Value) -> Iterator[Value]:
    found = runs.latest_deployment(root)
    if found is None:
        raise SettingsError.of(
            "command line" if said.origin.startswith("--") else "environment",
            said.origin,
            "there is no earlier run whose deployment could be meant",
            value=repr(LATEST),
            hint="Run once with --deploy-id ID, and keep the folder of the reports.",
        )
    return latest_values(found, f"{said.origin} {LATEST}")


def _printed(settings: Settings) -> tuple[Value, ...]:
    asked = settings.deployment
    if not asked.command:
        return ()
    processes = Processes()
    command = Command(argv=asked.command, timeout=asked.timeout, allow=asked.pass_env, cwd=str(settings.root))
    try:
        done = processes.run(command, max_bytes=LARGEST_OUTPUT).succeeded()
    except SourceError as error:
        told = printable(Redactor(settings.secrets).text(error.message))
        raise SettingsError.of(settings.path.name, "deployment.command", told, hint=error.hint) from None
    finally:
        processes.close()
    return manifest_values(done.stdout.decode("utf-8", "replace"), dict(asked.annotations.items()))
