"""Ladders of conditions, one for each level from low to rollback; stands above conditions, below judge and settings."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.bounds import RELATIVE, ConditionError, Form
from pytest_deploycheck.judgement.conditions import Condition, Value, parse_condition
from pytest_deploycheck.judgement.regions import within
from pytest_deploycheck.judgement.units import UnitError, find_unit
from pytest_deploycheck.status import SEVERITY_ALIASES, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_VALUE: Final = 200
LEVELS: Final = tuple(str(level) for level in Severity)


@dataclass(frozen=True, slots=True)
class LadderProblem:
    """One thing wrong with a ladder; ``level`` is the key as written, empty when the ladder itself is meant."""

    level: str
    message: str
    value: str | None = None

    def __str__(self) -> str:
        """Return ``LEVEL: MESSAGE``."""
        return f"{self.level}: {self.message}" if self.level else self.message


class LadderError(ValueError):
    """All that is wrong with a ladder, at once."""

    def __init__(self, problems: tuple[LadderProblem, ...]) -> None:
        """Keep the problems and make them the message."""
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Ladder:
    """Conditions for what is bad, from the mildest level to the worst."""

    levels: tuple[tuple[Severity, Condition], ...]

    @property
    def needs_baseline(self) -> bool:
        """Whether any level compares with a baseline."""
        return any(condition.needs_baseline for _, condition in self.levels)

    @property
    def needs_capacity(self) -> bool:
        """Whether any level compares with a capacity."""
        return any(condition.needs_capacity for _, condition in self.levels)

    def reached(
        self, value: Value, *, unit: str = "", baseline: float | None = None, capacity: float | None = None
    ) -> tuple[Severity, Condition] | None:
        """Return the worst level whose condition holds; levels without their baseline or capacity are passed over.

        Raises:
            NotComparableError: the value is missing, NaN, infinite, or of another kind than the conditions are about.
            UnitError: the unit does not fit.
        """
        for severity, condition in reversed(self.levels):
            if condition.missing(unit=unit, baseline=baseline, capacity=capacity) is None and condition.holds(
                value, unit=unit, baseline=baseline, capacity=capacity
            ):
                return severity, condition
        return None

    def unjudged(
        self, *, unit: str = "", baseline: float | None = None, capacity: float | None = None
    ) -> tuple[tuple[Severity, Condition, str], ...]:
        """Return the levels that have no usable baseline or capacity, each with the reason."""
        asked = ((*level, level[1].missing(unit=unit, baseline=baseline, capacity=capacity)) for level in self.levels)
        return tuple((severity, condition, reason) for severity, condition, reason in asked if reason is not None)

    def without_baseline(self) -> Ladder | None:
        """Return the levels that compare with no baseline, None when there are none."""
        levels = tuple(level for level in self.levels if not level[1].needs_baseline)
        return Ladder(levels) if levels else None

    def describe(self, unit: str = "") -> str:
        """Return the ladder as a person reads it: ``medium > 1 %, critical > 5 %``."""
        return ", ".join(f"{level} {condition.describe(unit)}" for level, condition in self.levels)

    def as_mapping(self) -> dict[str, str]:
        """Return the ladder as settings hold it: level to condition."""
        return {str(level): str(condition) for level, condition in self.levels}


def parse_ladder(mapping: Mapping[str, object], unit: str = "") -> Ladder:
    """Return the ladder that a table of levels names, for values in ``unit``.

    Raises:
        LadderError: with everything that is wrong: unknown or doubled levels, conditions that cannot be read, units
            that do not fit, and levels not strictly within the milder ones (inverted, equal, overlapping).
    """
    problems: list[LadderProblem] = []
    known_unit: str | None = unit
    try:
        find_unit(unit)
    except UnitError as error:
        problems.append(LadderProblem("", str(error), unit))
        known_unit = None
    if not mapping:
        problems.append(LadderProblem("", f"no level; give at least one of {', '.join(LEVELS)}"))
    keys: dict[Severity, str] = {}
    found: dict[Severity, Condition] = {}
    for key, text in mapping.items():
        try:
            severity = _level(key, keys)
            keys[severity] = str(key)
            found[severity] = _condition(text, known_unit)
        except (ConditionError, UnitError) as error:
            problems.append(LadderProblem(str(key), str(error), str(text)[:MAX_VALUE]))
    levels = tuple((severity, found[severity]) for severity in sorted(found))
    if known_unit is not None:
        problems.extend(_order_problems(levels, known_unit, keys))
    if problems:
        raise LadderError(tuple(problems))
    return Ladder(levels)


def _level(key: object, seen: Mapping[Severity, str]) -> Severity:
    name = str(key).strip().lower()
    name = SEVERITY_ALIASES.get(name, name)
    if name in LEVELS:
        severity = Severity(name)
        if severity in seen:
            raise ConditionError(f"the level {severity} is given twice, also as {seen[severity]}")
        return severity
    near = difflib.get_close_matches(name[:40], [*LEVELS, *SEVERITY_ALIASES], n=1)
    did_you_mean = f"did you mean {near[0]!r}? " if near else ""
    raise ConditionError(f"unknown level; {did_you_mean}levels are {', '.join(LEVELS)}")


def _condition(text: object, unit: str | None) -> Condition:
    if not isinstance(text, str):
        raise ConditionError(f"a condition is a text with an operator, such as '> {str(text)[:20]}'")
    condition = parse_condition(text)
    if unit is not None:
        condition.check_unit(unit)
    return condition


def _order_problems(
    levels: tuple[tuple[Severity, Condition], ...], unit: str, keys: Mapping[Severity, str]
) -> Iterator[LadderProblem]:
    """Yield one problem for each level that does not lie strictly within a milder one of its family."""
    for position, (severity, condition) in enumerate(levels):
        for milder, other in reversed(levels[:position]):
            message = _conflict(condition, other, unit)
            if message:
                names = {"worse": f"{severity} ({condition})", "milder": f"{milder} ({other})"}
                yield LadderProblem(keys[severity], message.format(**names), str(condition))
                break


_SAME: Final = "{worse} is the same as {milder}; a worse level needs a limit of its own"
_INVERTED: Final = "inverted: {worse} is reached before {milder}, which never counts"
_OVERLAP: Final = "{worse} does not lie within {milder}; what reaches a worse level must reach the milder ones too"
_MIXED: Final = "{worse} and {milder} compare different kinds of values"


def _conflict(worse: Condition, milder: Condition, unit: str) -> str | None:
    """Return what is wrong between two levels, None when nothing is or when they have nothing in common to compare."""
    if type(worse.word) is not type(milder.word):
        same_family = worse.form is milder.form is Form.PLAIN
        return _MIXED if same_family else None
    if worse.word is not None:
        return _word_conflict(worse, milder)
    if _family(worse) != _family(milder):
        return None
    if worse.operator == milder.operator == "==" and worse.bounds != milder.bounds:
        return None  # codes, such as == 1 and == 2, exclude each other and are no ladder of amounts
    conflicts = (_number_conflict(worse, milder, unit, base) for base in _probes(worse, milder, unit))
    return next(filter(None, conflicts), None)


def _family(condition: Condition) -> str:
    return "baseline" if condition.form in RELATIVE else condition.form.name


def _word_conflict(worse: Condition, milder: Condition) -> str | None:
    if worse == milder:
        return _SAME
    if worse.operator == "==":
        return None if milder.operator == "==" or worse.word != milder.word else _OVERLAP
    return _INVERTED if milder.operator == "==" and worse.word != milder.word else _OVERLAP


def _probes(worse: Condition, milder: Condition, unit: str) -> tuple[Fraction | None, ...]:
    """Return the baselines to try: limits are straight lines between floors, so floors, 0 and a large one suffice."""
    floors = tuple(one.floor.in_unit(unit) for one in (worse, milder) if one.floor is not None)
    return (None, *((Fraction(0), *floors) if floors else ()))


def _number_conflict(worse: Condition, milder: Condition, unit: str, base: Fraction | None) -> str | None:
    """Compare at one baseline; None stands for one far above every floor."""
    inner, outer = (
        one.region(unit, Fraction(1) if base is None else max(base, one.floor.in_unit(unit) if one.floor else base))
        for one in (worse, milder)
    )
    if inner == outer:
        return _SAME
    if within(inner, outer):
        return None
    return _INVERTED if within(outer, inner) else _OVERLAP
