"""A checkout used for another project's deployment: this repository's demo and its ``conftest.py`` stay out of it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CHECK = '''"""The project's own check."""

import os


def test_no_demo():
    """Nobody started a demo."""
    assert "DEPLOYCHECK_DEMO_URL" not in os.environ
'''


def test_the_demo_does_not_start_for_another_project(tmp_path: Path) -> None:
    """The shipped checks lie beside the demo's conftest, and yet another project's settings start no demo."""
    (tmp_path / "deploycheck.toml").write_text('[service]\nbase_url = "http://127.0.0.1:9"\n', encoding="utf-8")
    (tmp_path / "deploy_checks").mkdir()
    (tmp_path / "deploy_checks" / "test_own.py").write_text(CHECK, encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DEPLOYCHECK_")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--deploy-phase=first-hour", "-p", "no:cacheprovider", "-v"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "test_no_demo PASS" in run.stdout, run.stdout
