"""Values that JSON cannot hold as they are, replaced by the nearest that it can; the ground floor of the codec."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.model import CheckResult, Measurement

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_INTEGER_BITS: Final = 4096  # Python refuses to write longer ones as decimal text
_NOT_FINITE: Final = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def tidied(result: CheckResult) -> CheckResult:
    """Return the result itself in the usual case, a cleaned copy when a measurement holds something unusual."""
    return clean(result) if any(_is_unusual(reading.measurement) for reading in result.readings) else result


def _is_unusual(measurement: Measurement) -> bool:
    value, moment = measurement.value, measurement.at
    if moment is not None and moment.tzinfo is not UTC and moment.utcoffset() != timedelta(0):
        return True
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, int) and value.bit_length() > LONGEST_INTEGER_BITS


def clean(value: Any) -> Any:
    """Return the value with everything that JSON cannot hold replaced by the nearest text or number."""
    if is_dataclass(value) and not isinstance(value, type):
        cleaned = {field.name: clean(getattr(value, field.name)) for field in fields(value)}
        if isinstance(value, Measurement):
            cleaned["value"] = _measured(value.value)
        return replace(value, **cleaned)
    kind = next((kind for kind in _CLEANERS if isinstance(value, kind)), None)
    return _CLEANERS[kind](value) if kind else _number_or_text(value)


def _measured(value: Any) -> Any:
    """Return a measured value: a number that is one, anything else as text."""
    number = value if isinstance(value, str | int | None) else _number_or_text(value)
    if isinstance(number, float) and not math.isfinite(number):
        return _NOT_FINITE[str(number)]
    return clean(number)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # within a day of year 1 or 9999
        return moment.replace(tzinfo=UTC)


def _integer(number: int) -> int | str:
    bits = number.bit_length()
    return int(number) if bits <= LONGEST_INTEGER_BITS else f"an integer of {bits} bits"


def _text(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _number_or_text(value: Any) -> float | str:
    """Return a Decimal or another library's number as a float, anything else as text."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return _text(str(value))


_CLEANERS: Final[dict[type, Callable[[Any], Any]]] = {
    Enum: lambda member: member,
    bool: bool,
    str: _text,
    int: _integer,
    float: float,
    type(None): lambda nothing: nothing,
    datetime: _utc,
    tuple: lambda items: tuple(map(clean, items)),
    list: lambda items: tuple(map(clean, items)),
}
