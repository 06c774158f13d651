"""A condition as a value: asked of a measurement, explained, printed; stands above bounds, below the grammar."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from pytest_deploycheck.judgement.bounds import RELATIVE, Bound, ConditionError, Form, render_bounds
from pytest_deploycheck.judgement.display import format_number, format_pair, format_quantity, with_unit
from pytest_deploycheck.judgement.regions import Region, contains, region_of
from pytest_deploycheck.judgement.units import Quantity, UnitError, convert, exact

Value = float | int | bool | str | Decimal | Fraction | None

MAX_SHOWN: Final = 100
_STRICT: Final = {">=": ">", "<=": "<"}


class NotComparableError(ConditionError):
    """The value is missing, not finite, or of another kind than the condition is about."""


class NoReferenceError(ConditionError):
    """The baseline or the capacity that the condition refers to is missing or unusable."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as written: an operator with one bound, two ends of a range, or a word; never empty."""

    operator: str
    bounds: tuple[Bound, ...] = ()
    word: str | bool | None = None
    floor: Quantity | None = None

    @property
    def form(self) -> Form:
        """What the bounds are measured against; a word stands for itself."""
        return self.bounds[0].form if self.bounds else Form.PLAIN

    @property
    def needs_baseline(self) -> bool:
        """Whether the condition compares with a baseline."""
        return self.form in RELATIVE

    @property
    def needs_capacity(self) -> bool:
        """Whether the condition compares with a capacity."""
        return self.form is Form.CAPACITY

    def check_unit(self, unit: str) -> None:
        """Accept ``unit`` as the unit of what is measured.

        Raises:
            UnitError: the unit is unknown, or a quantity of the condition cannot be compared with it.
        """
        convert(0, unit, unit)
        for quantity in (*(bound.quantity for bound in self.bounds if bound.form is Form.PLAIN), self.floor):
            if quantity is not None:
                quantity.in_unit(unit)

    def missing(self, *, unit: str = "", baseline: float | None = None, capacity: float | None = None) -> str | None:
        """Return why the condition has no usable baseline or capacity, None when it has all that it needs."""
        try:
            self.reference(unit, baseline, capacity)
        except NoReferenceError as error:
            return str(error)
        return None

    def reference(self, unit: str, baseline: float | None, capacity: float | None) -> Fraction:
        """Return the number that relative bounds refer to, in ``unit``: the floored baseline or the capacity; else 0.

        Raises:
            NoReferenceError: it is missing, not finite, or its sign makes no sense.
            UnitError: the floor does not fit the unit.
        """
        if self.form is Form.PLAIN:
            return Fraction(0)
        name, given = ("capacity", capacity) if self.needs_capacity else ("baseline", baseline)
        if given is None:
            raise NoReferenceError(f"no {name}")
        try:
            number = exact(given)
        except UnitError as error:
            raise NoReferenceError(f"no usable {name}: {error}") from None
        if self.needs_capacity and number <= 0:
            raise NoReferenceError(f"no usable capacity: {given} is not above 0")
        if self.floor is not None:
            number = max(number, self.floor.in_unit(unit))
        if number < 0 and self.form is not Form.CHANGE:
            raise NoReferenceError(f"no usable baseline: {given} is negative and cannot be multiplied")
        return number

    def region(self, unit: str, reference: Fraction) -> Region:
        """Return the numbers, in ``unit``, for which the condition holds, given the baseline or capacity in ``unit``.

        Against a baseline of 0 the operators are strict: as long as the value is 0 too, nothing has changed.
        """
        operator = _STRICT.get(self.operator, self.operator) if self.needs_baseline and not reference else self.operator
        return region_of(operator, tuple(bound.limit(unit, reference) for bound in self.bounds))

    def holds(
        self, value: Value, *, unit: str = "", baseline: float | None = None, capacity: float | None = None
    ) -> bool:
        """Return whether the condition holds for a value, which with baseline and capacity is in ``unit``.

        Raises:
            NotComparableError: the value is missing, NaN, infinite, or of another kind than the condition is about.
            NoReferenceError: the baseline or capacity that is needed is missing or unusable.
            UnitError: the unit does not fit.
        """
        self.check_value(value)
        if self.word is not None:
            return (value == self.word) is (self.operator == "==")
        return contains(self.region(unit, self.reference(unit, baseline, capacity)), self._number(value))

    def check_value(self, value: Value) -> None:
        """Accept a value as one that the condition can be asked about.

        Raises:
            NotComparableError: the value is missing, NaN, infinite, or of another kind than the condition is about.
        """
        if self.word is None:
            self._number(value)
        elif type(value) is not type(self.word):
            kind = "true or false" if isinstance(self.word, bool) else "text"
            raise NotComparableError(f"{show_value(value)} cannot be compared; {self} is about {kind}")

    def _number(self, value: Value) -> Fraction:
        if value is None or isinstance(value, bool | str):
            quote = "; quote it to compare text" if isinstance(value, str) and self.operator in {"==", "!="} else ""
            raise NotComparableError(f"{show_value(value)} is no number; {self} needs one{quote}")
        try:
            return exact(value)
        except UnitError as error:
            raise NotComparableError(f"{error}; {self} needs a finite number") from None

    def explain(
        self, value: Value, *, unit: str = "", baseline: float | None = None, capacity: float | None = None
    ) -> str:
        """Return the value beside the limit it was compared with, such as ``3 % > 1 %``.

        Raises:
            ConditionError: as for :meth:`holds`.
            UnitError: the unit does not fit.
        """
        if self.word is not None:
            return f"{show_value(value)} {self.describe()}"
        number, reference = self._number(value), self.reference(unit, baseline, capacity)
        shown = self.bounds[-1].quantity.unit if self.form is Form.PLAIN and self.bounds[-1].quantity.unit else unit
        limits = [convert(bound.limit(unit, reference), unit, shown) for bound in self.bounds]
        here = convert(number, unit, shown)
        nearest = min(limits, key=lambda limit: (abs(limit - here), limit))
        left, right = format_pair(here, nearest, shown)
        if self.form is Form.PLAIN:
            return f"{left} {self.describe(unit)}"
        between = right if len(limits) == 1 else "..".join(format_pair(here, limit, shown)[1] for limit in limits)
        name, given = ("capacity", capacity) if self.needs_capacity else ("baseline", baseline)
        base = with_unit(format_number(exact(given or 0)), unit)
        return f"{left} {self.describe(unit)} = {between}, {name} {base}"

    def describe(self, unit: str = "") -> str:
        """Return the condition as a person reads it, bare numbers in ``unit``: ``> 1 %``, ``>= 2x baseline``."""
        return self._render(unit, " ")

    def __str__(self) -> str:
        """Return the shortest text that reads back to the same condition."""
        return self._render("", "")

    def _render(self, unit: str, gap: str) -> str:
        if self.word is not None:
            return f"{self.operator} {_quoted(self.word)}"
        floor = f" (floor {render_bounds((Bound(self.floor),), unit, gap=gap)})" if self.floor is not None else ""
        return f"{self.operator} {render_bounds(self.bounds, unit, gap=gap)}{floor}"


def show_value(value: Value, unit: str = "") -> str:
    """Return any measured value as a person reads it: a quantity, ``true``, ``"text"``, ``no value``."""
    if value is None:
        return "no value"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _quoted(" ".join(value.split())[:MAX_SHOWN])
    try:
        number = exact(value)
    except UnitError:
        return str(value) if isinstance(value, float) else "a number out of range"
    try:
        return format_quantity(number, unit)
    except UnitError:
        return with_unit(format_number(number), unit)


def _quoted(word: str | bool) -> str:  # noqa: FBT001  # the word is data, no switch
    if isinstance(word, bool):
        return str(word).lower()
    return f"'{word}'" if '"' in word else f'"{word}"'
