"""Asking ahead: what the collected checks declare is asked concurrently; each test waits for its own answer only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.asking import asks_of
from pytest_deploycheck.asks import OpenMetricsAsk
from pytest_deploycheck.plugin.sharing import shares
from pytest_deploycheck.plugin.spec import SPEC
from pytest_deploycheck.plugin.state import RUN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_deploycheck.asks import Ask
    from pytest_deploycheck.plugin.state import DeployRun


@pytest.hookimpl
def pytest_runtestloop(session: pytest.Session) -> None:
    """Send the asks of the checks that this process will run, the slow ones first."""
    run = session.config.stash[RUN]
    if run.collect_only:
        return
    run.observatory.ahead(declared_asks(own_share(session.items, run.worker), run))


def own_share(items: Sequence[pytest.Item], worker: tuple[int, int] | None) -> list[pytest.Item]:
    """Return the items that this process runs: all of them, or a worker's share (see ``sharing.py``)."""
    if worker is None:
        return list(items)
    index, count = worker
    return (
        [items[position] for position in shares([item.nodeid for item in items], count)[index]] if index < count else []
    )


def declared_asks(items: Sequence[pytest.Item], run: DeployRun) -> list[Ask]:
    """Return the asks of the items, once for each use; those that span a window come first."""
    asks: list[Ask] = []
    for item in items:
        spec = item.stash.get(SPEC, None)
        if spec is not None and spec.entry is not None:
            asks.extend(asks_of(spec.entry, run.settings, run.deployment, run.now, spec.aspect))
    return sorted(asks, key=lambda ask: not isinstance(ask, OpenMetricsAsk))
