"""A claim belongs to one run, whatever else runs at the same time, and outlives it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.errors import NoAnswerError
from pytest_deploycheck.rollback import Claim, FileClaims

if TYPE_CHECKING:
    from pathlib import Path


def test_only_one_takes_it(tmp_path: Path) -> None:
    """Of many that try at once one gets it, and all others are told who has it."""
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda number: FileClaims(tmp_path / "d").take("rollback", f"run {number}"), range(64)))
    assert 1 == found.count(None)
    names = {claim.by for claim in found if claim is not None}
    assert names <= {*(f"run {number}" for number in range(64)), "a run that left no name"}


def test_it_says_how_it_ended(tmp_path: Path) -> None:
    """A later run reads what became of it; another name is free."""
    claims = FileClaims(tmp_path)
    assert claims.take("rollback", "run 1") is None
    assert Claim("run 1", "running") == claims.take("rollback", "run 2")
    claims.finish("rollback", Claim("run 1", "succeeded"))
    assert Claim("run 1", "succeeded") == FileClaims(tmp_path).take("rollback", "run 3")
    assert claims.take("restore", "run 3") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"by": 1}', "\x00" * 10, "[" * 100_000])
def test_a_damaged_claim_is_still_one(tmp_path: Path, text: str) -> None:
    """What cannot be read may be a rollback under way."""
    claims = FileClaims(tmp_path)
    claims.take("rollback", "run 1")
    (tmp_path / "rollback.claim").write_text(text)
    assert Claim("a run that left no name", "running") == claims.take("rollback", "run 2")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Without a claim there is no rollback."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    claims = FileClaims(blocked / "inside")
    with pytest.raises(NoAnswerError, match="cannot be written"):
        claims.take("rollback", "run 1")
    with pytest.raises(NoAnswerError, match="cannot be written"):
        claims.finish("rollback", Claim("run 1", "succeeded"))


def test_it_says_where_it_is(tmp_path: Path) -> None:
    """A person who wants another try is told the file."""
    assert str(tmp_path / "rollback.claim").replace(os.sep, "/").endswith("/rollback.claim")
    assert str(tmp_path / "rollback.claim") == FileClaims(tmp_path).where("rollback")
