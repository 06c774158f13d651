"""Flows: several requests in a row, each using what earlier ones answered."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Any, Literal

from pydantic import Field

from pytest_deploycheck.settings.expectations import Expect, Headers, Table
from pytest_deploycheck.settings.fields import JmesPath, Name, SeverityWord, StepPath, Switch, VariableName
from pytest_deploycheck.settings.items import Item
from pytest_deploycheck.status import Impact, Severity


class Step(Table):
    """One request of a flow; ``{name}`` stands for a variable in path, json, headers and bearer."""

    name: Name = Field(description="What the step does, for people.")
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = Field(
        default="GET", description="The method."
    )
    path: StepPath = Field(description="A path of the service, or a whole URL.")
    json_body: Any = Field(default=None, alias="json", description="The body of the request, sent as JSON.")
    headers: Headers = Field(default_factory=dict, description="Headers of the request.")
    bearer: Name | None = Field(default=None, description='The token to send, usually captured before: "{token}".')
    expect: Expect = Field(default_factory=Expect, description="What the answer has to be.")
    capture: dict[VariableName, JmesPath] = Field(
        default_factory=dict, description="Variable to the JMESPath of its value in the answer."
    )


class Flow(Item):
    """Several requests in a row; cleanup runs whatever happens."""

    kind = "flow"

    severity: SeverityWord = Field(default=Severity.CRITICAL, description="How bad a failure is.")
    impact: Impact = Field(default=Impact.FLOW, description="What suffers from a failure.")
    writes: Switch = Field(default=False, description="It changes data; runs only with --deploy-allow-writes.")
    steps: tuple[Step, ...] = Field(min_length=1, description="The requests, in order.")
    cleanup: tuple[Step, ...] = Field(default=(), description="The requests that remove what the steps left behind.")
    variables: dict[VariableName, Any] = Field(default_factory=dict, description="Variables that the steps may use.")
