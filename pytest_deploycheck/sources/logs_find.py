"""Finding texts in large blocks of bytes, as fast as the C library can; below the log source, pure.

glibc's and macOS's ``memmem`` is two to three times faster than ``bytes.find``, measured on logs; elsewhere the latter.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST_LINE: Final = 65_536


def _memmem() -> Callable[[int, int, bytes, int], int | None] | None:
    try:
        found = ctypes.CDLL(None).memmem
    except (OSError, AttributeError, TypeError):
        return None
    found.restype = ctypes.c_void_p
    found.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t)
    return found


_MEMMEM: Final = _memmem()


def lines_with(block: bytes, texts: tuple[bytes, ...]) -> list[tuple[int, int]]:
    """Return where the lines begin and end that hold one of the texts within their first 64 KiB, in order."""
    search = _from_python if _MEMMEM is None else _from_c
    if len(texts) == 1:
        return list(search(block, texts[0]))
    return sorted({line for text in texts for line in search(block, text)})


def _from_python(block: bytes, text: bytes) -> Iterator[tuple[int, int]]:
    at = block.find(text)
    while at >= 0:
        start, end = block.rfind(b"\n", 0, at) + 1, block.find(b"\n", at)
        end = len(block) if end < 0 else end
        if at + len(text) - start <= LONGEST_LINE:
            yield start, min(end, start + LONGEST_LINE)
        at = block.find(text, end)


def _from_c(block: bytes, text: bytes) -> Iterator[tuple[int, int]]:
    assert _MEMMEM is not None
    length, size = len(block), len(text)
    base = ctypes.cast(ctypes.c_char_p(block), ctypes.c_void_p).value or 0
    end = 0
    while found := _MEMMEM(base + end, length - end, text, size):
        at = found - base
        start, end = block.rfind(b"\n", 0, at) + 1, block.find(b"\n", at)
        end = length if end < 0 else end
        if at + size - start <= LONGEST_LINE:
            yield start, min(end, start + LONGEST_LINE)
