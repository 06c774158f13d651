"""The types of single settings (durations, sizes, patterns, secrets); above the values, below items and sections."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, SecretStr, Strict, WithJsonSchema

from pytest_deploycheck.phases import format_duration
from pytest_deploycheck.settings.addresses import (
    check_base_url,
    check_clock,
    check_glob,
    check_header_name,
    check_header_value,
    check_history_url,
    check_path_or_url,
    check_secret_dsn,
    check_step_path,
    check_table,
    check_table_column,
    check_tcp,
    check_url,
)
from pytest_deploycheck.settings.secrets import masked_dsn
from pytest_deploycheck.settings.values import (
    BASELINES,
    ID_LENGTH,
    ID_PATTERN,
    SIZES,
    SWITCHES,
    check_baseline,
    check_capacity,
    check_duration,
    check_hold,
    check_id,
    check_jmespath,
    check_not_blank,
    check_not_negative,
    check_phase,
    check_positive,
    check_query,
    check_regex,
    check_severity,
    check_size,
    check_unit,
    check_variable,
    converted,
    mask,
    read_tenant,
)
from pytest_deploycheck.status import MARKABLE_SEVERITIES, SEVERITY_ALIASES, Severity

_DURATION_SCHEMA: Final = {
    "anyOf": [
        {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(ms|s|m|min|h|d|w)\s*$"},
        {"type": "number", "minimum": 0},
    ]
}
_SIZE_SCHEMA: Final = {
    "anyOf": [
        {"type": "string", "pattern": rf"^\s*\d+(\.\d+)?\s*({'|'.join(filter(None, SIZES))})\s*$"},
        {"type": "integer", "minimum": 1},
    ]
}
_SEVERITIES_SCHEMA: Final = {
    "type": "string",
    "enum": [*MARKABLE_SEVERITIES, *SEVERITY_ALIASES, "P0", "P1", "P2", "P3"],
}

_AS_TEXT: Final = PlainSerializer(format_duration, return_type=str, when_used="json")
_CAPACITY_SCHEMA: Final = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "minLength": 1}]}

Integer = Annotated[int, Strict(), BeforeValidator(converted(int, "a whole number"))]
Number = Annotated[float, Strict(), BeforeValidator(converted(float, "a number")), Field(allow_inf_nan=False)]
Switch = Annotated[bool, Strict(), BeforeValidator(converted(lambda text: SWITCHES[text.lower()], "true or false"))]
Name = Annotated[str, Field(min_length=1)]
Duration = Annotated[
    float,
    Strict(),
    BeforeValidator(check_duration),
    AfterValidator(check_not_negative),
    _AS_TEXT,
    WithJsonSchema(_DURATION_SCHEMA),
]
Timeout = Annotated[
    float,
    Strict(),
    BeforeValidator(check_duration),
    AfterValidator(check_positive),
    _AS_TEXT,
    WithJsonSchema(_DURATION_SCHEMA),
]
ByteSize = Annotated[
    int,
    Strict(),
    BeforeValidator(converted(str, "a size")),
    BeforeValidator(check_size),
    Field(gt=0),
    WithJsonSchema(_SIZE_SCHEMA),
]
SecretText = Annotated[
    SecretStr, AfterValidator(check_not_blank), PlainSerializer(mask, return_type=str, when_used="json")
]
Dsn = Annotated[
    SecretStr,
    AfterValidator(check_secret_dsn),
    PlainSerializer(lambda value: masked_dsn(value.get_secret_value()), return_type=str, when_used="json"),
]
HistoryUrl = Annotated[
    SecretStr,
    AfterValidator(check_history_url),
    PlainSerializer(lambda value: masked_dsn(value.get_secret_value()), return_type=str, when_used="json"),
]
SeverityWord = Annotated[Severity, BeforeValidator(check_severity), WithJsonSchema(_SEVERITIES_SCHEMA)]
ItemId = Annotated[
    str, AfterValidator(check_id), Field(json_schema_extra={"pattern": ID_PATTERN, "maxLength": ID_LENGTH})
]
PhaseName = Annotated[str, AfterValidator(check_phase)]
Regex = Annotated[str, AfterValidator(check_regex)]
JmesPath = Annotated[str, AfterValidator(check_jmespath)]
Url = Annotated[str, AfterValidator(check_url)]
BaseUrl = Annotated[str, AfterValidator(check_base_url)]
PathOrUrl = Annotated[str, AfterValidator(check_path_or_url)]
Glob = Annotated[str, AfterValidator(check_glob)]
Clock = Annotated[str, AfterValidator(check_clock)]
TableName = Annotated[str, AfterValidator(check_table)]
TableColumn = Annotated[str, AfterValidator(check_table_column)]
TcpAddress = Annotated[str, AfterValidator(check_tcp)]
Capacity = Annotated[float | str, BeforeValidator(check_capacity), WithJsonSchema(_CAPACITY_SCHEMA)]
BaselineChoice = Annotated[
    str | dict[str, str],
    BeforeValidator(check_baseline),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": list(BASELINES)},
                {"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"]},
            ]
        }
    ),
]
Hold = Annotated[
    dict[str, float],
    BeforeValidator(check_hold),
    PlainSerializer(
        lambda value: {level: format_duration(seconds) for level, seconds in value.items()}, when_used="json"
    ),
    WithJsonSchema({"anyOf": [_DURATION_SCHEMA, {"type": "object", "additionalProperties": _DURATION_SCHEMA}]}),
]
MetricQueryText = Annotated[str, AfterValidator(check_query)]
HeaderName = Annotated[str, AfterValidator(check_header_name)]
HeaderValue = Annotated[str, AfterValidator(check_header_value)]
VariableName = Annotated[str, AfterValidator(check_variable)]
Unit = Annotated[str, AfterValidator(check_unit)]
Tenant = Annotated[str, BeforeValidator(read_tenant, json_schema_input_type=str | int), Field(min_length=1)]
StepPath = Annotated[str, AfterValidator(check_step_path)]
