"""A file of answers that was cut short, edited by hand, or holds odd characters: none is lost, none crashes a run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck import attestations
from pytest_deploycheck.errors import NoAnswerError
from pytest_deploycheck.model import Attestation

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x85", "\r", "\n", "\r\n"])
def test_odd_characters(tmp_path: Path, odd: str) -> None:
    """A remark may hold every character that ends a line somewhere."""
    given = Attestation(id="a", by=f"Ada{odd}L", at=NOW, note=f"one{odd}two")
    attestations.append(tmp_path, given)
    notes: list[str] = []
    assert ({"a": given}, []) == (attestations.load(tmp_path, "d", notes), notes)


def test_a_torn_line_takes_nothing_with_it(tmp_path: Path) -> None:
    """Somebody was killed while writing: the next answer begins on a line of its own."""
    (tmp_path / attestations.FILE_NAME).write_text('{"id": "torn', "utf-8")
    for name in ("b", "c"):
        attestations.append(tmp_path, Attestation(id=name, by="Ada", at=NOW))
    notes: list[str] = []
    assert ["b", "c"] == list(attestations.load(tmp_path, "d", notes))
    assert 1 == len(notes)
    assert "line 1" in notes[0]


def test_times_without_a_zone_are_utc(tmp_path: Path) -> None:
    """An answer that was written by hand without a zone expires in UTC."""
    line = (
        '{"id": "a", "by": "Ada", "at": "2026-01-01T00:00:00", "answer": "yes", "expires": "2026-01-31T12:00:01"}\n\n'
    )
    (tmp_path / attestations.FILE_NAME).write_text(line, "utf-8")
    notes: list[str] = []
    found = attestations.load(tmp_path, "d", notes)["a"]
    assert (True, []) == (attestations.valid(found, NOW), notes)
    assert not attestations.valid(found, NOW.replace(second=1))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Answers are not written through a link to somewhere else."""
    other = tmp_path / "other"
    other.touch()
    (tmp_path / attestations.FILE_NAME).symlink_to(other)
    with pytest.raises(NoAnswerError, match="cannot be written"):
        attestations.append(tmp_path, Attestation(id="a", by="Ada", at=NOW))
    assert "" == other.read_text()
