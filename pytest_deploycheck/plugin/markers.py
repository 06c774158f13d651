"""The shape of each marker: what is written wrongly is told by name before anything is measured."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Shape:
    """How many words a marker takes (``most`` None: any number), which keywords, and how a person would say it."""

    usage: str
    least: int = 0
    most: int | None = 0
    keywords: frozenset[str] = frozenset()


_WORD: Final = Shape("one word", 1, 1)
SHAPES: Final[Mapping[str, Shape]] = {
    "severity": _WORD,
    "impact": _WORD,
    "on_fail": _WORD,
    "confirms": _WORD,
    "phase": Shape('names of phases, and due = "15m"', 0, None, frozenset({"due"})),
    "action": Shape("one text, and runbook = one text", 1, 1, frozenset({"runbook"})),
    "dry_run": Shape("nothing"),
    "each": Shape("the name of one section", 1, 1, frozenset({"having", "asks"})),
    "needs": Shape("keys of the settings", 1, None),
    "rows": Shape("ids of requirements", 1, None),
}


def require_shapes(item: pytest.Item) -> None:
    """Make sure that every marker of ours on the item is written as it has to be.

    Raises:
        pytest.UsageError: one is not.
    """
    for marker in item.iter_markers():
        shape = SHAPES.get(marker.name)
        if shape is not None and not _fits(marker, shape):
            raise pytest.UsageError(f"{item.nodeid}: the marker {marker.name} takes {shape.usage}")


def _fits(marker: pytest.Mark, shape: Shape) -> bool:
    count = len(marker.args)
    given = [*marker.args, *(value for value in marker.kwargs.values() if value is not None)]
    return (
        shape.least <= count
        and (shape.most is None or count <= shape.most)
        and set(marker.kwargs) <= shape.keywords
        and all(isinstance(value, str) for value in given)
    )


def timeout_mark(config: pytest.Config, seconds: float) -> pytest.MarkDecorator | None:
    """Return the mark that gives a check its timeout; None without pytest-timeout, or when the user set another."""
    if not config.pluginmanager.hasplugin("timeout"):
        return None
    asked_for = (config.getoption("timeout"), os.environ.get("PYTEST_TIMEOUT"), config.getini("timeout"))
    return None if any(asked_for) else pytest.mark.timeout(seconds)
