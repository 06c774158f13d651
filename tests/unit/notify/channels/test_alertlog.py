"""The file that always works, or says why not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.errors import ChannelError
from pytest_deploycheck.notify.channels.alertlog import AlertLogChannel
from pytest_deploycheck.notify.rules import Kind
from tests.fix_messages import hostile, message

if TYPE_CHECKING:
    from pathlib import Path


def test_one_line_each_by_day(tmp_path: Path) -> None:
    """Each message is one line of JSON in the day's file, however hostile its texts."""
    log = AlertLogChannel({"path": str(tmp_path / "logs" / "immediate-{date}.jsonl")})
    log.send(message(), None)
    log.send(hostile(Kind.RESOLVED), None)
    lines = (tmp_path / "logs" / "immediate-2026-03-02.jsonl").read_text().splitlines()
    assert ["opened", "resolved"] == [json.loads(line)["event"] for line in lines]


def test_a_doubtful_message_is_there_once(tmp_path: Path) -> None:
    """A message that was written before the crash is not written again; one that was not is."""
    log = AlertLogChannel({"path": str(tmp_path / "a.jsonl")})
    for kind, doubtful in ((Kind.OPENED, False), (Kind.OPENED, True), (Kind.RESOLVED, True)):
        log.send(message(kind, doubtful=doubtful), None)
    assert 2 == len((tmp_path / "a.jsonl").read_text().splitlines())


def test_a_line_that_was_cut_off_harms_no_other(tmp_path: Path) -> None:
    """After half a line the next one begins on its own."""
    (tmp_path / "a.jsonl").write_text('{"id": "ha')
    AlertLogChannel({"path": str(tmp_path / "a.jsonl")}).send(message(), None)
    assert "opened" == json.loads((tmp_path / "a.jsonl").read_text().splitlines()[1])["event"]


def test_no_room(tmp_path: Path) -> None:
    """A folder in the place of the file is an error, not a traceback."""
    (tmp_path / "a.jsonl").mkdir()
    with pytest.raises(ChannelError, match="cannot be written"):
        AlertLogChannel({"path": str(tmp_path / "a.jsonl")}).send(message(), None)
