"""What is expected of a single value of an answer: equal, a condition, a pattern, there or not; below expectations."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from pytest_deploycheck.judgement.conditions import parse_condition
from pytest_deploycheck.redact import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.judgement.conditions import Condition

EXCERPT: Final = 200
# a pattern from the settings runs over text from the service, so the text is bounded
_MATCHED: Final = 10_000
_KINDS: Final = "condition, matches, exists, absent"


class Expected(Protocol):
    """What is expected of one value of an answer."""

    def problem(self, found: Any, hide: Callable[[str], str]) -> str | None:
        """Return how ``found`` (None: missing or null) differs, as the end of a sentence, or None when it does not."""


@dataclass(frozen=True, slots=True)
class Equals:
    """The very value. A list also accepts any single one of its members; true is not 1, and 1 is 1.0."""

    value: Any

    def problem(self, found: Any, hide: Callable[[str], str]) -> str | None:
        """Return how the value differs."""
        if _same(found, self.value):
            return None
        if isinstance(self.value, list | tuple):
            if not isinstance(found, list) and any(_same(found, one) for one in self.value):
                return None
            return f"is {show(found, hide)}, expected one of {show(list(self.value), hide)}"
        return f"is {show(found, hide)}, expected {show(self.value, hide)}"


@dataclass(frozen=True, slots=True)
class Meets:
    """A condition such as ``> 10``; a value that cannot be compared never meets it."""

    condition: Condition

    def problem(self, found: Any, hide: Callable[[str], str]) -> str | None:
        """Return how the value misses the condition."""
        wanted = f"is {show(found, hide)}, expected {self.condition}"
        if isinstance(found, list | dict):
            return wanted
        try:
            return None if self.condition.holds(found) else wanted
        except ValueError as error:
            return f"{wanted} ({printable(hide(str(error)))[:EXCERPT]})"


@dataclass(frozen=True, slots=True)
class Matches:
    """A regular expression, found anywhere in the text of the value; anchor it with ``^`` and ``$``."""

    pattern: re.Pattern[str]

    def problem(self, found: Any, hide: Callable[[str], str]) -> str | None:
        """Return how the value fails the pattern."""
        text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
        if found is not None and self.pattern.search(text[:_MATCHED]):
            return None
        return f"is {show(found, hide)}, expected to match {self.pattern.pattern!r}"


@dataclass(frozen=True, slots=True)
class Exists:
    """A value that is there and not null (or, with False, is not)."""

    wanted: bool = True

    def problem(self, found: Any, hide: Callable[[str], str]) -> str | None:
        """Return that the value is there or not."""
        if (found is not None) is self.wanted:
            return None
        return "is missing" if self.wanted else f"is {show(found, hide)}, expected to be absent"


def expected_of(raw: Any) -> Expected:
    """Return what a setting expects: a scalar, a list, or a table with one of condition, matches, exists, absent.

    Raises:
        ValueError: the table, its condition or its pattern is wrong; the message says how.
    """
    if not isinstance(raw, Mapping):
        return Equals(raw)
    if len(raw) != 1 or (kind := next(iter(raw))) not in _PARSERS:
        raise ValueError(f"expected exactly one of {_KINDS}, not {', '.join(map(repr, raw)) or 'an empty table'}")
    return _PARSERS[kind](raw[kind])


def show(value: Any, hide: Callable[[str], str] = str) -> str:
    """Return a value as one line of at most some 200 characters, secrets hidden, control characters escaped."""
    if value is None:
        return "missing or null"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return excerpt(text, hide)


def excerpt(text: str, hide: Callable[[str], str] = str) -> str:
    """Return the beginning of a text, secrets hidden before it is cut, control characters escaped."""
    # a secret may straddle the cut, so more than is shown is cleaned, and never a whole megabyte
    shown = printable(hide(text[: EXCERPT * 20]))
    return shown if len(shown) <= EXCERPT else shown[: EXCERPT - 1] + "…"


def _same(found: Any, wanted: Any) -> bool:
    """Return whether two JSON values are equal, true and 1 kept apart."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return isinstance(found, bool) and isinstance(wanted, bool) and found is wanted
    if isinstance(found, list | tuple) and isinstance(wanted, list | tuple):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    if isinstance(found, dict) and isinstance(wanted, Mapping):
        return found.keys() == wanted.keys() and all(_same(found[key], wanted[key]) for key in found)
    return bool(found == wanted)


def _condition(raw: Any) -> Expected:
    condition = parse_condition(str(raw))
    if condition.needs_baseline or condition.needs_capacity:
        raise ValueError(f"{raw!r}: an answer has neither baseline nor capacity")
    return Meets(condition)


def _pattern(raw: Any) -> Expected:
    try:
        return Matches(re.compile(str(raw)))
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{raw!r} is no regular expression: {error}") from None


def _presence(raw: Any) -> Expected:
    if not isinstance(raw, bool):
        raise ValueError(f"expected true or false, not {raw!r}")  # noqa: TRY004  # a setting's value, not our type
    return Exists(raw)


def _absence(raw: Any) -> Expected:
    presence = _presence(raw)
    assert isinstance(presence, Exists)
    return Exists(not presence.wanted)


_PARSERS: Final[dict[str, Callable[[Any], Expected]]] = {
    "condition": _condition,
    "matches": _pattern,
    "exists": _presence,
    "absent": _absence,
}
