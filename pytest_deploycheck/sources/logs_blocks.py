"""From any stream of bytes to blocks of whole lines, in bounded memory; below the log source."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.sources.logs_find import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BLOCK: Final = 256 * 1024


def whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes cut after line ends; of a line longer than a block only the first 64 KiB stay."""
    rest, skipping = b"", False
    for piece in pieces:
        fresh = piece
        if skipping:
            end = fresh.find(b"\n")
            if end < 0:
                continue
            fresh, skipping = fresh[end:], False
        block = rest + fresh
        cut = block.rfind(b"\n") + 1
        if cut:
            yield block[:cut] if cut < len(block) else block
        rest = block[cut:]
        if len(rest) > LONGEST_LINE:
            rest, skipping = rest[:LONGEST_LINE], True
    if rest:
        yield rest


def last_lines(blocks: Iterable[bytes], tail: int) -> Iterator[bytes]:
    """Yield only the last ``tail`` lines; of what comes before, only what may still be needed is kept."""
    kept: deque[tuple[bytes, int]] = deque()
    total = 0
    for block in blocks:
        count = lines_in(block)
        kept.append((block, count))
        total += count
        while total - kept[0][1] >= tail:
            total -= kept.popleft()[1]
    for block, count in kept:
        surplus = min(max(total - tail, 0), count)
        total -= surplus
        rest = block
        for _ in range(surplus):
            rest = rest[rest.find(b"\n") + 1 :] if b"\n" in rest else b""
        tail_left = rest
        if tail_left:
            yield tail_left


def lines_in(block: bytes) -> int:
    """Return how many lines a block has; the last one needs no end."""
    return block.count(b"\n") + (0 if block.endswith(b"\n") or not block else 1)
