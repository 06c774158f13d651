"""The order of checks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pytest_deploycheck.plugin.ordering import in_order
from pytest_deploycheck.plugin.spec import SPEC, CheckSpec
from pytest_deploycheck.status import Impact, Severity


class Item:
    """As much of a pytest item as the order looks at."""

    def __init__(self, name: str, impact: Impact, entry: Any = None) -> None:
        """Stand for a check of an entry."""
        self.name = name
        self.stash = pytest.Stash()
        self.stash[SPEC] = CheckSpec(
            id=name, nodeid=name, title=name, severity=Severity.HIGH, impact=impact, entry=entry
        )


def test_availability_comes_first_and_an_entry_stays_together() -> None:
    """All checks of an entry run where its first one would, the others keep their order."""
    one, two, metric = SimpleNamespace(), SimpleNamespace(), SimpleNamespace()
    items: list[Any] = [
        Item("own", Impact.OPS),
        Item("metric", Impact.PERFORMANCE, metric),
        Item("answers[one]", Impact.AVAILABILITY, one),
        Item("answers[two]", Impact.AVAILABILITY, two),
        Item("latency[one]", Impact.PERFORMANCE, one),
        Item("service", Impact.AVAILABILITY),
        Item("latency[two]", Impact.PERFORMANCE, two),
    ]
    expected = ["answers[one]", "latency[one]", "answers[two]", "latency[two]", "service", "own", "metric"]
    assert expected == [item.name for item in in_order(items)]
