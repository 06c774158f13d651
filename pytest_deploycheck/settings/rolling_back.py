"""The section ``[verdict.on_rollback]``: what a verdict of ROLLBACK may start."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from pytest_deploycheck.settings.expectations import Table
from pytest_deploycheck.settings.fields import Switch, Timeout, VariableName
from pytest_deploycheck.settings.suggest import suggestion
from pytest_deploycheck.settings.values import problem
from pytest_deploycheck.templates import names_in

PLACEHOLDERS: Final = ("id", "version", "previous", "commit", "environment")


def _check_argument(value: str) -> str:
    """Return an argument whose placeholders a deployment can fill."""
    for name in names_in(value):
        if name not in PLACEHOLDERS:
            raise problem(f"a deployment has no {{{name}}}", suggestion(name, PLACEHOLDERS))
    if "\0" in value:
        raise problem("holds a null character")
    return value


Argument = Annotated[str, Field(min_length=1), AfterValidator(_check_argument)]


class Restore(Table):
    """A step that destroys what was written since (restoring a dump); it always waits for `restore-data`."""

    command: tuple[Argument, ...] = Field(min_length=1, description="A program and its arguments (no shell).")
    timeout: Timeout = Field(default=3600.0, description="How long it may take.")


class OnRollback(Table):
    """What a verdict of ROLLBACK or ROLLBACK_NOW runs, when --deploy-allow-rollback is given, too."""

    enabled: Switch = Field(default=False, description="Let a verdict run the command.")
    command: tuple[Argument, ...] = Field(
        default=(),
        description="A program and its arguments (no shell); {id}, {version}, {previous}, {commit}, {environment}",
    )
    decisions: tuple[Literal["ROLLBACK_NOW", "ROLLBACK"], ...] = Field(
        default=("ROLLBACK_NOW", "ROLLBACK"), description="The decisions that run it."
    )
    timeout: Timeout = Field(default=600.0, description="How long it may take.")
    pass_env: tuple[VariableName, ...] = Field(
        default=(), description="Variables that it may see, beside PATH, HOME, the language and DEPLOYCHECK_DEPLOY_…."
    )
    verify: Switch = Field(default=True, description="Run the same phase once more after it.")
    verify_timeout: Timeout = Field(default=1800.0, description="How long that may take.")
    restore: Restore | None = Field(default=None, description="Restoring data; waits for an attestation.")

    @model_validator(mode="after")
    def _with_a_command(self) -> Self:
        if self.enabled and not self.command:
            raise problem("is enabled and has no command", 'Write command = ["program", "argument"].')
        return self
