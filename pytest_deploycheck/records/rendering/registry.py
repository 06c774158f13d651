"""The formats of reports: one line for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.records.rendering.as_json import as_json
from pytest_deploycheck.records.rendering.markdown import markdown
from pytest_deploycheck.records.rendering.page import page
from pytest_deploycheck.records.rendering.text import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.records.model import Report

FORMATS: Final[Mapping[str, Callable[[Report], str]]] = {
    "text": text,
    "markdown": markdown,
    "html": page,
    "json": as_json,
}
ENDINGS: Final[Mapping[str, str]] = {"text": "txt", "markdown": "md", "html": "html", "json": "json"}
