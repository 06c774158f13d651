"""One bound of a condition: a quantity, or a part of the baseline or capacity; stands above units, below predicates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.units import Quantity, exact_text, parse_quantity, shown_unit

if TYPE_CHECKING:
    from collections.abc import Callable


class ConditionError(ValueError):
    """A condition that cannot be read, or that cannot be asked of this value."""


class Form(Enum):
    """What a bound is measured against: nothing, the baseline in one of three ways, or the capacity."""

    PLAIN = "plain"
    CHANGE = "+30%"
    SHARE = "120% of baseline"
    MULTIPLE = "2x baseline"
    CAPACITY = "80% of capacity"


RELATIVE: Final = frozenset({Form.CHANGE, Form.SHARE, Form.MULTIPLE})
_PERCENT: Final = Fraction(1, 100)
_REFERENCE: Final = re.compile(
    r"(?P<body>.*?)\s*(?:(?P<times>x)\s*baseline|of\s+(?P<of>baseline|capacity)|(?P<bare>\bbaseline))",
    re.IGNORECASE | re.DOTALL,
)
_SIGNED: Final = ("+", "-")

_LIMITS: Final[dict[Form, Callable[[Fraction, Fraction], Fraction]]] = {
    Form.CHANGE: lambda number, base: base + number * _PERCENT * abs(base),
    Form.SHARE: lambda number, base: number * _PERCENT * base,
    Form.MULTIPLE: lambda number, base: number * base,
    Form.CAPACITY: lambda number, base: number * _PERCENT * base,
}


@dataclass(frozen=True, slots=True)
class Bound:
    """One bound as written: ``500ms``, ``+30%`` against the baseline, ``2x baseline``, ``80% of capacity``."""

    quantity: Quantity
    form: Form = Form.PLAIN

    def limit(self, unit: str, reference: Fraction) -> Fraction:
        """Return the bound as a number in ``unit``; ``reference`` is the baseline or the capacity, in ``unit`` too.

        Raises:
            UnitError: the bound's unit does not fit.
        """
        if self.form is Form.PLAIN:
            return self.quantity.in_unit(unit)
        return _LIMITS[self.form](Fraction(self.quantity.number), reference)

    @property
    def number(self) -> str:
        """The number as written; a change always has its sign."""
        text = exact_text(Fraction(self.quantity.number))
        return f"+{text}" if self.form is Form.CHANGE and not text.startswith("-") else text


def parse_bounds(texts: tuple[str, ...]) -> tuple[Bound, ...]:
    """Return the bounds that the texts name: one, or the two ends of a range whose last one says what they refer to.

    Raises:
        ConditionError: a text is no bound, or the two ends do not belong together.
        UnitError: a text is no quantity, or its unit is unknown.
    """
    match = _REFERENCE.fullmatch(texts[-1])
    if match is None:
        return _parse_plain(texts)
    if match["bare"]:
        if match["body"] or len(texts) > 1:
            raise ConditionError("write what of the baseline is meant, such as 2x baseline or 120% of baseline")
        return (Bound(parse_quantity("1"), Form.MULTIPLE),)
    bodies = [*texts[:-1], match["body"]]
    if match["times"]:
        return tuple(_multiple(re.sub(r"\s*x(\s*baseline)?$", "", body, flags=re.IGNORECASE)) for body in bodies)
    return _percentages(bodies, capacity=match["of"].lower() == "capacity")


def _parse_plain(texts: tuple[str, ...]) -> tuple[Bound, ...]:
    quantities = [parse_quantity(text) for text in texts]
    if any(quantity.unit == "%" and text.startswith(_SIGNED) for quantity, text in zip(quantities, texts, strict=True)):
        return _percentages(list(texts), capacity=False)
    last = quantities[-1].unit
    if any(quantity.unit and not last for quantity in quantities):
        raise ConditionError("the upper end of the range has no unit, the lower end has one; give it to both")
    # "10..20ms" means 10ms..20ms: a person says the unit once, at the end
    return tuple(Bound(Quantity(quantity.number, quantity.unit or last)) for quantity in quantities)


def _multiple(body: str) -> Bound:
    quantity = parse_quantity(body)
    if quantity.unit or quantity.number < 0:
        raise ConditionError(f"{body!r} cannot multiply the baseline; write a plain number, such as 2x baseline")
    return Bound(quantity, Form.MULTIPLE)


def _percentages(bodies: list[str], *, capacity: bool) -> tuple[Bound, ...]:
    """Read percentages of a reference: signed ones are a change of the baseline, unsigned ones a share of it."""
    quantities = [parse_quantity(body) for body in bodies]
    quantities = [Quantity(one.number, one.unit or quantities[-1].unit) for one in quantities]
    if any(quantity.unit != "%" for quantity in quantities):
        raise ConditionError("a part of the baseline or capacity is a percentage, such as +30% or 80% of capacity")
    signed = [body.startswith(_SIGNED) for body, one in zip(bodies, quantities, strict=True) if one.number]
    if capacity and any(signed):
        raise ConditionError("a share of the capacity has no sign; write for example 80% of capacity")
    if any(signed) and not all(signed):
        raise ConditionError("a change of the baseline has a sign at both ends, such as -20%..+20%")
    change = any(body.startswith(_SIGNED) for body in bodies)
    form = Form.CAPACITY if capacity else Form.CHANGE if change else Form.SHARE
    return tuple(Bound(quantity, form) for quantity in quantities)


def render_bounds(bounds: tuple[Bound, ...], unit: str = "", *, gap: str = "") -> str:
    """Return the bounds as one text; a bare number is printed in ``unit``, ``gap`` stands between number and unit."""
    form = bounds[0].form
    numbers = [bound.number for bound in bounds]
    if form is Form.PLAIN:
        # two ends may be written in different units (500ms..2s): then each keeps its own
        units = [bound.quantity.unit or unit for bound in bounds]
        if len(set(units)) == 1:
            return "..".join(numbers) + _unit_text(units[-1], gap)
        return "..".join(number + _unit_text(one, gap) for number, one in zip(numbers, units, strict=True))
    if form is Form.MULTIPLE:
        return "x..".join(numbers) + "x baseline"
    # the sign alone says that a change is meant; a person is told of what
    words = {Form.CHANGE: " of baseline" if gap else "", Form.CAPACITY: " of capacity"}.get(form, " of baseline")
    return f"{gap}%..".join(numbers) + f"{gap}%{words}"


def _unit_text(unit: str, gap: str) -> str:
    unit = shown_unit(unit)
    return unit if unit.startswith("/") or not unit else f"{gap}{unit}"
