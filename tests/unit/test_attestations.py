"""People's answers in their file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.attestations import FILE_NAME, answers_of, append, load, valid
from pytest_deploycheck.errors import NoAnswerError
from pytest_deploycheck.model import Attestation
from pytest_deploycheck.verdict import Question

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def given(name: str = "sign-off", answer: str = "yes", **more: object) -> Attestation:
    """Return an answer."""
    return Attestation(id=name, by="Ada", at=NOW, answer=answer, **more)  # type: ignore[arg-type]  # shortens the tests


def test_the_newest_answer_counts(tmp_path: Path) -> None:
    """A later answer replaces an earlier one; both stay in the file."""
    append(tmp_path, given(answer="yes"))
    append(tmp_path, given(answer="no", note='two\nlines, "quoted"'))
    notes: list[str] = []
    found = load(tmp_path, "r1", notes)
    assert ("no", 'two\nlines, "quoted"', []) == (found["sign-off"].answer, found["sign-off"].note, notes)
    assert 2 == len((tmp_path / FILE_NAME).read_text().splitlines())


def test_answers_belong_to_their_deployment(tmp_path: Path) -> None:
    """One for another deployment does not count, one without a deployment counts everywhere."""
    append(tmp_path, given("a", deployment="r1"))
    append(tmp_path, given("b", deployment="r2"))
    append(tmp_path, given("c"))
    assert {"a", "c"} == set(load(tmp_path, "r1", []))


def test_an_unreadable_line_is_told(tmp_path: Path) -> None:
    """Somebody's slip of the editor loses a line, not the file."""
    append(tmp_path, given())
    with (tmp_path / FILE_NAME).open("a") as file:
        file.write("{half a li\n")
    notes: list[str] = []
    assert {"sign-off"} == set(load(tmp_path, "r1", notes))
    assert [f"{FILE_NAME}: line 2 is no attestation and was ignored"] == notes


def test_no_file_is_no_answer(tmp_path: Path) -> None:
    """Nobody has answered yet."""
    assert {} == load(tmp_path / "missing", "r1", [])


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    """What cannot be written is one clear error; what cannot be read is a note."""
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(NoAnswerError, match="cannot be written"):
        append(tmp_path, given())
    notes: list[str] = []
    assert {} == load(tmp_path, "r1", notes)
    assert ["attestations.jsonl cannot be read: Is a directory"] == notes


def test_expiry() -> None:
    """An answer counts until its end, not at it."""
    assert valid(given(expires=NOW + timedelta(seconds=1)), NOW)
    assert not valid(given(expires=NOW), NOW)


def test_answers_for_the_verdict() -> None:
    """A yes is yes, everything else is not; expired ones are as if never given."""
    answers = {
        "can-wait": given("can-wait"),
        "fix-within-30-min": given("fix-within-30-min", expires=NOW),
        "data-corruption": given("data-corruption", "no"),
        "other": given("other"),
    }
    assert {Question.CAN_WAIT: True, Question.CORRUPTION: False} == answers_of(answers, NOW)
