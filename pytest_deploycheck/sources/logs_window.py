"""Which lines of a log are meant, by their times; between reading blocks and counting in them.

Timestamps are read where they decide: the first and the last one of a block, and a few between. Only a block in which
the window begins or ends is looked at line by line. A line without a timestamp belongs to the line before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.sources.logs_line import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HEAD: Final = 400
_TRIED: Final = 500
_SMALL: Final = 16 * 1024
_SAMPLES: Final = 8


class Place(Enum):
    """Where a line lies: in the window, before it where earlier errors are looked for, or not of interest."""

    NOW = "now"
    BEFORE = "before"
    OUT = "out"


@dataclass(slots=True)
class Window:
    """The times that are meant. It knows where the line before the next block lay."""

    since: datetime | None = None
    until: datetime | None = None
    known_since: datetime | None = None
    zone: tzinfo = UTC
    place: Place = field(init=False)
    dated: bool = field(init=False, default=False)
    reaches_back: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Begin before the first timestamp."""
        # lines before the first timestamp belong to something older
        self.place = Place.OUT if self.since is not None else Place.NOW

    @property
    def bounded(self) -> bool:
        """Whether times matter at all."""
        return self.since is not None or self.until is not None

    def split(self, block: bytes) -> tuple[bytes, bytes]:
        """Return what of a block of whole lines is in the window, and what is before it."""
        if not self.bounded:
            return block, b""
        if len(block) <= _SMALL:
            return self._line_by_line(block)
        moments = self._samples(block)
        if not moments:
            return self._whole(block, self.place)
        self._notice(moments)
        places = {self.place, *map(self.place_of, moments)}
        if len(places) > 1:
            return self._line_by_line(block)
        return self._whole(block, self.place)

    def _samples(self, block: bytes) -> list[datetime]:
        """Return the first and the last timestamp of a block, and some between them."""
        step = len(block) // _SAMPLES
        between = (self.first_of(block[block.find(b"\n", at) + 1 : at + step]) for at in range(step, len(block), step))
        found = (self.first_of(block), *between, self.last_of(block))
        return [moment for moment in found if moment is not None]

    def _notice(self, moments: Iterable[datetime]) -> None:
        for moment in moments:
            self.dated = True
            self.reaches_back |= self.since is not None and moment < self.since

    def place_of(self, moment: datetime) -> Place:
        """Return where a moment lies."""
        if self.since is not None and moment < self.since:
            known = self.known_since
            return Place.BEFORE if known is not None and moment >= known else Place.OUT
        return Place.OUT if self.until is not None and moment >= self.until else Place.NOW

    def first_of(self, block: bytes) -> datetime | None:
        """Return the first timestamp of a block, of its first lines."""
        return self._found(block[start : start + _HEAD] for start in islice(_starts(block), _TRIED))

    def last_of(self, block: bytes) -> datetime | None:
        """Return the last timestamp of a block, of its last lines."""
        return self._found(block[start : start + _HEAD] for start in islice(_starts_from_end(block), _TRIED))

    def _found(self, heads: Iterable[bytes]) -> datetime | None:
        moments = (moment_of(_text(head), self.zone) for head in heads)
        return next((moment for moment in moments if moment is not None), None)

    def _whole(self, block: bytes, place: Place) -> tuple[bytes, bytes]:
        return (block if place is Place.NOW else b""), (block if place is Place.BEFORE else b"")

    def _line_by_line(self, block: bytes) -> tuple[bytes, bytes]:
        kept: dict[Place, list[bytes]] = {place: [] for place in Place}
        for line in _lines(block):
            moment = moment_of(_text(line[:_HEAD]), self.zone)
            if moment is not None:
                self._notice((moment,))
                self.place = self.place_of(moment)
            kept[self.place].append(line)
        return b"".join(kept[Place.NOW]), b"".join(kept[Place.BEFORE])


def _text(head: bytes) -> str:
    return head.partition(b"\n")[0].decode("latin-1")


def _lines(block: bytes) -> Iterator[bytes]:
    """Yield the lines with their ends."""
    start = 0
    while start < len(block):
        end = block.find(b"\n", start) + 1 or len(block)
        yield block[start:end]
        start = end


def _starts(block: bytes) -> Iterator[int]:
    at = 0
    while at < len(block):
        yield at
        end = block.find(b"\n", at)
        if end < 0:
            return
        at = end + 1


def _starts_from_end(block: bytes) -> Iterator[int]:
    end = len(block) - 1 if block.endswith(b"\n") else len(block)
    while end >= 0:
        start = block.rfind(b"\n", 0, end) + 1
        yield start
        end = start - 1
