"""What runs of a deployment remember of the keys, whatever lies in the file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.pgpack.proving import Proved
from pytest_deploycheck.pgpack.readings import Earlier
from pytest_deploycheck.plugin.pack import _Memory
from tests.unit.pgpack.keys import key

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_proved_is_remembered(tmp_path: Path) -> None:
    """A key that had no time keeps what is known of it, one that failed was at least tried."""
    file = tmp_path / "d" / "keys.json"
    _Memory(file).keep([Proved(key=key("a"), form="gap", orphans=2), Proved(key=key("b"), form="gap", reason="x")], 10)
    _Memory(file).keep([Proved(key=key("a"), form="gap", reason="no time", skipped=True)], 20)
    kept = _Memory(file)
    assert ({"s.a.k": 10, "s.b.k": 10}, {"s.a.k": Earlier(10, 2)}) == (kept.attempted, kept.proved)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "7", '{"s.a.k": 1}', '{"s.a.k": {"attempted": "x"}}', '{"s.a.k": {"attempted": 1, "proved": "x"}}'],
)
def test_a_damaged_file_is_no_memory(tmp_path: Path, text: str) -> None:
    """What cannot be read counts as nothing known, and is written anew."""
    file = tmp_path / "keys.json"
    file.write_text(text)
    memory = _Memory(file)
    assert {} == memory.proved
    memory.keep([Proved(key=key("a"), form="gap", orphans=0)], 10)
    assert {"attempted": 10, "proved": 10, "orphans": 0} == json.loads(file.read_text())["s.a.k"]


def test_a_folder_that_cannot_be_written_costs_the_memory_only(tmp_path: Path) -> None:
    """The run goes on."""
    (tmp_path / "d").write_text("a file, no folder")
    memory = _Memory(tmp_path / "d" / "keys.json")
    memory.keep([Proved(key=key("a"), form="gap", orphans=0)], 10)
    assert {"s.a.k": 10} == memory.attempted
