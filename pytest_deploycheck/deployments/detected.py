"""What the place where the run happens says about the deployment by itself: GitHub, GitLab, Vercel, Railway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.deployments.github import github
from pytest_deploycheck.deployments.platforms import PLATFORMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.deployments.context import Value


def detected_values(environ: Mapping[str, str]) -> tuple[Value, ...]:
    """Return what the platforms say, the surer one first.

    Raises:
        SettingsError: the event of a GitHub workflow cannot be used.
    """
    return tuple(value for read in (github, *PLATFORMS) for value in read(environ))


def detected_environment(environ: Mapping[str, str]) -> Value | None:
    """Return the environment that the platforms name, None when they name none.

    Raises:
        SettingsError: the event of a GitHub workflow cannot be used.
    """
    return next((value for value in detected_values(environ) if value.field == "environment"), None)
