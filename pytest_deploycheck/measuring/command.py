"""Measurements from programs: what they print, how they end, how long they take."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import BadAnswerError
from pytest_deploycheck.measuring.base import in_unit
from pytest_deploycheck.measuring.json import number_at, numbers_at
from pytest_deploycheck.measuring.numbers import series_name
from pytest_deploycheck.model import Measurement

if TYPE_CHECKING:
    from pytest_deploycheck.asks import CommandAnswer
    from pytest_deploycheck.settings.metrics import CommandMetric

_ONLY_A_NUMBER: Final = "Let it print only a number, or JSON and give query"


def measure_command(metric: CommandMetric, answer: CommandAnswer) -> tuple[Measurement, ...]:
    """Return the measurement of a program, or one for each number of its table.

    Raises:
        BadAnswerError: it printed something else than a number or JSON.
    """
    made = Measurement(
        metric=metric.id,
        value=None,
        unit=metric.unit,
        source="command",
        query=metric.query or metric.value,
        target=answer.target,
        at=answer.at,
    )
    if metric.value == "exit-code":
        return (replace(made, value=answer.code),)
    if metric.value == "seconds":
        value = in_unit(answer.seconds, "s", metric.unit)
        return (replace(made, value=value, unit=metric.unit or "s"),)
    if metric.query is None:
        return (replace(made, value=_number(answer)),)
    document = _document(answer)
    if not metric.each:
        return (replace(made, value=number_at(document, metric.query)),)
    found = numbers_at(document, metric.query)
    return tuple(replace(made, metric=series_name(metric.id, name), value=value) for name, value in found.items())


def _number(answer: CommandAnswer) -> float | int | None:
    """Return the number that is all of the output; None for no output."""
    text = answer.output.decode("utf-8", "replace").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise BadAnswerError(f"{answer.target} printed no number", _ONLY_A_NUMBER) from None
    return int(value) if math.isfinite(value) and value.is_integer() else value


def _document(answer: CommandAnswer) -> Any:
    try:
        return json.loads(answer.output)
    except (ValueError, RecursionError) as error:
        raise BadAnswerError(f"{answer.target} printed no JSON ({type(error).__name__})", _ONLY_A_NUMBER) from None
