"""What error lines have in common: the line with everything that differs from one to the next taken out; pure."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 200
_SEARCHED: Final = 2000
# one pass, the longer shapes first; what changes from line to line becomes a word in angle brackets
_CHANGING: Final = re.compile(
    r"(?P<time>\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2})\b)?"
    r"|\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2}(?: [+-]\d{4})?"
    r"|^(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}|\b\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?)"
    r"|(?P<url>\b[a-z][a-z+.-]{1,10}://[^\s\"'<>]{1,300})"
    r"|(?P<email>(?<![\w.%+-])[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})"
    r"|(?P<id>\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b)"
    r"|(?P<hex>\b0[xX][0-9a-fA-F]{1,64}\b|(?<![\w-])(?=[a-f]{0,63}\d)(?=\d{0,63}[a-f])[0-9a-f]{8,64}(?![\w-]))"
    r"|(?P<token>(?<![\w-])(?=[A-Za-z_-]{0,63}\d)(?=\d{0,63}[A-Za-z])[A-Za-z0-9_-]{20,64}(?![\w-]))"
    r"|(?P<ip>\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b)"
    r"|(?P<text>\"(?:[^\"\\]|\\.){0,500}+\"|(?<!\w)'(?:[^'\\]|\\.){0,500}+'(?!\w)|`[^`]{0,500}`)"
    r"|(?P<path>(?<![\w/.])(?:~|\.{1,2})?/[\w@%+=:,.~-]{1,100}(?:/[\w@%+=:,.~-]{0,100}){0,40}|\b[A-Z]:\\[^\s\"']{1,200})"
    r"|(?P<n>\d+(?:\.\d+)?)"
)
_JSON_MESSAGE: Final = re.compile(
    r'"(?:msg|message|error|event|err)"\s{0,4}:\s{0,4}"(?P<text>(?:[^"\\]|\\.){1,1000}+)"'
    r'|(?<![\w.-])(?:msg|message|error|event|err)="(?P<quoted>(?:[^"\\]|\\.){1,1000}+)"'
)
_BLANKS: Final = re.compile(r"\s+")


def signature_of(line: str) -> str:
    """Return the line without what changes: numbers, ids, hexadecimals, quoted texts, paths, times, addresses.

    Of structured lines (JSON, logfmt) only the message counts.
    """
    text = line[:_SEARCHED]
    if message := _JSON_MESSAGE.search(text):
        text = message["text"] or message["quoted"]
    return _BLANKS.sub(" ", _CHANGING.sub(_named, text)).strip()[:LONGEST]


def _named(match: re.Match[str]) -> str:
    return f"<{match.lastgroup}>"
