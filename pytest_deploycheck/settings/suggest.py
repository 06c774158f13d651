"""The nearest valid name for one that is none; the hint in most errors of the settings."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LISTED = 12
_CUTOFF = 0.6


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like ``name``, whatever its case, or None when none is close."""
    by_lower = {each.lower(): each for each in known}
    found = get_close_matches(name.lower()[:100], by_lower, n=1, cutoff=_CUTOFF)
    return by_lower[found[0]] if found else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return a sentence for people: the nearest name, or the list to choose from when none is close."""
    names = tuple(known)
    near = nearest(name, names)
    if near is not None:
        return f'Did you mean "{near}"?'
    if not names:
        return "None is defined."
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"Choose from {', '.join(names[:_LISTED])}{more}."
