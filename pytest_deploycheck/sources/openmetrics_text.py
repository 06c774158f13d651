"""The text that ``/metrics`` answers, read into series; between the HTTP answer and the computation, pure.

Understands the Prometheus text format 0.0.4 and OpenMetrics 1.0, quoted UTF-8 names included. One unreadable line makes
the whole answer unreadable, as it does for Prometheus: half of a scrape must not be taken for all of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import AnswerTooLargeError, BadAnswerError
from pytest_deploycheck.redact import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

Labels = tuple[tuple[str, str], ...]

MOST_SERIES: Final = 250_000
_EXCERPT: Final = 80
_SAMPLE: Final = re.compile(
    r"""(?P<name>[A-Za-z_:][A-Za-z0-9_:]*)?[ \t]*
        (?:\{(?P<labels>(?:[^"{}]|"(?:[^"\\]|\\.)*+")*+)\}[ \t]*)?
        (?P<value>[+-]?[0-9A-Za-z.]+(?:[+-][0-9]+)?)
        (?:[ \t]+-?[0-9][0-9.eE+-]*)?
        (?:[ \t]+\#[ \t].*)?[ \t]*""",
    re.VERBOSE,
)
_LABEL: Final = re.compile(
    r"""[ \t]*(?P<key>[A-Za-z_][A-Za-z0-9_.:]*|"(?:[^"\\]|\\.)*+")[ \t]*
        (?:=[ \t]*"(?P<value>(?:[^"\\]|\\.)*+)")?[ \t]*(?:,|$)""",
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(r"\\(.)")
_ESCAPES: Final = {"n": "\n", '"': '"', "\\": "\\"}
_DECLARED: Final = re.compile(r'#[ \t]+(?:HELP|TYPE|UNIT)[ \t]+(?:"((?:[^"\\]|\\.)*+)"|([A-Za-z_:][A-Za-z0-9_:]*))')


@dataclass(frozen=True, slots=True)
class Exposition:
    """All series of one scrape by name and labels, and the names declared by ``# TYPE`` or ``# HELP``."""

    series: Mapping[str, Mapping[Labels, float]]
    declared: frozenset[str]

    def knows(self, name: str) -> bool:
        """Return whether the service has such a metric, with or without a sample yet."""
        return name in self.series or name in self.declared or name.removesuffix("_total") in self.declared


def read_exposition(body: bytes, content_type: str = "") -> Exposition:
    """Return the series in the body of an answer.

    Raises:
        BadAnswerError: it is no such text, or it was cut off.
        AnswerTooLargeError: it holds more series than are kept.
    """
    text = body.decode("utf-8", "replace")
    if text.lstrip()[:1] == "<":
        raise BadAnswerError(
            "the answer is HTML, not metrics", "Check the path; a login page or a proxy may stand before it"
        )
    series: dict[str, dict[Labels, float]] = {}
    declared: set[str] = set()
    count, ended = 0, False
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip(" \t\r")
        if not line:
            continue
        if line[0] == "#":
            ended = ended or line == "# EOF"
            if found := _DECLARED.match(line):
                declared.add(_unescaped(found[1]) if found[1] is not None else found[2])
            continue
        name, labels, value = _sample(line, number)
        known = series.setdefault(name, {})
        # a series that is written twice counts once, otherwise sums would be too high
        if labels not in known:
            known[labels] = value
            count += 1
        if count > MOST_SERIES:
            raise AnswerTooLargeError(f"the answer holds more than {MOST_SERIES} series")
    if "openmetrics-text" in content_type.lower() and not ended:
        raise BadAnswerError("the answer was cut off: OpenMetrics ends with # EOF")
    return Exposition(series, frozenset(declared))


def _sample(line: str, number: int) -> tuple[str, Labels, float]:
    """Return name, labels and value of one line."""
    match = _SAMPLE.fullmatch(line)
    if not match:
        raise _unreadable(line, number)
    name = match["name"] or ""
    labels: dict[str, str] = {}
    inside = (match["labels"] or "").strip(" \t")
    at = 0
    while at < len(inside):
        label = _LABEL.match(inside, at)
        if not label or label.end() == at:
            raise _unreadable(line, number)
        at = label.end()
        key = _unescaped(label["key"][1:-1]) if label["key"].startswith('"') else label["key"]
        if label["value"] is None:
            if name:
                raise _unreadable(line, number)
            name = key
        else:
            labels[key] = _unescaped(label["value"])
    if not name:
        raise _unreadable(line, number)
    try:
        return name, tuple(sorted(labels.items())), float(match["value"])
    except ValueError:
        raise _unreadable(line, number) from None


def _unreadable(line: str, number: int) -> BadAnswerError:
    return BadAnswerError(
        f"line {number} of the answer is no metric: {printable(line[:_EXCERPT])}", "Is this the path of the metrics?"
    )


def _unescaped(text: str) -> str:
    """Return the text of a label with its escapes resolved."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[0]), text)
