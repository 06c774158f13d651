"""The note through which a running demo is found."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.demo.state import read_state, remove_state, state_path, write_state
from pytest_deploycheck.errors import NoAnswerError

if TYPE_CHECKING:
    from pathlib import Path

FACTS = {"control_url": "http://127.0.0.1:1", "control_token": "t0k3n-of-a-test"}


def test_is_read_as_written_and_by_nobody_else(tmp_path: Path) -> None:
    """The note comes back with the writer's process id, and its mode is 0600."""
    path = tmp_path / "note.json"
    write_state(path, FACTS)
    assert {**FACTS, "pid": os.getpid()} == read_state(path)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    remove_state(path)
    assert [] == list(tmp_path.iterdir())


def test_a_note_of_another_demo_stays(tmp_path: Path) -> None:
    """A demo that ends leaves the note of a later one alone."""
    path = tmp_path / "note.json"
    write_state(path, FACTS)
    path.write_text(json.dumps({**FACTS, "pid": os.getpid() + 1}))
    remove_state(path)
    assert path.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"control_url": 1}', "\x00\xff"])
def test_garbage_is_a_clear_error(tmp_path: Path, content: str) -> None:
    """A note that no demo wrote is refused by name."""
    path = tmp_path / "note.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(NoAnswerError, match="not a note of a demo"):
        read_state(path)


def test_a_missing_note_means_no_demo(tmp_path: Path) -> None:
    """Without a note the error says how to start a demo."""
    with pytest.raises(NoAnswerError, match=r"no demo is running\. Start one with: deploycheck demo"):
        read_state(tmp_path / "note.json")


def test_a_note_that_others_could_have_written_is_refused(tmp_path: Path) -> None:
    """A note open to others, a link and a pipe are not trusted."""
    path = tmp_path / "note.json"
    write_state(path, FACTS)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe, 0o600)
    path.chmod(0o644)
    for each in (path, link, pipe):
        with pytest.raises(NoAnswerError):
            read_state(each)


def test_the_place_differs_by_user() -> None:
    """The note's name holds the user's id."""
    assert str(os.getuid()) in state_path().name
