"""The sections of the settings for what others run and we ask about our service: where it is, and our token."""

from __future__ import annotations

# pydantic reads the annotations at run time
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pytest_deploycheck.settings.expectations import Table
from pytest_deploycheck.settings.fields import BaseUrl, Integer, Name, Number, SecretText, Switch, Timeout


def _several(value: object) -> object:
    return value if isinstance(value, (list, tuple)) else [value]


Names = Annotated[
    tuple[Name, ...], Field(min_length=1), BeforeValidator(_several, json_schema_input_type=Name | list[Name])
]


class Sentry(Table):
    """The Sentry that collects the service's errors."""

    url: BaseUrl = Field(default="https://sentry.io", description="Where it answers; your own one, or a region's.")
    organization: Name = Field(description="The organization's slug.")
    project: Names = Field(description="The project's slug or number, or a list of them.")
    token: SecretText = Field(
        description="A token with the scopes event:read, org:read and project:read, best from ${SENTRY_AUTH_TOKEN}."
    )
    environment: Name | None = Field(
        default=None, description='How Sentry calls the environment, or "any"; default the deployment\'s.'
    )
    release: Name = Field(
        default="{version}", description="How the SDK calls a release; {version} and {commit} are the deployment's."
    )
    sample_rate: Annotated[Number, Field(gt=0, le=1)] = Field(
        default=1.0, description="The SDK's sample_rate for errors, above 0 to 1; counts of events are extrapolated."
    )
    timeout: Timeout = Field(default=10.0, description="How long one question may take, pages and waiting included.")
    verify_tls: Switch = Field(default=True, description="Check its certificate.")


class Tickets(Table):
    """The ticket system: tickets are counted there, and findings may be filed."""

    tracker: Literal["github", "jira", "zendesk", "linear", "json"] = Field(
        description='Which one it is; "json" is any other one that answers JSON.'
    )
    url: BaseUrl | None = Field(
        default=None, description="Where its API answers; github and linear have one of their own."
    )
    project: Name | None = Field(
        default=None, description="owner/name (github), the project's key (jira), the team's id (linear)."
    )
    user: Name | None = Field(default=None, description="Whose token it is: an e-mail address (jira, zendesk).")
    token: SecretText = Field(description="The token, best from ${TRACKER_TOKEN}.")
    timeout: Timeout = Field(default=10.0, description="How long one question may take, waiting included.")
    verify_tls: Switch = Field(default=True, description="Check its certificate.")
    file: Switch = Field(
        default=False,
        description="File a ticket for each medium and low finding, once a deployment; not in dry runs, and not with "
        "--deploy-no-notify.",
    )
    labels: tuple[Name, ...] = Field(default=("deploycheck",), description="The labels of filed tickets.")
    most: Annotated[Integer, Field(ge=1, le=100)] = Field(
        default=10, description="The most tickets that one run files."
    )
