"""The rows that the guides ask for, read from ``examples/ledger.toml``; the first stage of the coverage page."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
EXAMPLES: Final = ROOT / "examples"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that a guide asks for."""

    id: str
    text: str
    phases: tuple[str, ...]
    severity: str
    kind: str


@dataclass(frozen=True, slots=True)
class Guide:
    """One guide: the prefix of its rows, the folder of its example, its title."""

    prefix: str
    name: str
    title: str
    rows: tuple[Row, ...]

    @property
    def folder(self) -> Path:
        """Where its example lies."""
        return EXAMPLES / self.name


def guides() -> tuple[Guide, ...]:
    """Return all guides with their rows."""
    raw = tomllib.loads((EXAMPLES / "ledger.toml").read_text(encoding="utf-8"))
    return tuple(
        Guide(
            prefix,
            each["guide"],
            each["title"],
            tuple(Row(**{**row, "phases": tuple(row["phases"])}) for row in each["rows"]),
        )
        for prefix, each in raw.items()
    )


def open_rows() -> dict[str, str]:
    """Return the rows that are said to be open, with the reason."""
    raw = tomllib.loads((EXAMPLES / "open-rows.toml").read_text(encoding="utf-8"))
    return {row: why for reasons in raw.values() for row, why in reasons.items()}
