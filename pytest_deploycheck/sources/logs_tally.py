"""What was counted in a log so far, and how a block is counted; tallies of several parts add up. Pure."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import LogAnswer, LogSignature
from pytest_deploycheck.asks.logs import ERROR_LEVELS
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.logs_blocks import lines_in
from pytest_deploycheck.sources.logs_find import LONGEST_LINE, lines_with
from pytest_deploycheck.sources.logs_line import level_of
from pytest_deploycheck.sources.logs_patterns import Pattern, texts_of_levels
from pytest_deploycheck.sources.logs_signature import signature_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pytest_deploycheck.asks import LogAsk

MOST_EXAMPLES: Final = 5
_LONGEST_EXAMPLE: Final = 300
# beyond this many kinds of errors the rest is counted together: grouping has not found what they share
_MOST_SIGNATURES: Final = 2000
_MOST_BEFORE: Final = 20_000
OTHERS: Final = "(other kinds of errors)"


@dataclass(slots=True)
class Tally:
    """Counts of one part of a log."""

    lines: int = 0
    levels: Counter[str] = field(default_factory=Counter)
    matches: Counter[str] = field(default_factory=Counter)
    examples: dict[str, deque[str]] = field(default_factory=dict)
    signatures: Counter[str] = field(default_factory=Counter)
    latest: dict[str, str] = field(default_factory=dict)
    before: set[str] = field(default_factory=set)
    dated: bool = False
    reaches_back: bool = False
    truncated: bool = False
    parts: tuple[str, ...] = ()

    def merge(self, other: Tally) -> None:
        """Add the tally of the part that follows."""
        self.lines += other.lines
        self.levels.update(other.levels)
        self.matches.update(other.matches)
        for name, lines in other.examples.items():
            self.examples.setdefault(name, deque(maxlen=MOST_EXAMPLES)).extend(lines)
        for text, count in other.signatures.items():
            self._group(text, other.latest[text], count)
        self.before |= other.before
        self.dated |= other.dated
        self.reaches_back |= other.reaches_back

    def note(self, name: str, count: int, latest: Iterable[str]) -> None:
        """Count lines that match a pattern, and keep the latest ones."""
        if count:
            self.matches[name] += count
            kept = self.examples.setdefault(name, deque(maxlen=MOST_EXAMPLES))
            kept.extend(line[:_LONGEST_EXAMPLE] for line in latest)

    def error(self, line: str) -> None:
        """Group a line that is an error."""
        self._group(signature_of(line), line[:_LONGEST_EXAMPLE])

    def _group(self, text: str, line: str, count: int = 1) -> None:
        if text not in self.signatures and len(self.signatures) >= _MOST_SIGNATURES:
            text = OTHERS
        self.signatures[text] += count
        self.latest[text] = line

    def answer(self, ask: LogAsk, at: datetime) -> LogAnswer:
        """Return what was counted; every pattern is named, also one that never matched."""
        known = self.reaches_back and ask.known_since is not None and len(self.before) < _MOST_BEFORE
        return LogAnswer(
            path=ask.path or " ".join(ask.argv),
            lines=self.lines,
            levels=tuple(sorted(self.levels.items())),
            matches=tuple((name, self.matches[name]) for name in ask.patterns),
            examples=tuple((name, tuple(map(printable, self.examples.get(name, ())))) for name in ask.patterns),
            signatures=tuple(self._top(ask.signatures, known=known)),
            distinct=len(self.signatures),
            unknown=len(self.signatures.keys() - self.before - {OTHERS}) if known else 0,
            truncated=self.truncated,
            dated=self.dated,
            reaches_back=self.reaches_back,
            parts=self.parts,
            since=ask.since,
            until=ask.until,
            at=at,
        )

    def _top(self, number: int, *, known: bool) -> Iterator[LogSignature]:
        """Yield the most frequent errors, and those that are new before all others."""
        ranked = sorted(self.signatures.items(), key=lambda each: (known and each[0] in self.before, -each[1], each[0]))
        for text, count in ranked[:number]:
            seen = text in self.before if known else None
            yield LogSignature(text=printable(text), count=count, example=printable(self.latest[text]), known=seen)


class Counting:
    """Counts blocks of whole lines for one question."""

    def __init__(self, ask: LogAsk, patterns: Iterable[Pattern]) -> None:
        """Count what the question asks for."""
        self._ask = ask
        self._patterns = tuple(patterns)
        self._lowered = bool(ask.levels or ask.signatures) or any(p.texts and p.texts.any_case for p in self._patterns)
        self._levels = tuple(dict.fromkeys((*ask.levels, *(ERROR_LEVELS if ask.signatures else ()))))
        self.tally = Tally()

    def add(self, block: bytes) -> None:
        """Count a block in the window."""
        self.tally.lines += lines_in(block)
        low = block.lower() if self._lowered else b""
        for pattern in self._patterns:
            self._count(pattern, block, low)
        if self._levels:
            for line, level in self._leveled(block, low, self._levels):
                if level in self._ask.levels:
                    self.tally.levels[level] += 1
                if self._ask.signatures and level in ERROR_LEVELS:
                    self.tally.error(line)

    def add_before(self, block: bytes) -> None:
        """Remember the errors of a block before the window."""
        if self._ask.signatures and len(self.tally.before) < _MOST_BEFORE:
            found = self._leveled(block, block.lower(), ERROR_LEVELS)
            self.tally.before.update(signature_of(line) for line, _ in found)

    def _count(self, pattern: Pattern, block: bytes, low: bytes) -> None:
        texts = pattern.texts
        if texts is None:
            lines = [line for line in _lines(block) if pattern.expression.search(line)]
            self.tally.note(pattern.text, len(lines), lines[-MOST_EXAMPLES:])
            return
        places = lines_with(low if texts.any_case else block, texts.texts)
        if not texts.enough:
            places = [(start, end) for start, end in places if pattern.found_in(block[start:end])]
        latest = (_text(block, start, end) for start, end in places[-MOST_EXAMPLES:])
        self.tally.note(pattern.text, len(places), latest)

    @staticmethod
    def _leveled(block: bytes, low: bytes, levels: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """Yield the lines of these levels with their level."""
        texts = texts_of_levels(levels, low)
        if texts is None:
            lines: Iterable[str] = _lines(block)
        else:
            lines = (_text(block, start, end) for start, end in lines_with(low, texts))
        for line in lines:
            level = level_of(line)
            if level in levels:
                yield line, level


def _text(block: bytes, start: int, end: int) -> str:
    return block[start:end].decode("utf-8", "replace").rstrip("\r")


def _lines(block: bytes) -> Iterator[str]:
    """Yield the lines of a block, each cut at 64 KiB."""
    body = block.removesuffix(b"\n")
    for line in body.decode("utf-8", "replace").split("\n"):
        yield line[:LONGEST_LINE].rstrip("\r")
