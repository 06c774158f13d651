"""Distribution over the workers of pytest-xdist that both sides can compute: item i goes to worker i mod n.

A worker must know which checks it will run, to ask ahead for those and for no others: asking twice would be load on
somebody's production. Left alone when the user chose another distribution; then nothing is asked ahead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScheduling

from pytest_deploycheck.plugin.sharing import shares

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController


class StrideScheduling(LoadScheduling):  # type: ignore[misc]  # xdist ships no types
    """Gives each worker its whole share at once; a share whose worker died goes to whoever is left."""

    def schedule(self) -> None:
        """Hand out the shares once all workers have collected the same items."""
        if self.collection is not None:
            for node in self.nodes:
                self.check_schedule(node)
            return
        if not self._check_nodes_have_same_collection():
            self.log("**Different tests collected, aborting run**")
            return
        self.collection: list[str] | None = next(iter(self.node2collection.values()))
        self.maxschedchunk: int | None = self.maxschedchunk or max(1, len(self.collection))
        nodes = sorted(self.nodes, key=_number)
        for node, share in zip(nodes, shares(self.collection, self.numnodes), strict=True):
            self.node2pending[node].extend(share)
            if share:
                node.send_runtest_some(share)
        for node in nodes:
            node.shutdown()


def _number(node: WorkerController) -> int:
    return int(str(node.gateway.id).removeprefix("gw"))


@pytest.hookimpl(trylast=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScheduling | None:
    """Take over the plain ``load`` distribution only."""
    return StrideScheduling(config, log) if config.getvalue("dist") == "load" else None
