"""Who runs what under pytest-xdist: computed from the node ids alone, so that controller and workers agree unasked.

Checks that look at one answer of one declared entry stay on one worker, which asks once for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.plugin.names import SHIPPED_PREFIX

if TYPE_CHECKING:
    from collections.abc import Sequence


def shares(nodeids: Sequence[str], count: int) -> list[list[int]]:
    """Return for each of ``count`` workers the positions of its checks, in turn by entry."""
    owners: dict[str, int] = {}
    found: list[list[int]] = [[] for _ in range(count)]
    for position, nodeid in enumerate(nodeids):
        owner = owners.setdefault(_entry_of(nodeid), len(owners) % count)
        found[owner].append(position)
    return found


def _entry_of(nodeid: str) -> str:
    """Return the file and the entry of a shipped check; any other check stands for itself."""
    path, _, rest = nodeid.partition("::")
    _, bracket, entry = rest.partition("[")
    return f"{path}[{entry}" if bracket and path.startswith(SHIPPED_PREFIX) else nodeid
