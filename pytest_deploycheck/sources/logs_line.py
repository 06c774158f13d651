"""Level and time of a log line, whatever its format: JSON, logfmt or plain; below the log source, pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
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
_BY_LETTER: Final = {"I": "INFO", "W": "WARNING", "E": "ERROR", "F": "CRITICAL"}
#: What every line of a level holds, in lower case; those of numbers stand in JSON only.
WORDS_OF_LEVEL: Final = {
    "WARNING": (b"warn",),
    "ERROR": (b"err", b"severe"),
    "CRITICAL": (b"crit", b"fatal", b"panic", b"alert", b"emerg"),
}
NUMBERS_OF_LEVEL: Final = {
    "WARNING": (b'":40', b'": 40'),
    "ERROR": (b'":50', b'": 50'),
    "CRITICAL": (b'":60', b'": 60'),
}

_HEAD: Final = 400
_KEYS: Final = r"level|severity|lvl|loglevel|levelname"
# a level is declared by a key (anywhere), or it is a word in capitals (near the start of a plain line)
_KEYED: Final = re.compile(
    rf'(?i)(?:"(?:{_KEYS}|log\.level|severity_text)"\s{{0,4}}:\s{{0,4}}"|(?<![\w.-])(?:{_KEYS})=\s{{0,4}}"?)'
    r"(?P<level>[a-z]{3,11})\b"
    rf'|"(?:{_KEYS})": ?(?P<number>[1-6]0)\b'
)
_WORD: Final = re.compile(rf"(?<![\w./-])(?:{'|'.join(sorted(LEVELS, key=len, reverse=True))})(?![\w./-]*\w)")
_LOWER: Final = re.compile(r"\[(?P<level>[a-z]{3,11})\]")
_KLOG: Final = re.compile(
    r"(?P<level>[IWEF])(?P<month>\d\d)(?P<day>\d\d) (?P<time>\d\d:\d\d:\d\d)(?:\.(?P<part>\d{1,9}))?"
)
_ISO: Final = re.compile(
    r"(?<!\d)(?P<day>\d{4}[-/]\d{2}[-/]\d{2})[T ](?P<time>\d{2}:\d{2}:\d{2})(?:[.,](?P<part>\d{1,9}))?"
    r"[ ]?(?P<zone>Z|UTC|[+-]\d{2}:?\d{2}(?!\d))?"
)
_ACCESS: Final = re.compile(
    r"\[(?P<day>\d{2}/[A-Z][a-z]{2}/\d{4}):(?P<time>\d{2}:\d{2}:\d{2})(?: (?P<zone>[+-]\d{4}))?"
)
_SYSLOG: Final = re.compile(r"(?:<\d{1,3}>)?(?P<day>[A-Z][a-z]{2} [ \d]\d) (?P<time>\d{2}:\d{2}:\d{2})")
_EPOCH: Final = re.compile(
    r'(?:"(?:ts|time|timestamp|epoch)"\s{0,4}:\s{0,4}"?|(?<![\w.-])(?:ts|time|timestamp)=)'
    r"(?P<seconds>\d{10})(?P<milli>\d{3})?(?P<part>\.\d{1,9})?(?![\d.])"
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}


def level_of(line: str) -> str | None:
    """Return DEBUG, INFO, WARNING, ERROR or CRITICAL, or None when the line declares none."""
    for keyed in _KEYED.finditer(line):
        found = LEVELS.get((keyed["level"] or "").upper()) or _BY_NUMBER.get(keyed["number"] or "")
        if found:
            return found
    head = line[:_HEAD]
    if head.lstrip()[:1] == "{":
        return None
    if klog := _KLOG.match(head):
        return _BY_LETTER[klog["level"]]
    if plain := _WORD.search(head):
        return LEVELS[plain.group()]
    lower = _LOWER.search(head)
    return LEVELS.get(lower["level"].upper()) if lower else None


def moment_of(line: str, zone: tzinfo = UTC) -> datetime | None:
    """Return the time near the start of the line as UTC, or None; ``zone`` counts where none is written.

    ISO 8601 in its usual spellings, web server, syslog and klog times (of the last 12 months), epochs under a key.
    """
    head = line[:_HEAD]
    try:
        return _moment(head, zone)
    except (ValueError, OverflowError, OSError, KeyError):
        return None


def _moment(head: str, zone: tzinfo) -> datetime | None:
    if match := _ISO.search(head):
        written = match["zone"]
        offset = "+00:00" if written in {"Z", "UTC"} else written or ""
        part = f".{match['part'][:6]:0<6}" if match["part"] else ""
        day = match["day"].replace("/", "-")
        return _utc(datetime.fromisoformat(f"{day}T{match['time']}{part}{offset}"), zone)
    if match := _ACCESS.search(head):
        day, month, year = match["day"].split("/")
        iso = f"{year}-{_MONTHS[month]:02d}-{day}T{match['time']}{match['zone'] or ''}"
        return _utc(datetime.fromisoformat(iso), zone)
    if match := _EPOCH.search(head):
        part_of = float(match["part"] or 0) + int(match["milli"] or 0) / 1000
        return datetime.fromtimestamp(int(match["seconds"]), UTC) + timedelta(seconds=part_of)
    if match := _SYSLOG.match(head):
        return _of_last_year(_MONTHS[match["day"][:3]], int(match["day"][4:]), match["time"], zone)
    if match := _KLOG.match(head):
        return _of_last_year(int(match["month"]), int(match["day"]), match["time"], zone)
    return None


def _utc(moment: datetime, zone: tzinfo) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _of_last_year(month: int, day: int, time: str, zone: tzinfo) -> datetime:
    """Return the latest moment with this month and day that is not in the future."""
    now = datetime.now(UTC)
    for year in (now.year + 1, now.year, now.year - 1):
        found = _utc(datetime.fromisoformat(f"{year}-{month:02d}-{day:02d}T{time}"), zone)
        if found <= now + timedelta(days=1):
            return found
    return found
