"""What somebody said on purpose about the deployment: on the command line, or in a variable of ours. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.deployments.context import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# the field, its option, its variable
NAMES: Final = (
    ("id", "--deploy-id", "DEPLOYCHECK_DEPLOY_ID"),
    ("version", "--deploy-version", "DEPLOYCHECK_DEPLOY_VERSION"),
    ("commit", "--deploy-commit", "DEPLOYCHECK_DEPLOY_COMMIT"),
    ("previous", "--deploy-previous", "DEPLOYCHECK_DEPLOY_PREVIOUS"),
    ("deployed_at", "--deployed-at", "DEPLOYCHECK_DEPLOYED_AT"),
    ("environment", "--deploy-environment", "DEPLOYCHECK_DEPLOY_ENVIRONMENT"),
)


def given_values(options: Mapping[str, str | None], environ: Mapping[str, str]) -> Iterator[Value]:
    """Yield what the command line says (by the name of its option), then what our variables say; empty is unset."""
    for name, option, _ in NAMES:
        text = options.get(option)
        if text:
            yield Value(name, text, option)
    for name, _, variable in NAMES:
        if environ.get(variable):
            yield Value(name, environ[variable], variable)
