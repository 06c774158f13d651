"""People's answers to what no machine can check: an append-only file beside the reports, one JSON object a line.

Stands beside the sources: it is read before judgement and written by ``deploycheck attest``.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Final

from pytest_deploycheck import wire
from pytest_deploycheck.errors import NoAnswerError, WireError
from pytest_deploycheck.verdict import Question

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from pytest_deploycheck.model import Attestation

FILE_NAME: Final = "attestations.jsonl"
RESTORE: Final = "restore-data"  # allows the rollback hook to restore a dump, which loses what was written since
SIGN_OFF: Final = "sign-off"  # who completed a deployment; the records show it
ANSWERS: Final = ("yes", "no", "not-applicable")


def append(folder: Path, attestation: Attestation) -> Path:
    """Add an answer to the file in ``folder`` and return the file's path; on disk when this returns.

    Raises:
        NoAnswerError: the file cannot be written.
    """
    path = folder / FILE_NAME
    line = (wire.encode_attestation(attestation) + "\n").encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o644)
        try:
            os.write(handle, line if _ends_whole(handle) else b"\n" + line)
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise NoAnswerError(f"{path} cannot be written ({error.strerror})", "Make the folder writable") from None
    return path


def load(folder: Path, deployment: str, notes: list[str]) -> dict[str, Attestation]:
    """Return the newest answer to each question that counts for ``deployment``; an unreadable line becomes a note.

    An answer without a deployment counts for every deployment.
    """
    return {each.id: each for each in load_all(folder, deployment, notes)}


def load_all(folder: Path, deployment: str, notes: list[str]) -> tuple[Attestation, ...]:
    """Return every answer that counts for ``deployment``, in the order of giving; see :func:`load`."""
    path = folder / FILE_NAME
    found: list[Attestation] = []
    try:
        # not splitlines: a remark may hold characters that it takes for the end of a line
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return ()
    except OSError as error:
        notes.append(f"{FILE_NAME} cannot be read: {error.strerror}")
        return ()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            attestation = _with_zone(wire.decode_attestation(line))
        except WireError:
            notes.append(f"{FILE_NAME}: line {number} is no attestation and was ignored")
            continue
        if attestation.deployment in {None, deployment}:
            found.append(attestation)
    return tuple(found)


def _ends_whole(handle: int) -> bool:
    """Tell whether the file ends with a whole line: whoever wrote the last one may have been killed at it."""
    size = os.fstat(handle).st_size
    if not size:
        return True
    os.lseek(handle, size - 1, os.SEEK_SET)
    return os.read(handle, 1) == b"\n"


def _with_zone(attestation: Attestation) -> Attestation:
    """Return the attestation with times in UTC where somebody wrote them without a zone."""
    at, expires = attestation.at, attestation.expires
    return replace(
        attestation,
        at=at if at.tzinfo else at.replace(tzinfo=UTC),
        expires=expires if expires is None or expires.tzinfo else expires.replace(tzinfo=UTC),
    )


def valid(attestation: Attestation, now: datetime) -> bool:
    """Tell whether an answer still counts: it has no end, or the end is ahead."""
    return attestation.expires is None or attestation.expires > now


def allows_restore(attestations: Mapping[str, Attestation], deployment: str, now: datetime) -> bool:
    """Tell whether a person allowed restoring data for this very deployment; an answer for all of them is none."""
    said = attestations.get(RESTORE)
    return said is not None and said.answer == "yes" and said.deployment == deployment and valid(said, now)


def answers_of(attestations: Mapping[str, Attestation], now: datetime) -> dict[Question, bool]:
    """Return the answers to the questions of the verdict; a missing or expired one is left out and counts as no."""
    given = {question: attestations.get(question.value) for question in Question}
    return {
        question: attestation.answer == "yes"
        for question, attestation in given.items()
        if attestation is not None and valid(attestation, now)
    }
