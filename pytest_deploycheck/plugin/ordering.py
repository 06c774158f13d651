"""In which order checks run: availability first, and what looks at one entry side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.plugin.spec import SPEC
from pytest_deploycheck.status import Impact

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest


def in_order(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return the checks with availability first: when the service is down, the reason stands on top.

    The checks of one entry stand together, in the place of the first: the answer that they share is then soon let go.
    """
    groups: dict[object, list[pytest.Item]] = {}
    for item in items:
        entry = item.stash[SPEC].entry
        groups.setdefault(item if entry is None else id(entry), []).append(item)
    return [item for group in sorted(groups.values(), key=_later) for item in group]


def _later(group: list[pytest.Item]) -> bool:
    return not any(item.stash[SPEC].impact is Impact.AVAILABILITY for item in group)
