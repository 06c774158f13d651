"""Level and time of a log line, whatever its format: JSON, logfmt or plain; below the log source, pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

#: How levels are written in the wild, and what they are called in answers.
LEVELS: Final = {
    "TRACE": "DEBUG",
    "DEBUG": "DEBUG",
    "INFO": "INFO",
    "INFORMATION": "INFO",
    "NOTICE": "INFO",
    "WARN": "WARNING",
    "WARNING": "WARNING",
    "ERR": "ERROR",
    "ERROR": "ERROR",
    "SEVERE": "ERROR",
    "CRIT": "CRITICAL",
    "CRITICAL": "CRITICAL",
    "FATAL": "CRITICAL",
    "PANIC": "CRITICAL",
    "ALERT": "CRITICAL",
    "EMERGENCY": "CRITICAL",
    "EMERG": "CRITICAL",
}
_BY_NUMBER: Final = {"10": "DEBUG", "20": "DEBUG", "30": "INFO", "40": "WARNING", "50": "ERROR", "60": "CRITICAL"}

_HEAD: Final = 400
# a level is declared by a key (anywhere), or it is a word in capitals (near the start of a plain line)
_KEYED: Final = re.compile(
    r'(?i)(?:"(?:level|severity|lvl|loglevel|log\.level|levelname|severity_text)"\s{0,4}:\s{0,4}"?'
    r'|(?<![\w.-])(?:level|severity|lvl|loglevel|levelname)=\s{0,4}"?)(?P<level>[a-z]{3,11}|[1-6]0)\b'
)
_WORD: Final = re.compile(rf"(?<![\w./-])(?:{'|'.join(sorted(LEVELS, key=len, reverse=True))})(?![\w./-]*\w)")
_LOWER: Final = re.compile(r"\[(?P<level>[a-z]{3,11})\]")
_MOMENT: Final = re.compile(
    r"(?<!\d)(?P<day>\d{4}-\d{2}-\d{2})[T ](?P<time>\d{2}:\d{2}:\d{2})(?:[.,](?P<part>\d{1,9}))?"
    r"[ ]?(?P<zone>Z|UTC|[+-]\d{2}:?\d{2}(?!\d))?"
)


def level_of(line: str) -> str | None:
    """Return DEBUG, INFO, WARNING, ERROR or CRITICAL, or None when the line declares none."""
    if keyed := _KEYED.search(line):
        word = keyed["level"].upper()
        if found := LEVELS.get(word) or _BY_NUMBER.get(word):
            return found
    head = line[:_HEAD]
    if head.lstrip()[:1] == "{":
        return None
    if plain := _WORD.search(head):
        return LEVELS[plain.group()]
    lower = _LOWER.search(head)
    return LEVELS.get(lower["level"].upper()) if lower else None


def moment_of(line: str) -> datetime | None:
    """Return the ISO 8601 time near the start of the line (without a zone it is UTC), None when there is none."""
    match = _MOMENT.search(line, 0, _HEAD)
    if not match:
        return None
    zone = match["zone"]
    offset = "+00:00" if zone in {None, "Z", "UTC"} else zone
    part = f".{match['part'][:6]:0<6}" if match["part"] else ""
    try:
        return datetime.fromisoformat(f"{match['day']}T{match['time']}{part}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
