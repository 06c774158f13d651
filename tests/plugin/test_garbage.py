"""The garbage collector walks seldom during a run, and as before afterwards."""

from __future__ import annotations

import gc

from pytest_deploycheck.plugin.garbage import SELDOM, GarbagePlugin


def test_slow_during_the_run_and_given_back() -> None:
    """From the start of the collection to the end of the session the thresholds are high; then they are as before."""
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    plugin = GarbagePlugin()
    try:
        plugin.pytest_collection()
        assert SELDOM == gc.get_threshold()
        assert frozen < gc.get_freeze_count()
    finally:
        plugin.pytest_unconfigure()
    assert before == gc.get_threshold()
    assert 0 == gc.get_freeze_count()
