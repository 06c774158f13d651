"""What an answer is expected to be, as endpoints, dependencies and steps of flows declare it."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pytest_deploycheck.settings.fields import HeaderName, HeaderValue, Integer, JmesPath, Name, Regex, Switch, Timeout
from pytest_deploycheck.settings.ladders import ConditionText
from pytest_deploycheck.settings.values import problem

RuleT = TypeVar("RuleT", bound=BaseModel)


class Table(BaseModel):
    """A table of the settings: its keys are known, its values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, regex_engine="python-re")


def only_key(rule: RuleT) -> RuleT:
    """Return a rule that has exactly one key.

    Raises:
        PydanticCustomError: it has none or several.
    """
    if len(rule.model_fields_set) != 1:
        raise problem(f"needs exactly one of {', '.join(type(rule).model_fields)}")
    return rule


class JsonRule(Table):
    """What a value inside a JSON body has to be; exactly one of the keys is set."""

    equals: Any = Field(
        default=None, description="The exact value: a text, a number, true or false, a list or a table."
    )
    condition: ConditionText | None = Field(default=None, description='A condition on the value, such as "> 10".')
    matches: Regex | None = Field(default=None, description="A regular expression that is found in the value.")
    exists: Switch | None = Field(
        default=None, description="Whether the value has to be there (true) or must not be (false)."
    )

    _one_key = model_validator(mode="after")(only_key)


class HeaderRule(Table):
    """What a header of the answer has to be; exactly one of the keys is set."""

    equals: str | None = Field(default=None, description="The exact value.")
    matches: Regex | None = Field(default=None, description="A regular expression that is found in the value.")
    absent: Switch | None = Field(default=None, description="true when the answer must not have this header.")

    _one_key = model_validator(mode="after")(only_key)


def _rule(value: Any) -> Any:
    return value if isinstance(value, (dict, Table)) else {"equals": value}


def _codes(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else [value]


StatusCode = Annotated[Integer, Field(ge=100, le=599)]
StatusCodes = Annotated[
    tuple[StatusCode, ...],
    Field(min_length=1),
    BeforeValidator(_codes, json_schema_input_type=StatusCode | list[StatusCode]),
]
JsonRules = dict[JmesPath, Annotated[JsonRule, BeforeValidator(_rule, json_schema_input_type=Any)]]
HeaderRules = dict[HeaderName, Annotated[HeaderRule, BeforeValidator(_rule, json_schema_input_type=str | HeaderRule)]]
Headers = dict[HeaderName, HeaderValue]


class Expect(Table):
    """What a step of a flow expects of its answer."""

    status: StatusCodes = Field(default=(200, 201, 202, 204), description="The accepted status codes.")
    json_rules: JsonRules = Field(
        default_factory=dict, alias="json", description="JMESPath of the body to what is expected there."
    )
    headers: HeaderRules = Field(default_factory=dict, description="Headers of the answer to what is expected of them.")
    contains: tuple[Name, ...] = Field(default=(), description="Texts that the body has to contain.")
    max_seconds: Timeout | None = Field(default=None, description="The longest time the answer may take.")
