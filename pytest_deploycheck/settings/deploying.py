"""The section ``[deployment]``: where a run learns which deployment it is about, beside the command line."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Literal

from pydantic import Field

from pytest_deploycheck.settings.expectations import Table
from pytest_deploycheck.settings.fields import Name, Switch, Timeout, VariableName

ContextField = Literal["id", "version", "commit", "previous", "deployed_at", "environment"]


class DeploymentSettings(Table):
    """Where a run learns which deployment it is about, beside the command line and DEPLOYCHECK_DEPLOY_… variables."""

    detect: Switch = Field(
        default=True, description="Read the GitHub event and the variables of GitLab, Vercel and Railway."
    )
    command: tuple[Name, ...] = Field(
        default=(), description="A program and its arguments (no shell) that prints a Kubernetes object or plain JSON."
    )
    timeout: Timeout = Field(default=10.0, description="How long the command may take.")
    pass_env: tuple[VariableName, ...] = Field(
        default=(), description="Variables that the command may see, beside PATH, HOME and the language."
    )
    annotations: dict[ContextField, Name] = Field(
        default_factory=dict, description="Other annotations or labels of the Kubernetes object, by field."
    )
