"""Quantities with units, read and converted exactly; the first stage of the judgement, importing no other.

Numbers become exact fractions, so that 500 ms and 0.5 s are the same limit. A float carries 15 decimal digits that
mean something; what lies beyond is noise of binary arithmetic (0.1 + 0.2) and is rounded away before comparing.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Final

Number = int | float | Decimal | Fraction

MAX_EXPONENT: Final = 400
MAX_TEXT: Final = 40
_QUANTITY: Final = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)\s*(.*)", re.DOTALL)


class UnitError(ValueError):
    """A quantity that cannot be read, an unknown unit, or two units that do not fit each other."""


class Dimension(Enum):
    """What a unit measures; units of one dimension convert into each other."""

    NUMBER = "a number or a ratio"
    TIME = "a time"
    BYTES = "a size"
    RATE = "a rate"
    BYTE_RATE = "a size per time"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its canonical name, what it measures, and how many base units (1, s, B, 1/s, B/s) it is."""

    name: str
    dimension: Dimension
    factor: Fraction


_TIMES: Final = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "min": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86400),
    "w": Fraction(604800),
}
_SIZES: Final = {
    "B": Fraction(1),
    **{name: Fraction(1000**power) for power, name in enumerate(("kB", "MB", "GB", "TB"), 1)},
    **{name: Fraction(1024**power) for power, name in enumerate(("KiB", "MiB", "GiB", "TiB"), 1)},
}
_PER: Final = ("s", "min", "h", "d")
_ALIASES: Final = {"m": "min", "KB": "kB", "µs": "us", "μs": "us"}  # the micro sign, and the Greek letter


def _table() -> dict[str, Unit]:
    units = [Unit("", Dimension.NUMBER, Fraction(1)), Unit("%", Dimension.NUMBER, Fraction(1, 100))]
    units += [Unit(name, Dimension.TIME, factor) for name, factor in _TIMES.items()]
    units += [Unit(name, Dimension.BYTES, factor) for name, factor in _SIZES.items()]
    units += [Unit(f"/{per}", Dimension.RATE, 1 / _TIMES[per]) for per in _PER]
    units += [Unit(f"{size}/{per}", Dimension.BYTE_RATE, _SIZES[size] / _TIMES[per]) for size in _SIZES for per in _PER]
    return {unit.name: unit for unit in units}


UNITS: Final = _table()
_VALID: Final = f"%, {', '.join([*_TIMES, *_SIZES])}, a rate such as /s or MB/min, or nothing for a plain number"


@cache
def find_unit(name: str) -> Unit:
    """Return the unit of this name; ``m`` is a minute, ``1/s`` the same as ``/s``.

    Raises:
        UnitError: no unit has this name.
    """
    numerator, slash, per = (part.strip() for part in name.strip().partition("/"))
    numerator = "" if slash and numerator == "1" else _ALIASES.get(numerator, numerator)
    unit = UNITS.get(f"{numerator}{slash}{_ALIASES.get(per, per)}")
    if unit is None:
        near = difflib.get_close_matches(name[:MAX_TEXT], [known for known in UNITS if known], n=1)
        did_you_mean = f"did you mean {near[0]!r}? " if near else ""
        raise UnitError(f"unknown unit {name[:MAX_TEXT]!r}; {did_you_mean}known units: {_VALID}")
    return unit


def compatible(first: str, second: str) -> bool:
    """Return whether quantities in these two units can be compared; ``%`` and a plain number can.

    Raises:
        UnitError: one of them is no unit.
    """
    return find_unit(first).dimension is find_unit(second).dimension


def convert(value: Number, source: str, target: str) -> Fraction:
    """Return ``value``, given in the unit ``source``, in the unit ``target``, exactly.

    Raises:
        UnitError: a unit is unknown, they do not fit each other, or the value is not finite.
    """
    here, there = find_unit(source), find_unit(target)
    if here.dimension is not there.dimension:
        raise UnitError(f"{_named(here)} cannot be compared with {_named(there)}")
    return exact(value) * here.factor / there.factor


def shown_unit(name: str) -> str:
    """Return a unit's canonical name for printing; a name that is no unit is printed as it is."""
    try:
        return find_unit(name).name
    except UnitError:
        return name


def _named(unit: Unit) -> str:
    return f"{unit.dimension.value} ({unit.name})" if unit.name else "a plain number"


def exact(value: Number) -> Fraction:
    """Return the number as a fraction: a float by its 15 meaningful digits, anything else exactly.

    Raises:
        UnitError: the value is NaN, infinite or larger than any measurement.
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UnitError(f"{value} is no finite number")
        return Fraction(f"{value:.15g}")
    if isinstance(value, Decimal) and not (value.is_finite() and abs(value.adjusted()) <= MAX_EXPONENT):
        raise UnitError("the number is not finite, or out of range")
    number = Fraction(value)
    if number.numerator.bit_length() > 4 * MAX_EXPONENT:
        raise UnitError("the number is out of range")
    return number


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as somebody wrote it, with its canonical unit; without one it is in the unit of what is measured."""

    number: Decimal
    unit: str = ""

    def __str__(self) -> str:
        """Return the shortest text that reads back to the same quantity, such as ``500ms``."""
        return f"{exact_text(Fraction(self.number))}{self.unit}"

    def in_unit(self, unit: str) -> Fraction:
        """Return the exact number in ``unit``.

        Raises:
            UnitError: the units do not fit each other.
        """
        return convert(self.number, self.unit, unit) if self.unit else Fraction(self.number)


def parse_quantity(text: str) -> Quantity:
    """Return the quantity that a text such as ``500ms``, ``1%``, ``10/min`` or ``1.5 GiB`` names.

    Raises:
        UnitError: the text is no number, or its unit is unknown.
    """
    text = text.strip()
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise UnitError(f"{text[:MAX_TEXT]!r} is no quantity; write a number with its unit, such as 5, 500ms or 1%")
    digits, unit = match.groups()
    if unit.startswith((",", ".", "_")):
        raise UnitError(f"{text[:MAX_TEXT]!r} is no quantity; write the number with a decimal point and no separators")
    if len(digits) > MAX_TEXT or abs(Decimal(digits).adjusted()) > MAX_TEXT:
        raise UnitError(f"{text[:MAX_TEXT]!r} is out of range; at most {MAX_TEXT} digits are read")
    return Quantity(Decimal(digits), find_unit(unit).name)


def exact_text(number: Fraction) -> str:
    """Return a fraction that terminates as a plain decimal without exponent; any other one is cut after many digits."""
    places = 0
    while places < 2 * MAX_TEXT and (number * 10**places).denominator != 1:
        places += 1
    text = f"{round(abs(number) * 10**places):0{places + 1}d}"
    whole, part = (text[:-places], text[-places:]) if places else (text, "")
    sign = "-" if number < 0 else ""
    return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"
