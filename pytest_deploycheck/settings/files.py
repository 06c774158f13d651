"""Finding the settings file and reading it as TOML; nothing here knows what the keys mean."""

from __future__ import annotations

import os
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import SettingsError, SettingsProblem

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "deploycheck.toml"
PROJECT: Final = "pyproject.toml"
_LARGEST: Final = 16 * 1024 * 1024
_TABLE: Final = re.compile(rb"^\s*\[+\s*tool\s*\.\s*deploycheck\b", re.MULTILINE)
_PLACE: Final = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")
STARTER: Final = """Start with a file deploycheck.toml:
    [service]
    base_url = "https://service.internal"
    [[endpoint]]
    id = "health"
    path = "/health\""""


def find(cwd: Path) -> Path:
    """Return the settings file of a folder or the nearest one above, up to the root of its git repository.

    Raises:
        SettingsError: there is none.
    """
    start = cwd.absolute()
    for folder in (start, *start.parents):
        if _content(folder / FILE) is not None:
            return folder / FILE
        if _TABLE.search(_content(folder / PROJECT) or b""):
            return folder / PROJECT
        if (folder / ".git").exists():
            break
    raise SettingsError.of(FILE, "", "no settings found, neither here nor in a folder above", hint=STARTER)


def shown(path: Path, cwd: Path) -> str:
    """Return the path as people look for it: relative to where they are."""
    try:
        return os.path.relpath(path, cwd)
    except ValueError:  # another drive
        return str(path)


def read(path: Path, name: str) -> dict[str, Any]:
    """Return the settings in the file; of a pyproject.toml its table ``tool.deploycheck``.

    Raises:
        SettingsError: it cannot be read, or is no TOML.
    """
    text = _text(path, name)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        message = _PLACE.sub("", str(error)).strip()
        where = f"line {place[1]}, column {place[2]}" if place and place[1] else "end of the file"
        raise SettingsError.of(name, where, f"no valid TOML: {message[:1].lower()}{message[1:]}") from None
    except (RecursionError, ValueError) as error:
        raise SettingsError.of(name, "", f"no valid TOML ({type(error).__name__})") from None
    if path.name != PROJECT:
        return raw
    found = raw.get("tool", {}).get("deploycheck") if isinstance(raw.get("tool"), dict) else None
    if not isinstance(found, dict):
        raise SettingsError.of(name, "tool.deploycheck", "is missing", hint=STARTER)
    return found


def _content(path: Path) -> bytes | None:
    """Return the beginning of a file, None when there is no such file or it cannot be read."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(_LARGEST + 1)
    except (OSError, ValueError):
        return None


def _text(path: Path, name: str) -> str:
    """Return the text of the file, or tell why there is none."""
    content = _content(path)
    if content is None:
        raise SettingsError((_unreadable(path, name),))
    if len(content) > _LARGEST:
        raise SettingsError.of(name, "", f"is larger than {_LARGEST // 1024**2} MiB")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SettingsError.of(name, f"line {line}", "is not UTF-8", hint="Save it as UTF-8.") from None


def _unreadable(path: Path, name: str) -> SettingsProblem:
    try:
        path.stat()
        message = "cannot be read; you may not" if path.is_file() else "is not a file"
    except FileNotFoundError:
        message = "there is no such file"
    except (OSError, ValueError) as error:
        message = f"cannot be read ({getattr(error, 'strerror', None) or 'no valid path'})"
    return SettingsProblem(
        name, "", message, hint="Give an existing file, or leave it out to look for deploycheck.toml."
    )
