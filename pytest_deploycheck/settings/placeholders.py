"""Texts of a template that were left in: ``[BASELINE]``, ``example.com``, ``TODO``, ``changeme``, ``<your-…>``."""

from __future__ import annotations

import re
from typing import Final

_BRACKETS: Final = re.compile(r"\[[A-Z][A-Z0-9]*(?:[ _-][A-Z0-9]+)*\]")
_ANYWHERE: Final = (
    re.compile(r"(?<![@\w-])(?:[\w-]+\.)*example\.(?:com|org|net)\b", re.IGNORECASE),
    re.compile(r"<(?:your|insert|replace|enter)\b[^<>]{0,60}>", re.IGNORECASE),
    re.compile(r"\bchange[-_]?me\b", re.IGNORECASE),
    re.compile(r"^\s*(?:TODO|TBD|FIXME)\b|\b(?:TODO|FIXME):"),
)
# a bracket is ordinary in these: an array, an index
_BRACKETS_ALLOWED: Final = frozenset({"sql", "query"})
# what is looked for in a text may well be a placeholder
_ALL_ALLOWED: Final = frozenset({"require", "forbid", "matches", "contains", "excludes"})
_SHORTEST: Final = 4


def placeholder(text: str, key: str = "") -> str | None:
    """Return the placeholder that was left in the text of that key, or None."""
    if key in _ALL_ALLOWED:
        return None
    bracket = _BRACKETS.search(text) if key not in _BRACKETS_ALLOWED and "[" in text else None
    if bracket is not None and len(bracket[0]) >= _SHORTEST:
        return bracket[0]
    found = (pattern.search(text) for pattern in _ANYWHERE)
    return next((match[0].strip() for match in found if match is not None), None)
