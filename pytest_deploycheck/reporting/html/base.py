"""Escaping and the few elements that the pieces of the HTML report share; below them, above :mod:`..base`."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from pytest_deploycheck.redact import printable
from pytest_deploycheck.reporting.base import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

_JOINTS: Final = re.compile(r"(?<=[._:/\](){},])(?=[^\W\d_])|(?<=\w)(?=\[)")


def escaped(text: object) -> str:
    """Return anything on one line as HTML text, safe between tags and inside quoted attributes."""
    return html.escape(one_line(str(text)), quote=True)


def breakable(text: object) -> str:
    """Return a name as HTML text that breaks where its parts meet, never inside a word that fits."""
    return "<wbr>".join(html.escape(part, quote=True) for part in _JOINTS.split(one_line(str(text))))


def escaped_lines(text: str) -> str:
    """Return text of several lines as HTML text."""
    return html.escape(printable(text, multiline=True), quote=True)


def chip(word: object) -> str:
    """Return a status or a severity as a coloured word; the colour only repeats what the word says."""
    return _chip(str(word))


@lru_cache(maxsize=64)
def _chip(word: str) -> str:
    return f'<span class="dc-chip dc-{css_word(word)}">{escaped(word)}</span>'


def css_word(word: object) -> str:
    """Return a word as part of a class name."""
    return "".join(character if character.isalnum() else "-" for character in str(word).lower())


def anchor(check_id: str) -> str:
    """Return the id of a check's first row, which is also the fragment of its address; needs no further escaping."""
    return "check=" + quote(check_id.encode("utf-8", "backslashreplace"), safe="")


def link(address: str) -> str:
    """Return an http(s) address as a link, anything else (``javascript:``, a path) as plain text."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return escaped(address)
    if parts.scheme.lower() not in {"http", "https"} or not parts.netloc:
        return escaped(address)
    return f'<a href="{escaped(address)}" rel="noopener noreferrer">{escaped(address)}</a>'


def items(tag: str, css_class: str, contents: Iterable[str]) -> str:
    """Return a list of already escaped contents; nothing when there are none."""
    inner = "".join(f"<li>{content}</li>" for content in contents)
    return f'<{tag} class="{css_class}">{inner}</{tag}>' if inner else ""
