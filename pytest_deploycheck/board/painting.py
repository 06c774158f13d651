"""Puts lines on a terminal without flicker: only what changed is written, at its place, in one go.

Nothing of the terminal is changed for long: no alternate screen, no hidden cursor, no mode. So there is nothing to
restore, and a watch that is killed leaves a terminal that works.
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Final

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.text import Text

Size = tuple[int, int]
SMALLEST: Final[Size] = (20, 4)
USUAL: Final[Size] = (80, 24)
_HOME_AND_CLEAR: Final = "\x1b[H\x1b[2J"


class Painter:
    """Owns a terminal from its first line to the last but one, where the cursor waits below."""

    def __init__(
        self, write: Callable[[str], object], size: Callable[[], Size], environ: Mapping[str, str] = os.environ
    ) -> None:
        """Write with ``write``; ``size`` returns columns and rows, ``environ`` says which colours there are."""
        self._write = write
        self._size = size
        self._environ = environ
        self._known: Size | None = None
        self._shown: list[str] = []

    def size(self) -> Size:
        """Return the columns and rows that may be painted: one column and one row stay free."""
        columns, rows = self._size()
        columns, rows = (columns, rows) if columns and rows else USUAL
        return max(SMALLEST[0], columns) - 1, max(SMALLEST[1], rows) - 1

    @property
    def resized(self) -> bool:
        """Whether the terminal has another size than at the last painting."""
        return self._known is not None and self._known != self.size()

    def paint(self, lines: Sequence[Text], *, whole: bool = False) -> None:
        """Show the lines; ``whole`` writes all of them anew, whatever is believed to stand there."""
        size = self.size()
        wanted = self._ansi(lines[: size[1]], size[0])
        start = ""
        if self._known is None:
            start = "\n" * size[1]  # what stood there moves up into the scroll-back
        if size != self._known:
            start += _HOME_AND_CLEAR
            self._shown = []
        changed = [
            f"\x1b[{row};1H{line}\x1b[K"
            for row, line in enumerate(wanted, start=1)
            if whole or row > len(self._shown) or self._shown[row - 1] != line
        ]
        self._known = size
        if start or changed or len(wanted) != len(self._shown):
            self._write(f"{start}{''.join(changed)}\x1b[{len(wanted) + 1};1H\x1b[J")
        self._shown = wanted

    def _ansi(self, lines: Sequence[Text], width: int) -> list[str]:
        console = Console(
            file=io.StringIO(),
            width=width,
            force_terminal=True,
            _environ=self._environ,
            highlight=False,
            legacy_windows=False,
        )
        with console.capture() as captured:
            for line in lines:
                console.print(line, no_wrap=True, overflow="crop", crop=True)
        return captured.get().splitlines()


def size_of(fileno: int) -> Size:
    """Return the columns and rows of the terminal behind a file descriptor, 80 by 24 when it has none."""
    try:
        columns, rows = os.get_terminal_size(fileno)
    except OSError:
        return USUAL
    return columns, rows
