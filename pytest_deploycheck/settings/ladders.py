"""Ladders and conditions as settings: judgement parses them, here they become fields with a clear error."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, InstanceOf, PlainSerializer, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticUseDefault

from pytest_deploycheck.judgement.bounds import ConditionError
from pytest_deploycheck.judgement.conditions import Condition, parse_condition
from pytest_deploycheck.judgement.ladder import LEVELS, Ladder, LadderError, parse_ladder
from pytest_deploycheck.settings.values import problem

_LADDER_SCHEMA: Final = {
    "type": "object",
    "properties": {level: {"type": "string", "description": f"The condition of level {level}."} for level in LEVELS},
    "additionalProperties": False,
    "minProperties": 1,
}


def ladder(levels: Any, unit: str) -> Ladder:
    """Return the ladder of a table from level to condition, its conditions in ``unit``.

    Raises:
        PydanticCustomError: it is none; every problem in it is told.
    """
    if isinstance(levels, Ladder):
        return levels
    if not isinstance(levels, dict) or not levels:
        raise problem("no ladder", 'Write { medium = "> 1%", critical = "> 5%" }.')
    try:
        return parse_ladder(levels, unit)
    except LadderError as error:
        raise problem(
            str(error), parts=tuple((each.level, each.message, each.value) for each in error.problems)
        ) from None


def condition(text: Any) -> Condition:
    """Return the condition of a text.

    Raises:
        PydanticCustomError: it is none.
    """
    if isinstance(text, Condition):
        return text
    if not isinstance(text, str):
        raise problem("a condition is a text", 'Write it in quotes: "> 10".')
    try:
        return parse_condition(text)
    except ConditionError as error:
        raise problem(f"no condition: {error}") from None


def default_levels(unit: str, **levels: str) -> Ladder:
    """Return a ladder that a section has when none is written."""
    return parse_ladder(levels, unit)


def _texts(value: Ladder) -> dict[str, str]:
    return value.as_mapping()


def _own_unit(value: Any, info: ValidationInfo) -> Ladder:
    if "unit" not in info.data:
        raise PydanticUseDefault  # the unit is wrong and told; levels cannot be read without it
    return ladder(value, info.data["unit"])


_AS_TEXT: Final = PlainSerializer(_texts, return_type=dict[str, str])
_SCHEMA: Final = WithJsonSchema(_LADDER_SCHEMA)

# the unit is the field ``unit``, which has to stand above in the same model
Levels = Annotated[InstanceOf[Ladder], BeforeValidator(_own_unit), _AS_TEXT, _SCHEMA]
CountLevels = Annotated[InstanceOf[Ladder], BeforeValidator(lambda value: ladder(value, "")), _AS_TEXT, _SCHEMA]
SecondsLevels = Annotated[InstanceOf[Ladder], BeforeValidator(lambda value: ladder(value, "s")), _AS_TEXT, _SCHEMA]
PercentLevels = Annotated[InstanceOf[Ladder], BeforeValidator(lambda value: ladder(value, "%")), _AS_TEXT, _SCHEMA]
BytesLevels = Annotated[InstanceOf[Ladder], BeforeValidator(lambda value: ladder(value, "B")), _AS_TEXT, _SCHEMA]
DaysLevels = Annotated[InstanceOf[Ladder], BeforeValidator(lambda value: ladder(value, "d")), _AS_TEXT, _SCHEMA]
ConditionText = Annotated[
    InstanceOf[Condition],
    BeforeValidator(condition),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string"}),
]
