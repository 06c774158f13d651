"""The settings in docs/other-systems.md load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.settings.load import load_settings
from tests.docs.test_pages import blocks

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "docs/other-systems.md"
HEAD = (
    '[service]\nbase_url = "http://service.internal"\nmetrics = "/metrics"\n[database]\ndsn = "postgresql://u:p@h/d"\n'
)
AGE = '[[metric]]\nid = "e-mail-age"\nsource = "openmetrics"\nquery = "age(last_success_timestamp)"\n'


@pytest.mark.parametrize("number", range(len(blocks(PAGE, "toml"))))
def test_every_example_loads(number: int, tmp_path: Path) -> None:
    """What is copied out of the page is valid."""
    path = tmp_path / "deploycheck.toml"
    text = blocks(PAGE, "toml")[number]
    path.write_text(HEAD + (AGE if "e-mail-age" in text else "") + text)
    environ = dict.fromkeys(("SENTRY_TOKEN", "TRACKER_TOKEN"), "t0ken-t0ken")
    assert list(load_settings(path, cwd=tmp_path, environ=environ).all_items())
