"""What a screen leaves out when it is too small: first what is good, then explanations, then what is bad. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Line = TypeVar("Line")


@dataclass(frozen=True, slots=True)
class Item(Generic[Line]):
    """Something that is shown in one line, with further lines that explain it; the worst stays longest."""

    line: Line
    more: tuple[Line, ...] = ()
    good: bool = False
    badness: int = 0


@dataclass(frozen=True, slots=True)
class Block(Generic[Line]):
    """A heading and what stands below it."""

    heading: Line
    items: tuple[Item[Line], ...] = ()

    @property
    def height(self) -> int:
        """How many lines all of it takes."""
        return 1 + sum(1 + len(item.more) for item in self.items)


def fitted(blocks: Sequence[Block[Line]], height: int | None) -> list[Line]:
    """Return the lines of the blocks, at most ``height`` of them (None is all); headings stay longest."""
    bids = sorted(
        (rank, -item.badness, number, block, line)
        for block, each in enumerate(blocks)
        for number, item in enumerate(each.items)
        for line, rank in enumerate(_ranks(item))
    )
    room = len(bids) if height is None else max(0, height - len(blocks))
    kept = {(block, number, line) for _, _, number, block, line in bids[:room]}
    shown = [line for block, each in enumerate(blocks) for line in _lines(each, block, kept)]
    return shown if height is None else shown[:height]


def split(blocks: Sequence[Block[Line]]) -> tuple[list[Block[Line]], list[Block[Line]]]:
    """Return the blocks in two columns of about the same height, their order kept."""
    heights = [block.height for block in blocks]
    at = min(range(len(blocks) + 1), key=lambda index: max(sum(heights[:index]), sum(heights[index:])))
    return list(blocks[:at]), list(blocks[at:])


def _ranks(item: Item[Line]) -> Iterable[int]:
    """The line itself before the explanations of others; what is good comes last."""
    yield 2 if item.good else 0
    yield from (1 for _ in item.more)


def _lines(block: Block[Line], index: int, kept: set[tuple[int, int, int]]) -> Iterable[Line]:
    yield block.heading
    for number, item in enumerate(block.items):
        lines = (item.line, *item.more)
        yield from (line for place, line in enumerate(lines) if (index, number, place) in kept)
