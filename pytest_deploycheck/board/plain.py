"""The board as JSON: for ``deploycheck status --json`` and the page's own address of it. Pure."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.board import wording

if TYPE_CHECKING:
    from pytest_deploycheck.board.view import Board

SCHEMA_VERSION: Final = 1


def board_json(board: Board, now: datetime) -> dict[str, Any]:
    """Return the board as what JSON can hold: times in ISO 8601, spans in seconds, words of enums."""
    elapsed, planned = wording.progress(board, now)
    whole: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "at": now.isoformat()}
    whole |= _plain(board)
    whole["progress"] = {"elapsed": elapsed, "planned": planned}
    whole["sources"] = [
        {"name": source.name, "state": source.state, "answered": source.answered, "failed": source.failed}
        for source in board.sources
    ]
    return whole


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
