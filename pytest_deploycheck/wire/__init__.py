"""The only codec between the model and JSON text, for xdist, report files and history; stands right above model.

Two shapes leave this module. A *result* is one check in an envelope with its version, compact, made for the way from a
worker to the controller. A *record* is the whole run in the published shape of ``verdict.json`` (its JSON Schema is
``schema/verdict.schema.json``): there the readings of a check are flat ``measurements``.

Datetimes are ISO 8601 in UTC with ``Z``; a NaN or an infinity travels as the string ``"NaN"``, ``"Infinity"`` or
``"-Infinity"``, so that every line is JSON that any reader accepts.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from pydantic_core import PydanticSerializationError, from_json, to_json

from pytest_deploycheck.errors import WireError
from pytest_deploycheck.model import Attestation, CheckResult, Deployment, Judgement, Measurement, RunRecord
from pytest_deploycheck.wire.values import clean, tidied

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA_VERSION: Final = 1

_T = TypeVar("_T")
_CONFIG: Final = ConfigDict(ser_json_inf_nan="strings")
_MEASURED: Final = tuple(field.name for field in fields(Measurement))
_JUDGED: Final = tuple(field.name for field in fields(Judgement))
_FIRST: Final = ("service", "target", "deployment", "phase", "tick", "verdict", "run", "checks")


@with_config(_CONFIG)
@dataclass(frozen=True, slots=True, kw_only=True)
class _ResultEnvelope:
    """One result with the version of its shape; pydantic hands the config on to the dataclasses inside."""

    schema_version: int
    check: CheckResult


@with_config(_CONFIG)
@dataclass(frozen=True, slots=True, kw_only=True)
class _RecordEnvelope:
    """One run; its version stands in the published shape itself."""

    record: RunRecord


_RESULT: Final = TypeAdapter(_ResultEnvelope)
_RECORD: Final = TypeAdapter(_RecordEnvelope)


def encode_result(result: CheckResult) -> str:
    """Return one check as a line of JSON.

    Raises:
        WireError: the result holds something that is no value of the model.
    """
    return _dump(_RESULT, _ResultEnvelope(schema_version=SCHEMA_VERSION, check=tidied(result))).decode()


def decode_result(text: str) -> CheckResult:
    """Return the check that :func:`encode_result` wrote.

    Raises:
        WireError: the text is not JSON, not a result, or of another version.
    """
    envelope = _guarded(lambda: _RESULT.validate_json(text), "the result of a check")
    _demand_version(envelope.schema_version)
    return envelope.check


def encode_record(record: RunRecord) -> str:
    """Return the whole run as indented JSON in the published shape, ending with a newline.

    Raises:
        WireError: the record holds something that is no value of the model.
    """
    tidy = replace(
        record,
        deployment=clean(record.deployment),
        checks=tuple(map(tidied, record.checks)),
        attestations=clean(record.attestations),
        rollback=clean(record.rollback),
        run=clean(record.run),
    )
    tree = from_json(_dump(_RECORD, _RecordEnvelope(record=tidy)))["record"]
    for check in tree["checks"]:
        readings = check.pop("readings")
        check["measurements"] = [{**reading["measurement"], **reading["judgement"]} for reading in readings]
    ordered = {"schema_version": SCHEMA_VERSION, **{key: tree.pop(key) for key in _FIRST}, **tree}
    return to_json(ordered, indent=2).decode() + "\n"


def decode_record(text: str) -> RunRecord:
    """Return the run that :func:`encode_record` wrote; unknown keys are ignored.

    Raises:
        WireError: the text is not JSON, not a record, or of another version.
    """
    tree = _guarded(lambda: from_json(text, allow_inf_nan=False), "the record of a run")
    _demand_version(tree.get("schema_version") if isinstance(tree, dict) else None)
    envelope = _guarded(lambda: _RECORD.validate_python({"record": _with_readings(tree)}), "the record of a run")
    return envelope.record


def record_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of what :func:`encode_record` writes."""
    definitions: dict[str, Any] = _RECORD.json_schema(mode="serialization")["$defs"]
    definitions.pop("Reading")
    judgement = definitions.pop("Judgement")
    definitions["Measurement"]["description"] = "An observed value, how to repeat the observation, what it amounts to."
    definitions["Measurement"]["properties"] |= judgement["properties"]
    check = definitions["CheckResult"]["properties"]
    check["measurements"] = {**check.pop("readings"), "items": {"$ref": "#/$defs/Measurement"}}
    run = definitions.pop("RunRecord")
    run["properties"] = {"schema_version": {"const": SCHEMA_VERSION, "type": "integer"}, **run["properties"]}
    for definition in (*definitions.values(), run):
        _demand_all(definition)
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "verdict.json of pytest-deploycheck"}
    return {**run, **about, "$defs": definitions}


def _demand_all(definition: dict[str, Any]) -> None:
    """Every key is always written, so every key is required, and a default would only mislead."""
    if definition.get("type") != "object":
        return
    definition["required"] = list(definition["properties"])
    for described in definition["properties"].values():
        described.pop("default", None)


def _dump(adapter: TypeAdapter[Any], value: Any) -> bytes:
    """Return JSON; a value that JSON cannot hold as it is gets a second try with the nearest one that it can."""
    try:
        return adapter.dump_json(value, warnings="error")
    except (PydanticSerializationError, ValueError, TypeError):
        pass
    try:
        return adapter.dump_json(clean(value), warnings="error")
    except (PydanticSerializationError, ValueError, TypeError, AttributeError) as error:
        raise WireError(f"cannot be written as JSON ({type(error).__name__})") from None


def _guarded(decode: Callable[[], _T], what: str) -> _T:
    """Return what ``decode`` returns; its errors become one sentence without any of the text, which may be secret."""
    try:
        return decode()
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise WireError(f"{what} is unreadable at {where or 'its start'}: {first['msg'].split(':')[0]}") from None
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise WireError(f"{what} is unreadable ({type(error).__name__})") from None


def _demand_version(version: object) -> None:
    if version != SCHEMA_VERSION or isinstance(version, bool):
        shown = version if isinstance(version, int) else "missing"
        raise WireError(f"schema_version is {shown}, and this pytest-deploycheck reads {SCHEMA_VERSION}")


def _with_readings(tree: dict[str, Any]) -> dict[str, Any]:
    return {**tree, "checks": [_check_with_readings(check) for check in tree["checks"]]}


def _check_with_readings(check: dict[str, Any]) -> dict[str, Any]:
    readings = [
        {"measurement": _picked(flat, _MEASURED), "judgement": _picked(flat, _JUDGED)} for flat in check["measurements"]
    ]
    return {**check, "readings": readings}


def _picked(flat: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: flat[name] for name in names if name in flat}


_ATTESTATION: Final = TypeAdapter(Attestation)
_DEPLOYMENT: Final = TypeAdapter(Deployment)


def encode_attestation(attestation: Attestation) -> str:
    """Return one line of JSON text."""
    return _dump(_ATTESTATION, clean(attestation)).decode()


def decode_attestation(text: str) -> Attestation:
    """Return the attestation of a line.

    Raises:
        WireError: the line holds something else.
    """
    return _guarded(lambda: _ATTESTATION.validate_json(text), "an attestation")


def encode_deployment(deployment: Deployment) -> str:
    """Return one line of JSON text, for the way to a worker."""
    return _dump(_DEPLOYMENT, clean(deployment)).decode()


def decode_deployment(text: str) -> Deployment:
    """Return the deployment that the controller sent.

    Raises:
        WireError: the text holds something else.
    """
    return _guarded(lambda: _DEPLOYMENT.validate_json(text), "a deployment")
