"""The style sheet and the script of the report, read from the package; nothing is fetched when the report is opened."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

_ASSETS: Final = "assets"


@cache
def style_and_script() -> str:
    """Return the ``<style>`` and ``<script>`` elements; they hold nothing from outside."""
    folder = files("pytest_deploycheck.reporting") / _ASSETS
    style = (folder / "report.css").read_text("utf-8")
    script = (folder / "report.js").read_text("utf-8")
    return f"<style>{style}</style><script>{script}</script>"
