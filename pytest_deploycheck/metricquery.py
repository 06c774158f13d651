"""The question asked of a service's own metrics, read from text; third stage, pure, read by settings and sources.

::

    query    = function "(" selector { "," selector } ")"
    function = value | max | min | age | delta | growth | rate | increase | ratio | avg | p1 … p99.99
    selector = name [ "{" [ matcher { "," matcher } ] "}" ]  |  "{" matcher … "}" with a quoted name
    matcher  = label ( "=" | "!=" | "=~" | "!~" ) string

Regular expressions match the whole value, a missing label is the empty string: both as in PromQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LONGEST: Final = 4096
_BLANKS: Final = re.compile(r"\s*")
_NAME: Final = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_FUNCTION: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_OPERATOR: Final = re.compile(r"=~|!~|!=|=")
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*+)"|\'((?:[^\'\\]|\\.)*+)\'')
_PERCENTILE: Final = re.compile(r"p(\d{1,2}(?:\.\d{1,4})?)")
_ESCAPES: Final = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "'": "'"}


@dataclass(frozen=True, slots=True)
class Function:
    """What can be computed. ``selectors`` is how many it takes, ``window`` ``scrapes`` how many.

    ``unit`` is the unit of its answer, None when the metric's name decides (``_seconds``, ``_bytes``).
    """

    name: str
    selectors: int
    scrapes: int
    unit: str | None
    meaning: str


FUNCTIONS: Final[Mapping[str, Function]] = {
    function.name: function
    for function in (
        Function("value", 1, 1, None, "sum of the matching series now"),
        Function("max", 1, 1, None, "largest of the matching series now"),
        Function("min", 1, 1, None, "smallest of the matching series now"),
        Function("age", 1, 1, "s", "seconds since the latest of the matching Unix timestamps"),
        Function("delta", 1, 2, None, "change of the sum of the matching gauges over the window"),
        Function("growth", 1, 2, "%", "change of the sum of the matching gauges over the window, in % of the start"),
        Function("rate", 1, 2, None, "increase of the matching counters per second"),
        Function("increase", 1, 2, None, "increase of the matching counters over the window"),
        Function("ratio", 2, 2, "%", "increase of the first in % of the increase of the second"),
        Function("avg", 1, 2, None, "increase of _sum divided by the increase of _count"),
    )
}
QUANTILE: Final = Function("p", 1, 2, None, "quantile of the observations of a histogram in the window")
_UNITS_BY_SUFFIX: Final = {"_seconds": "s", "_bytes": "B"}
_UNITS_PER_SECOND: Final = {"": "1/s", "s": "", "B": "B/s"}
_SAMPLE_SUFFIXES: Final = ("_total", "_bucket", "_sum")


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label."""

    label: str
    operator: str
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether a series with these labels satisfies the condition."""
        return _OPERATIONS[self.operator](labels.get(self.label, ""), self.value)

    def __str__(self) -> str:
        """Return it as it is written in a query."""
        return f"{self.label}{self.operator}{_quoted(self.value)}"


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric name and conditions on its labels."""

    name: str
    matchers: tuple[Matcher, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether a series of this name with these labels is meant."""
        return all(matcher.matches(labels) for matcher in self.matchers)

    def renamed(self, name: str) -> Selector:
        """Return the same conditions on another metric, such as ``_bucket`` of a histogram."""
        return Selector(name, self.matchers)

    def __str__(self) -> str:
        """Return it as it is written in a query."""
        quoted = "" if _NAME.fullmatch(self.name) else _quoted(self.name)
        inside = ", ".join(filter(None, (quoted, *map(str, self.matchers))))
        return ("" if quoted else self.name) + (f"{{{inside}}}" if inside else "")


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """A parsed query. ``quantile`` is between 0 and 1, and set for percentiles only."""

    function: Function
    selectors: tuple[Selector, ...]
    quantile: float | None = None

    @property
    def needs_window(self) -> bool:
        """Whether two scrapes are compared."""
        return self.function.scrapes > 1

    @property
    def unit(self) -> str:
        """The unit of the answer: ``s``, ``B``, ``%``, ``1/s``, ``B/s``, or empty for a plain number."""
        if self.function.unit is not None:
            return self.function.unit
        unit = _unit_of(self.selectors[0].name)
        return _UNITS_PER_SECOND[unit] if self.function.name == "rate" else unit

    def __str__(self) -> str:
        """Return the query as a person would write it."""
        name = self.function.name if self.quantile is None else f"p{self.quantile * 100:.10g}"
        return f"{name}({', '.join(map(str, self.selectors))})"


def parse_query(text: str) -> MetricQuery:
    """Return the query that the text holds.

    Raises:
        ValueError: it holds none; the message says where and what was expected.
    """
    if len(text) > _LONGEST:
        raise ValueError(f"a metric query has at most {_LONGEST} characters, this one has {len(text)}")
    scanner = _Scanner(text)
    name = scanner.take(_FUNCTION, "a function such as value, rate or p95")
    function, quantile = _function(name)
    scanner.expect("(")
    selectors = [_selector(scanner)]
    while scanner.found(","):
        selectors.append(_selector(scanner))
    scanner.expect(")")
    scanner.end()
    if len(selectors) != function.selectors:
        wanted = f"{function.selectors} selector{'s' if function.selectors > 1 else ''}"
        raise ValueError(f"{name}() takes {wanted}, got {len(selectors)}: {function.meaning}")
    return MetricQuery(function, tuple(selectors), quantile)


def _unit_of(name: str) -> str:
    """Return the unit that the metric's name promises."""
    for suffix in _SAMPLE_SUFFIXES:
        name = name.removesuffix(suffix)
    return next((unit for suffix, unit in _UNITS_BY_SUFFIX.items() if name.endswith(suffix)), "")


def _function(name: str) -> tuple[Function, float | None]:
    """Return the function of that name, with its quantile for a percentile."""
    if known := FUNCTIONS.get(name):
        return known, None
    percentile = _PERCENTILE.fullmatch(name)
    if percentile and float(percentile[1]) > 0:
        return QUANTILE, float(percentile[1]) / 100
    nearest = get_close_matches(name, [*FUNCTIONS, "p50", "p95", "p99"], 1, 0.5)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    raise ValueError(f"unknown function {name!r}{hint} (known: {', '.join(FUNCTIONS)}, p50, p95, p99.9)")


def _selector(scanner: _Scanner) -> Selector:
    """Read ``name{label="value", …}``."""
    name = "" if scanner.next_is("{") else scanner.take(_NAME, "a metric name")
    matchers: list[Matcher] = []
    if scanner.found("{"):
        while not scanner.found("}"):
            if not name and scanner.next_is('"', "'"):
                name = scanner.string()
            else:
                matchers.append(_matcher(scanner))
            if not scanner.found(","):
                scanner.expect("}")
                break
    if not name:
        raise ValueError(f"a selector needs a metric name: {scanner.text!r}")
    return Selector(name, tuple(matchers))


def _matcher(scanner: _Scanner) -> Matcher:
    """Read ``label="value"``."""
    label = scanner.string() if scanner.next_is('"', "'") else scanner.take(_NAME, "a label name")
    operator = scanner.take(_OPERATOR, "one of = != =~ !~")
    value = scanner.string()
    if operator in {"=~", "!~"}:
        try:
            re.compile(value)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"label {label}: {value!r} is no regular expression ({error})") from None
    return Matcher(label, operator, value)


_OPERATIONS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "=": lambda found, wanted: found == wanted,
    "!=": lambda found, wanted: found != wanted,
    "=~": lambda found, wanted: re.fullmatch(wanted, found) is not None,
    "!~": lambda found, wanted: re.fullmatch(wanted, found) is None,
}


class _Scanner:
    """Reads a text from left to right and knows where it stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._at = 0

    def take(self, pattern: re.Pattern[str], wanted: str) -> str:
        """Return what matches here and step over it."""
        self._skip()
        match = pattern.match(self.text, self._at)
        if not match:
            raise self._error(wanted)
        self._at = match.end()
        return match.group()

    def string(self) -> str:
        """Return the quoted string that stands here, with its escapes resolved."""
        inside = self.take(_STRING, 'a string in quotes, such as "5.."')[1:-1]
        return re.sub(r"(?s)\\(.)", _unescaped, inside)

    def next_is(self, *marks: str) -> bool:
        """Return whether one of the marks stands here."""
        self._skip()
        return self.text.startswith(marks, self._at)

    def found(self, mark: str) -> bool:
        """Step over the mark when it stands here, and return whether it did."""
        if not self.next_is(mark):
            return False
        self._at += len(mark)
        return True

    def expect(self, mark: str) -> None:
        """Step over the mark, which must stand here."""
        if not self.found(mark):
            raise self._error(repr(mark))

    def end(self) -> None:
        """Insist that nothing is left."""
        self._skip()
        if self._at < len(self.text):
            raise self._error("the end of the query")

    def _skip(self) -> None:
        match = _BLANKS.match(self.text, self._at)
        self._at = match.end() if match else self._at

    def _error(self, wanted: str) -> ValueError:
        rest = self.text[self._at : self._at + 20]
        found = repr(rest) if rest else "the end"
        return ValueError(
            f"metric query {self.text[:200]!r}: expected {wanted} at character {self._at + 1}, found {found}"
        )


def _unescaped(match: re.Match[str]) -> str:
    """Return what the escape stands for; one that means nothing stays, so that a regular expression may hold it."""
    return _ESCAPES.get(match[1], match[0])


def _quoted(value: str) -> str:
    """Return the value in double quotes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
