"""What is asked ahead: the asks of the checks that this process runs, and of no others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pytest_deploycheck.plugin.ahead import own_share

ITEMS: list[Any] = [SimpleNamespace(nodeid=f"deploy_checks/test_a.py::test_{n}") for n in range(5)]


def test_alone_all_are_ours() -> None:
    """Without workers this process runs everything."""
    assert ITEMS == own_share(ITEMS, None)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shares_cover_everything_once(count: int) -> None:
    """Together the workers ask for every check once."""
    together = [item.nodeid for index in range(count) for item in own_share(ITEMS, (index, count))]
    assert sorted(item.nodeid for item in ITEMS) == sorted(together)


def test_a_replacement_asks_nothing_ahead() -> None:
    """A worker that replaces a crashed one does not know what it will get."""
    assert [] == own_share(ITEMS, (2, 2))
