"""The lines of the terminal's blocks: labels, wrapping, colours, plain ASCII; below the blocks, above the words."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Markup = dict[str, bool]
Line = tuple[str, Markup]

LABEL_WIDTH: Final = 11
NARROWEST: Final = 40

_STATUS_MARKUP: Final[Mapping[Status, Markup]] = {
    Status.PASS: {"green": True},
    Status.WARN: {"yellow": True},
    Status.INCONCLUSIVE: {"yellow": True, "bold": True},
    Status.ERROR: {"purple": True, "bold": True},
    Status.FAIL: {"red": True, "bold": True},
}
_ASCII: Final = str.maketrans({"═": "=", "─": "-", "·": "-", "…": "~", "→": ">"})


def status_markup(status: Status) -> Markup:
    """Return the colours of a status."""
    return dict(_STATUS_MARKUP[status])


def labelled(label: str, texts: Iterable[str], width: int, *, hang: int = 0, **markup: bool) -> list[Line]:
    """Return the texts below each other beside one label; nothing at all when there is no text."""
    lines: list[Line] = []
    for text in filter(None, texts):
        shown = "" if lines else label
        for part in wrapped(text, width - LABEL_WIDTH - 4, indent=hang):
            lines.append((f"  {shown:<{LABEL_WIDTH}}  {part}", dict(markup)))
            shown = ""
    return lines


def wrapped(text: str, width: int, *, indent: int) -> list[str]:
    """Return the text in lines of at most ``width`` characters, the further ones indented; at least one line."""
    return textwrap.wrap(text, width, subsequent_indent=" " * indent, break_on_hyphens=False) or [""]


def plain(text: str, *, unicode: bool) -> str:
    """Return the text as the terminal can show it."""
    return text if unicode else text.translate(_ASCII).encode("ascii", "backslashreplace").decode()


def plain_lines(lines: Iterable[Line], *, unicode: bool) -> list[Line]:
    """Return the lines as the terminal can show them."""
    return [(plain(text, unicode=unicode), markup) for text, markup in lines]
