"""Metrics that a program of this machine prints."""

from __future__ import annotations

# pydantic reads the annotations at run time
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pytest_deploycheck.settings.fields import ByteSize, Integer, JmesPath, Name, Switch, VariableName
from pytest_deploycheck.settings.metrics.base import MetricItem
from pytest_deploycheck.settings.values import problem

ExitCode = Annotated[Integer, Field(ge=0, le=255)]


class CommandMetric(MetricItem):
    """A number that a program prints, alone or inside JSON; or its exit code, or the seconds it took. No shell."""

    source: Literal["command"] = Field(description="Where the number comes from.")
    command: tuple[Name, ...] = Field(min_length=1, description="The program and its arguments, as a list.")
    value: Literal["output", "exit-code", "seconds"] = Field(default="output", description="What the number is.")
    query: JmesPath | None = Field(
        default=None, description="The JMESPath of the number, when the program prints JSON; default: only a number."
    )
    each: Switch = Field(default=False, description="The query finds a table from name to number; each is judged.")
    exit_codes: tuple[ExitCode, ...] = Field(default=(0,), description="Other exit codes than these are an error.")
    env: tuple[VariableName, ...] = Field(
        default=(), description="Variables that it may see, besides PATH, HOME, LANG and the like."
    )
    cwd: Name | None = Field(default=None, description="Its working folder; relative to the settings file.")
    max_output: ByteSize = Field(default=1024 * 1024, description="The largest accepted output.")

    @model_validator(mode="after")
    def _reads_output(self) -> Self:
        """Take a path into the output only where the output is read."""
        if self.query is not None and self.value != "output":
            raise problem("query does not fit", 'It belongs to value = "output".')
        if self.each and self.query is None:
            raise problem("each needs query", 'Give the JMESPath of the table; "@" is the whole output.')
        return self
