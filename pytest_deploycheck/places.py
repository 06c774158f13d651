"""Where the settings keep the history; right above the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.settings.schema import Settings

FILE_NAME: Final = "history.sqlite"
_RELATIVE: Final = "sqlite:///"


def place_of(settings: Settings) -> str | Path:
    """Return the address of the history; a relative file starts at the settings file, the default is in the reports."""
    url = settings.history.url
    if url is None:
        return settings.root / settings.reports.dir / FILE_NAME
    text = url.get_secret_value()
    if text.startswith(_RELATIVE) and "?" not in text:
        return settings.root / text.removeprefix(_RELATIVE)
    return text
