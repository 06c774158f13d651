"""State as JSON and back: dataclasses, enums, times, tuples and tables of them, led by the type hints alone."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from pytest_deploycheck.errors import WireError

_T = TypeVar("_T")


def dump(value: Any) -> str:
    """Return a dataclass as one line of JSON."""
    return json.dumps(_plain(value), separators=(",", ":"), allow_nan=False)


def load(kind: type[_T], text: str) -> _T:
    """Return the dataclass of a text; unknown keys are ignored, missing ones have their defaults.

    Raises:
        WireError: the text holds something else.
    """
    try:
        return cast("_T", _read(kind, json.loads(text)))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise WireError(f"the stored state of alerts is unreadable ({type(error).__name__})") from None


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if origin is not None:
        return _READERS[origin](get_args(kind), value)
    if is_dataclass(kind):
        if not isinstance(value, dict):
            raise TypeError("expected a table")
        hints = _hints(cast("type", kind))
        return cast("type", kind)(**{name: _read(hints[name], value[name]) for name in hints if name in value})
    if kind is datetime:
        return datetime.fromisoformat(value)
    return _single(kind, value)


def _optional(inside: tuple[Any, ...], value: Any) -> Any:
    if value is None and NoneType in inside:
        return None
    return _read(next(each for each in inside if each is not NoneType), value)


def _tuple(inside: tuple[Any, ...], value: Any) -> Any:
    return tuple(_read(inside[0], each) for each in value)


def _table(inside: tuple[Any, ...], value: Any) -> Any:
    return {str(key): _read(inside[1], each) for key, each in value.items()}


_READERS: Final = {Union: _optional, UnionType: _optional, tuple: _tuple, dict: _table}


def _single(kind: Any, value: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"expected {kind.__name__}")
    return value
