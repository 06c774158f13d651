"""Recorded data as CSV files, read strictly with one clear error; the way in for replay.

Columns by kind: ``counts`` has ``timestamp,bad,total``, ``gauge`` and ``latency`` have ``timestamp,value``, latency one
row a request. A timestamp is seconds since 1970 or ISO 8601 (without a zone it is UTC). A value that is empty, NaN or
negative is a measurement that failed and stays in, as NaN or as it is; anything that is no number is an error.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

COLUMNS: Final = {
    "counts": ("timestamp", "bad", "total"),
    "latency": ("timestamp", "value"),
    "gauge": ("timestamp", "value"),
}
MAX_SHOWN: Final = 40
MAX_SILENCE: Final = 10_000
_LATEST: Final = 253_402_300_800.0  # the year 10000


@dataclass(frozen=True, slots=True)
class Recording:
    """The rows of a file, each with its time in seconds since 1970; ``iso`` when the file writes times as dates."""

    name: str
    rows: tuple[tuple[float, ...], ...]
    iso: bool

    def split(self, at: float) -> tuple[Recording, Recording]:
        """Return what was recorded before a time, and what from it on."""
        before = tuple(row for row in self.rows if row[0] < at)
        after = tuple(row for row in self.rows if row[0] >= at)
        return Recording(self.name, before, self.iso), Recording(self.name, after, self.iso)


def read_recording(path: Path, kind: str) -> Recording:
    """Return the rows of a CSV file.

    Raises:
        SettingsError: the file cannot be read, has not the columns of this kind, or a row is wrong; it names the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(csv.reader(file, strict=True), path.name, COLUMNS[kind])
    except OSError as error:
        raise SettingsError.of(path.name, "", f"the file cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise SettingsError.of(path.name, "", "the file is no text in UTF-8") from None


def _read(reader: Iterator[list[str]], name: str, columns: tuple[str, ...]) -> Recording:
    line = 0
    rows: list[tuple[float, ...]] = []
    iso = False
    places: list[int] = []
    try:
        for line, cells in enumerate(reader, 1):
            if not cells:
                continue
            if not places:
                places = _places(cells, name, columns)
                continue
            if len(cells) <= max(places):
                raise SettingsError.of(name, f"line {line}", f"has {len(cells)} columns, fewer than the header")
            if not rows:
                iso = not _is_number(cells[places[0]])
            when = parse_timestamp(cells[places[0]])
            if when is None:
                raise _wrong(name, line, "timestamp", cells[places[0]], "neither seconds since 1970 nor ISO 8601")
            rows.append((when, *_values(cells, places, name, line, columns)))
    except csv.Error as error:
        raise SettingsError.of(name, f"line {line + 1}", f"no CSV: {error}") from None
    if not rows:
        raise SettingsError.of(name, "", "the file has no rows", hint=f"The columns are {','.join(columns)}.")
    return Recording(name, tuple(rows), iso)


def _places(cells: list[str], name: str, columns: tuple[str, ...]) -> list[int]:
    header = [cell.strip().lower() for cell in cells]
    missing = [column for column in columns if header.count(column) != 1]
    if missing:
        raise SettingsError.of(
            name,
            "line 1",
            f"the header has not exactly one column {missing[0]}",
            value=repr(",".join(cells)[:MAX_SHOWN]),
            hint=f"The columns are {','.join(columns)}.",
        )
    return [header.index(column) for column in columns]


def _values(cells: list[str], places: list[int], name: str, line: int, columns: tuple[str, ...]) -> list[float]:
    found = []
    for place, column in zip(places[1:], columns[1:], strict=True):
        try:
            found.append(float(cells[place]) if cells[place].strip() else math.nan)
        except ValueError:
            raise _wrong(name, line, column, cells[place], "no number") from None
    return found


def _wrong(name: str, line: int, column: str, text: str, message: str) -> SettingsError:
    return SettingsError.of(name, f"line {line}: {column}", message, value=repr(text[:MAX_SHOWN]))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def parse_timestamp(text: str) -> float | None:
    """Return a time in seconds since 1970 from a number or ISO 8601 (without a zone it is UTC), None if it is none."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text.strip())
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    return seconds if abs(seconds) < _LATEST else None


def show_timestamp(seconds: float, *, iso: bool) -> str | float | int:
    """Return a time as the file writes it: ISO 8601 in UTC, or seconds since 1970."""
    if not iso:
        return int(seconds) if seconds == int(seconds) else seconds
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def latency_looks(rows: Iterable[tuple[float, ...]], every: float) -> list[tuple[float, list[float]]]:
    """Return requests grouped into looks of ``every`` seconds as ``(end of the look, durations)``, silent ones too.

    A request that is recorded after its look has closed cannot count any more: it makes the open look incomplete (NaN).
    A silence of more than 10,000 looks is told as a single empty one.
    """
    looks: list[tuple[float, list[float]]] = []
    current: int | None = None
    values: list[float] = []
    for when, value in rows:
        slot = int(when // every)
        if current is None or slot > current:
            if current is not None:
                silent = slot - current - 1
                looks += [((current + 2 + i) * every, []) for i in range(silent if silent <= MAX_SILENCE else 1)]
            values = []
            current = slot
            looks.append(((slot + 1) * every, values))
            values.append(value)
        else:
            values.append(value if slot == current else math.nan)
    return looks
