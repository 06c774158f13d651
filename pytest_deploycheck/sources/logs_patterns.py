"""How a pattern is looked for in blocks of bytes: by the texts that every match holds, then by the expression itself.

Searching a block for a text is some twenty times faster than running a regular expression over it; only the lines
that hold one of the texts are looked at more closely. Below the log source, pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.sources.logs_line import NUMBERS_OF_LEVEL, WORDS_OF_LEVEL

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHORTEST_TEXT: Final = 3
_SAMPLE: Final = 4096
_MOST_TEXTS: Final = 12
_SPECIAL: Final = frozenset(".^$*+?{}[]\\|()")
_REPEATS: Final = frozenset("*?{")
_KLOG: Final = re.compile(rb"(?m)^[iwef]\d{4} \d\d:")
_FLAGS: Final = re.compile(r"\(\?([aimsu]+)\)")


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of which every match holds at least one; ``enough`` when each of them is a match by itself."""

    texts: tuple[bytes, ...]
    enough: bool
    any_case: bool


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, ready to be searched."""

    text: str
    expression: re.Pattern[str]
    texts: Texts | None
    raw: re.Pattern[bytes] | None = None

    def found_in(self, line: bytes) -> bool:
        """Return whether a line, not yet decoded, matches."""
        # in a line of ASCII both expressions find the same, and decoding takes longer than searching
        if self.raw is not None and line.isascii():
            return self.raw.search(line.rstrip(b"\r")) is not None
        return self.expression.search(line.decode("utf-8", "replace").rstrip("\r")) is not None


def compiled(pattern: str) -> re.Pattern[str]:
    """Return the pattern as it is searched in every line.

    Raises:
        ValueError: it is no regular expression.
    """
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{pattern!r} is no regular expression ({error})") from None


def pattern_of(text: str) -> Pattern:
    """Return the pattern with the texts to look for first.

    Raises:
        ValueError: it is no regular expression.
    """
    expression = compiled(text)
    any_case = bool(expression.flags & re.IGNORECASE)
    plain_flags = not expression.flags & (re.VERBOSE | re.DOTALL | re.MULTILINE)
    texts = _texts(text, any_case=any_case) if plain_flags else None
    return Pattern(text, expression, texts, _raw(text))


def _raw(text: str) -> re.Pattern[bytes] | None:
    try:
        return re.compile(text.encode("ascii"))
    except (UnicodeEncodeError, re.error):
        return None


def _texts(pattern: str, *, any_case: bool) -> Texts | None:
    """Return what every match holds, None when that is not easily told."""
    body = pattern[flags.end() :] if (flags := _FLAGS.match(pattern)) else pattern
    branches = _branches(body)
    found = [_longest(branch) for branch in branches] if branches is not None else []
    if not found or len(found) > _MOST_TEXTS:
        return None
    if any(len(text) < _SHORTEST_TEXT or not text.isascii() for text, _ in found):
        return None
    texts = tuple((text.lower() if any_case else text).encode() for text, _ in found)
    return Texts(texts, enough=all(whole for _, whole in found), any_case=any_case)


def _branches(body: str) -> list[str] | None:
    """Return the alternatives at the top; None with groups or classes around which this does not look."""
    parts, part, escaped, depth, in_class = [], "", False, 0, False
    for character in body:
        if not escaped and not in_class:
            depth += (character == "(") - (character == ")")
            if character == "|" and depth == 0:
                parts.append(part)
                part = ""
                continue
        if not escaped:
            in_class = (character == "[") or (in_class and character != "]")
        escaped = character == "\\" and not escaped
        part += character
    return None if in_class else [*parts, part]


def _longest(branch: str) -> tuple[str, bool]:
    """Return the longest text that every match of an alternative holds, and whether it is all of the alternative."""
    runs, whole = [""], True
    for piece, plain in _pieces(branch):
        if plain:
            runs[-1] += piece
        else:
            runs, whole = [*runs, ""], False
    longest = max(runs, key=len)
    return longest, whole and longest == "".join(runs)


def _pieces(branch: str) -> Iterator[tuple[str, bool]]:
    """Yield each character that must be there, and an empty text for all else (groups, classes, repeats)."""
    at = 0
    while at < len(branch):
        end, plain = _step(branch, at)
        repeat = branch[end : end + 1]
        optional = repeat != "" and repeat in _REPEATS
        yield (plain, True) if plain and not optional else ("", False)
        if repeat != "" and repeat in "*+?{":
            yield ("", False)
            end = branch.find("}", end) + 1 if repeat == "{" else end + 1
            if end == 0:
                return
        at = end


def _step(branch: str, at: int) -> tuple[int, str]:
    """Return where the piece at a place ends, and its character when it stands for itself."""
    character = branch[at]
    if character == "\\":
        follows = branch[at + 1 : at + 2]
        # a letter or digit after a backslash stands for something else, and may take more characters
        if not follows.isalnum():
            return at + 2, follows
        return (at + 2, "") if follows in "bBdDsSwWAZnrt" else (len(branch), "")
    if character == "(":
        return _closing(branch, at), ""
    if character == "[":
        return _class_end(branch, at), ""
    return at + 1, "" if character in _SPECIAL else character


def _closing(branch: str, at: int) -> int:
    depth, escaped, in_class = 0, False, False
    for place in range(at, len(branch)):
        character = branch[place]
        if escaped or character == "\\":
            escaped = not escaped
            continue
        if in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
        else:
            depth += (character == "(") - (character == ")")
            if depth == 0:
                return place + 1
    return len(branch)


def _class_end(branch: str, at: int) -> int:
    start = at + 2 if branch[at + 1 : at + 2] == "^" else at + 1
    place = start
    while place < len(branch):
        if branch[place] == "\\":
            place += 1
        elif branch[place] == "]" and place > start:
            return place + 1
        place += 1
    return len(branch)


def texts_of_levels(levels: tuple[str, ...], block: bytes) -> tuple[bytes, ...] | None:
    """Return what lines of these levels hold in this lower-case block; None when every line has to be looked at."""
    if any(level not in WORDS_OF_LEVEL for level in levels) or _KLOG.search(block, 0, _SAMPLE):
        return None
    words = tuple(word for level in levels for word in WORDS_OF_LEVEL[level])
    if b'{"' in block:
        words += tuple(number for level in levels for number in NUMBERS_OF_LEVEL[level])
    return words
