"""How often the garbage collector walks during a run: seldom, because what a run makes stays to its end."""

from __future__ import annotations

import gc
from typing import Final

import pytest

SELDOM: Final = (50_000, 20, 20)  # with 10,000 checks the collector's default rhythm took a tenth of the run


class GarbagePlugin:
    """Slows the collector down while checks are collected and run, and gives its rhythm back."""

    def __init__(self) -> None:
        """Note the rhythm that has to come back."""
        self._thresholds = gc.get_threshold()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Leave out what is there before any item: all modules."""
        gc.set_threshold(*SELDOM)
        gc.freeze()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        """Leave out the items, too, of which there may be thousands."""
        gc.freeze()

    def pytest_unconfigure(self) -> None:
        """Give everything back."""
        gc.set_threshold(*self._thresholds)
        gc.unfreeze()
