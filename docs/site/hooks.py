"""What mkdocs adds when it builds the site: the reference, made from the code, and links that leave ``docs/``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mkdocs.structure.files import File

from docs.site.reference import PAGES

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

OUTSIDE: Final = re.compile(r"\[([^\]]+)\]\(\.\./([^)]+)\)")
STYLE: Final = """
pre, code { font-size: 85%; }
table { font-size: 92%; }
table code { overflow-wrap: anywhere; white-space: normal; }
img { height: auto; max-width: 100%; }
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for path, make in PAGES.items():
        files.append(File.generated(config, path, content=make()))
    files.append(File.generated(config, "site.css", content=STYLE))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Name files of the repository instead of linking to them: they are not part of the site."""
    return OUTSIDE.sub(r"\1 (`\2` in the repository)", markdown)
