"""``{name}`` in the texts of a flow: which names there are, and what becomes of them. Pure, above errors only.

``{{name}}`` stands for a literal ``{name}``; braces around anything but a name are left alone: JSON needs no escaping.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable

BUILT_IN: Final = ("run_id", "uuid")
_PLACE: Final = re.compile(r"\{\{([A-Za-z_][A-Za-z0-9_]*)\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_DOTS: Final = frozenset({"", ".", ".."})


class UnknownNameError(ValueError):
    """A placeholder whose name has no value (yet); ``name`` is that name."""

    def __init__(self, name: str) -> None:
        """Remember the name."""
        super().__init__(f"{{{name}}} has no value")
        self.name = name


def names_in(template: Any) -> tuple[str, ...]:
    """Return the names of all placeholders in a text, or in all texts (keys too) inside lists and tables, each once."""
    if isinstance(template, str):
        return tuple(dict.fromkeys(match[2] for match in _PLACE.finditer(template) if match[2]))
    if isinstance(template, Mapping):
        parts = [part for pair in template.items() for part in pair]
    else:
        parts = list(template) if isinstance(template, list | tuple) else []
    return tuple(dict.fromkeys(name for part in parts for name in names_in(part)))


def in_path(template: str, values: Mapping[str, Any]) -> str:
    """Return the path with each value percent-encoded, so that it stays within its place.

    Raises:
        UnknownNameError: a name has no value.
        ValueError: a value is empty, dots, or not a single one: it would address something else.
    """

    def encoded(name: str) -> str:
        text = _text(name, values)
        if text in _DOTS:
            raise ValueError(f"{{{name}}} is empty or dots, which would change what the path addresses")
        return quote(text, safe="")

    return _filled(template, encoded)


def in_header(template: str, values: Mapping[str, Any]) -> str:
    """Return the header's value.

    Raises:
        UnknownNameError: a name has no value.
        ValueError: a value is not a single one, or holds a line break or another control character.
    """

    def plain(name: str) -> str:
        text = _text(name, values)
        if _CONTROL.search(text):
            raise ValueError(f"{{{name}}} holds control characters, which no header may")
        return text

    return _filled(template, plain)


def in_json(template: Any, values: Mapping[str, Any]) -> Any:
    """Return the JSON value; a text that is one placeholder and nothing else becomes the value with its type.

    Raises:
        UnknownNameError: a name has no value.
    """
    if isinstance(template, Mapping):
        return {str(in_json_text(str(key), values)): in_json(value, values) for key, value in template.items()}
    if isinstance(template, list | tuple):
        return [in_json(value, values) for value in template]
    if not isinstance(template, str):
        return template
    whole = _PLACE.fullmatch(template)
    return _value(whole[2], values) if whole is not None and whole[2] else in_json_text(template, values)


def in_json_text(template: str, values: Mapping[str, Any]) -> str:
    """Return a text of a JSON value with its placeholders filled; lists and tables appear as JSON.

    Raises:
        UnknownNameError: a name has no value.
    """

    def shown(name: str) -> str:
        value = _value(name, values)
        return value if isinstance(value, str) else json.dumps(value)

    return _filled(template, shown)


def _filled(template: str, fill: Callable[[str], str]) -> str:
    """Return the text with each placeholder filled and each escaped one unescaped."""
    return _PLACE.sub(lambda match: fill(match[2]) if match[2] else f"{{{match[1]}}}", template)


def _value(name: str, values: Mapping[str, Any]) -> Any:
    """Return the value of a name."""
    if name not in values:
        raise UnknownNameError(name)
    return values[name]


def _text(name: str, values: Mapping[str, Any]) -> str:
    """Return the value of a name as text."""
    value = _value(name, values)
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, list | dict):
        raise ValueError(f"{{{name}}} is not a single value")
    return json.dumps(value)
