"""The settings as plain tables before they are validated: walking them, and naming a place in them for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pytest_deploycheck.phases import parse_duration

Path = tuple[str | int, ...]
Raw = Mapping[str, Any]
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a path; ``value`` is what stands there, left out when it says nothing."""

    path: Path
    message: str
    hint: str | None = None
    value: Any = None


def at(raw: Any, path: Path) -> Any:
    """Return what stands at the path of the raw settings, None when nothing does."""
    for part in path:
        try:
            raw = raw[part]
        except (KeyError, IndexError, TypeError):
            return None
    return raw


def table(raw: Raw, name: str) -> Raw:
    """Return the table of that name, empty when there is none."""
    found = raw.get(name)
    return found if isinstance(found, dict) else {}


def items(raw: Raw, section: str) -> Iterator[tuple[Path, Raw]]:
    """Yield the tables of a section with their paths, skipping what is no table."""
    tables = raw.get(section)
    for index, table in enumerate(tables if isinstance(tables, list) else ()):
        if isinstance(table, dict):
            yield (section, index), table


def texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every single value inside with its path."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from texts(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from texts(each, (*path, index))
    else:
        yield path, value


def key_of(raw: Any, path: Path) -> str:
    """Return the path as people read it: ``metric[2] (error_rate).levels.high``."""
    text = ""
    for index, part in enumerate(path):
        if isinstance(part, int):
            name = _name_of(at(raw, path[: index + 1]))
            text += f"[{part}]" + (f" ({name})" if name else "")
        else:
            shown = part if _PLAIN_KEY.fullmatch(part) else '"' + part.replace('"', '\\"') + '"'
            text += f".{shown}" if text else shown
    return text


def _name_of(item: Any) -> str | None:
    name = (item.get("id") or item.get("name")) if isinstance(item, dict) else None
    return name if isinstance(name, str) and name.isprintable() and len(name) <= 100 else None  # noqa: PLR2004  # an id


def in_order(findings: Iterable[Finding], raw: Mapping[str, Any]) -> list[Finding]:
    """Return the findings as their places follow each other in the file, the whole of a table before its keys."""
    sections = {name: index for index, name in enumerate(raw)}

    def place(finding: Finding) -> tuple[int, int]:
        first, second = (*finding.path, "", "")[:2]
        return sections.get(str(first), -1), second if isinstance(second, int) else -1

    return sorted(findings, key=place)


def seconds_of(value: Any) -> float | None:
    """Return a duration in seconds, None when it is none."""
    try:
        return parse_duration(value) if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        return None
