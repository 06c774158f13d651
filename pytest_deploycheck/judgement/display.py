"""Quantities as a person reads them; stands above units, below conditions and the judge."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

from pytest_deploycheck.judgement.units import Dimension, Number, convert, exact, exact_text, find_unit, shown_unit

DIGITS: Final = 4
ALL_DIGITS: Final = 420
_MEANINGFUL: Final = 15
_HUGE: Final = 10**15
_TINY: Final = Fraction(1, 10**6)

# minutes, hours and days start at two, because 90 s and 36 h read better than 1.5 min and 1.5 d
_SECONDS: Final = (
    ("d", 172_800),
    ("h", 7200),
    ("min", 120),
    ("s", 1),
    ("ms", Fraction(1, 1000)),
    ("us", _TINY),
    ("ns", 0),
)
_BINARY: Final = (("TiB", 1024**4), ("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024), ("B", 0))
_DECIMAL: Final = (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 1000), ("B", 0))


def format_quantity(value: Number, unit: str = "") -> str:
    """Return a value in the unit in which it reads best, such as ``340 ms``, ``3 %``, ``10/min`` or ``1,234``.

    Raises:
        UnitError: the unit is unknown, or the value is not finite.
    """
    known = find_unit(unit)
    steps: tuple[tuple[str, int | Fraction], ...] = ()
    if known.dimension is Dimension.TIME:
        steps = _SECONDS
    elif known.dimension is Dimension.BYTES:
        steps = _DECIMAL if known.name in {name for name, _ in _DECIMAL[:-1]} else _BINARY
    in_base = exact(value) * known.factor
    name = next((name for name, least in steps if abs(in_base) >= least), known.name) if in_base else known.name
    return with_unit(format_number(convert(value, known.name, name)), name)


def format_pair(value: Number, limit: Number, unit: str = "") -> tuple[str, str]:
    """Return a value and its limit, both given in ``unit``, with as many digits as it takes to tell them apart.

    Raises:
        UnitError: the unit is unknown, or a number is not finite.
    """
    name, here, there = find_unit(unit).name, exact(value), exact(limit)
    digits = max(DIGITS, _digits_of(there))
    while digits < ALL_DIGITS and _order(rounded(here, digits), rounded(there, digits)) != _order(here, there):
        digits += 1
    return with_unit(format_number(here, digits), name), with_unit(format_number(there, digits), name)


def with_unit(number: str, unit: str) -> str:
    """Return a number followed by its unit: ``3 %``, ``10/min``, ``12``."""
    unit = shown_unit(unit)
    return f"{number}{unit}" if unit.startswith("/") or not unit else f"{number} {unit}"


def format_number(number: Fraction, digits: int = DIGITS) -> str:
    """Return a number with ``digits`` significant digits, thousands separated; exponents beyond 1e15 and 1e-6."""
    number = rounded(number, digits)
    if number and (abs(number) >= _HUGE or abs(number) < _TINY):
        mantissa, _, exponent = f"{_decimal(number):.{digits - 1}e}".partition("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{mantissa}e{int(exponent)}"
    whole, point, part = exact_text(abs(number)).partition(".")
    return f"{'-' if number < 0 else ''}{int(whole):,}{point}{part}"


def rounded(number: Fraction, digits: int) -> Fraction:
    """Return the number with ``digits`` significant digits, its integer part in full below 10^15."""
    size = abs(number)
    if not size:
        return number
    places = digits - 1 - _decimal(size).adjusted()
    return Fraction(round(number, places if size >= _HUGE else max(0, places)))


def _decimal(number: Fraction) -> Decimal:
    """Return enough digits of the number for printing; exact when it terminates within them."""
    if abs(number) >= _TINY:
        return Decimal(exact_text(number))
    return Decimal(number.numerator) / Decimal(number.denominator)


def _digits_of(number: Fraction) -> int:
    """Return how many significant digits a written number has; few for a computed one that never ends."""
    if not number:
        return 1
    digits = len(exact_text(abs(number)).replace(".", "").strip("0"))
    return digits if digits <= _MEANINGFUL else DIGITS


def _order(first: Fraction, second: Fraction) -> int:
    return (first > second) - (first < second)
