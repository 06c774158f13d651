"""What the command line asks for: the settings with what it says over them, and the phase."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.phases import Phase, phase_for_age, resolve_phase
from pytest_deploycheck.plugin import deploying
from pytest_deploycheck.settings.load import load_settings

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import pytest

    from pytest_deploycheck.deployments import Value
    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.settings.schema import Settings

AUTO: Final = "auto"


def settings_of(config: pytest.Config, said: tuple[Value, ...]) -> Settings:
    """Return the settings of the file that is meant, with what the command line says over them.

    Raises:
        SettingsError: something is wrong in them; every problem is told at once.
    """
    return load_settings(
        _path(config.getoption("deploy_config"), config),
        cwd=config.invocation_params.dir,
        environ=os.environ,
        overrides=_overrides(config),
        environment=deploying.named_environment(said),
        detected=deploying.detected,
    )


def phase_of(name: str, settings: Settings, deployment: Deployment, now: datetime) -> Phase:
    """Return the phase of that name, or with ``auto`` the one that the deployment is in.

    Raises:
        SettingsError: there is no such phase, or the deployment's age is not known.
    """
    if name == AUTO:
        if not deployment.deployed_at_known:
            raise SettingsError.of(
                "command line",
                "--deploy-phase",
                "auto needs to know when it was deployed",
                hint="Add --deployed-at TIME.",
            )
        return phase_for_age((now - deployment.deployed_at) / timedelta(seconds=1), settings.phases)
    try:
        return resolve_phase(name, settings.phases)
    except ValueError as error:
        raise SettingsError.of("command line", "--deploy-phase", str(error)) from None


def as_usage(error: SettingsError) -> str:
    """Return every problem of the settings as one message."""
    count = len(error.problems)
    head = "deploycheck cannot start:" if count == 1 else f"deploycheck cannot start, {count} problems:"
    return "\n".join([head, *(f"  {problem}" for problem in error.problems)])


def _path(given: str | None, config: pytest.Config) -> Path | None:
    return None if given is None else config.invocation_params.dir / given


def _overrides(config: pytest.Config) -> dict[str, Any]:
    folder = config.getoption("deploy_report_dir")
    return {
        "reports.dir": None if folder is None else str(config.invocation_params.dir / folder),
        "history.url": config.getoption("deploy_history"),
    }
