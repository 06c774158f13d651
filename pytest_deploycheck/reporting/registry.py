"""The report files that are written for every run: one line for each; between the renderers and the layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.reporting.summary import summary_markdown
from pytest_deploycheck.wire import encode_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.model import RunRecord

RENDERERS: Final[Mapping[str, Callable[[RunRecord], str]]] = {
    "verdict.json": encode_record,
    "summary.md": summary_markdown,
}
