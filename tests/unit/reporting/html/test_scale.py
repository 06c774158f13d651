"""The axes: round numbers in the unit in which they read best."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pytest_deploycheck.reporting.html.scale import Scale, ticks
from tests.unit.reporting.conftest import NOON


@pytest.mark.parametrize(
    ("low", "high", "unit", "expected"),
    [
        (0.0, 12.0, "%", ["0 %", "5 %", "10 %"]),
        (0.0, 0.05, "s", ["0 ms", "20 ms", "40 ms"]),
        (7000.0, 7600.0, "s", ["1.95 h", "2 h", "2.05 h", "2.1 h"]),
        (0.0, 60 * 1024**2, "B", ["0 MiB", "20 MiB", "40 MiB", "60 MiB"]),
        (-3.0, 3.0, "", ["-2", "0", "2"]),
        (0.0, 3.0, "apples", ["0", "1", "2", "3"]),
    ],
)
def test_ticks_are_round_in_their_unit(low: float, high: float, unit: str, expected: list[str]) -> None:
    """Bytes in MiB, ages in hours, latencies in milliseconds."""
    scale = Scale(low, high, NOON, NOON + timedelta(minutes=1))
    assert expected == [text for _, text in ticks(scale, unit)]
