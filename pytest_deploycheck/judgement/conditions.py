"""The grammar of conditions such as ``> 500ms`` or ``>= 2x baseline``; stands above predicates, below ladders.

The grammar, letters in any case::

    condition := comparison bound [floor] | ("outside" | "inside") bound ".." bound [floor] | ("==" | "!=") word
    comparison := ">" | ">=" | "<" | "<=" | "==" | "!="
    bound := quantity                            absolute; without a unit in the unit of what is measured
           | ("+" | "-") number "%"              a change against the baseline; "of baseline" may follow
           | number "x baseline" | number "% of baseline" | number "% of capacity"
    floor := "(floor" quantity ")"               a baseline below this counts as this
    word := true | false | "quoted text" | one_word

``outside A..B`` holds below A and above B, ``inside`` is the rest, ends included. Strict operators stay strict.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from pytest_deploycheck.judgement.bounds import ConditionError, parse_bounds
from pytest_deploycheck.judgement.predicates import Condition, NoReferenceError, NotComparableError, Value, show_value
from pytest_deploycheck.judgement.regions import REGIONS
from pytest_deploycheck.judgement.units import Quantity, UnitError, parse_quantity

__all__ = [
    "Condition",
    "ConditionError",
    "NoReferenceError",
    "NotComparableError",
    "Value",
    "parse_condition",
    "show_value",
]

MAX_LENGTH: Final = 200
_NUMBERLIKE: Final = re.compile(r"[+-]?\.?[0-9]")
_VERSIONLIKE: Final = re.compile(r"[0-9]+(?:[.-][0-9A-Za-z]+){2,}")
_WORD: Final = re.compile(r"[^\s\"'()<>=]+")
_QUOTED: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_UNQUOTED: Final = re.compile(r"\A[^\"']*")
_COMPARISON: Final = re.compile(r"(>=|<=|==|!=|>|<)\s*(.+)", re.DOTALL)
_RANGE: Final = re.compile(r"(outside|inside)\s+(.+?)\s*\.\.\s*(.+)", re.DOTALL | re.IGNORECASE)
_FLOOR: Final = re.compile(r"(.*?)\s*\(\s*floor\s+(.+?)\s*\)", re.DOTALL | re.IGNORECASE)
_TYPED: Final = str.maketrans({"≥": ">=", "≤": "<=", "≠": "!=", "−": "-", "×": "x"})  # noqa: RUF001  # as pasted from a guide
_EXAMPLES: Final = "write for example '> 5', '>= 500ms', 'outside 10..20', '> +30%', '>= 2x baseline' or '== \"down\"'"


def parse_condition(text: str) -> Condition:
    """Return the condition that a text such as ``> 500ms``, ``outside 10..20`` or ``>= 2x baseline`` names.

    Raises:
        ConditionError: the text is no condition; the message says what is wrong and what is valid.
    """
    text = text.strip()
    if len(text) > MAX_LENGTH:
        raise ConditionError(f"a condition has at most {MAX_LENGTH} characters, this one has {len(text)}")
    plain = _UNQUOTED.sub(lambda head: head[0].translate(_TYPED), text, count=1)
    try:
        return _parse_range(plain) or _parse_comparison(plain)
    except (ConditionError, UnitError) as error:
        raise ConditionError(f"{text!r}: {error}") from None


def _parse_range(text: str) -> Condition | None:
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    operator, low, rest = match.groups()
    high, floor = _split_floor(rest)
    return _checked(operator.lower(), (low, high), floor)


def _parse_comparison(text: str) -> Condition:
    match = _COMPARISON.fullmatch(text)
    if match is None:
        raise ConditionError(f"no condition; {_EXAMPLES}")
    operator, rest = match.groups()
    if operator in {"==", "!="}:
        word = _parse_word(rest)
        if word is not None:
            return Condition(operator, word=word)
    body, floor = _split_floor(rest)
    return _checked(operator, (body,), floor)


def _parse_word(text: str) -> str | bool | None:
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return quoted[1] if quoted[1] is not None else quoted[2]
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    is_word = _WORD.fullmatch(text) and not _NUMBERLIKE.match(text) and text.lower() != "baseline"
    return text if is_word or _VERSIONLIKE.fullmatch(text) else None


def _split_floor(text: str) -> tuple[str, Quantity | None]:
    match = _FLOOR.fullmatch(text)
    return (match[1], parse_quantity(match[2])) if match else (text, None)


def _checked(operator: str, texts: tuple[str, ...], floor: Quantity | None) -> Condition:
    if not all(_NUMBERLIKE.match(text) or text.lower() == "baseline" for text in texts):
        raise ConditionError(f"the operator {operator} needs a number; {_EXAMPLES}")
    assert operator in REGIONS
    condition = Condition(operator, parse_bounds(texts), floor=floor)
    if floor is not None and (not condition.needs_baseline or floor.number <= 0):
        raise ConditionError("a floor is a number above 0, after a condition on the baseline such as >= 2x baseline")
    limits = [bound.limit(condition.bounds[-1].quantity.unit, Fraction(1)) for bound in condition.bounds]
    if limits != sorted(limits):
        raise ConditionError("the lower end of the range is above the upper end")
    return condition
