"""Backups in a whole run: what is due, what is found, and that a phase without a restore makes none."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

SETTINGS = """
[[backup]]
id = "db"
folder = "backups"
pattern = "db-*.json"
components = { config = "config-*" }
keep = 2
retention = "30d"
[[backup]]
id = "weekly"
folder = "backups"
pattern = "db-*.json"
phases = ["weekly"]
restore = true
"""
WORKERS = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])


def _file(project: Project, name: str, *, hours: float, text: str = '[{"a": 1}]') -> None:
    path = project.path / "backups" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    at = time.time() - hours * 3600
    os.utime(path, (at, at))


@WORKERS
def test_good_and_stale(project: Project, workers: tuple[str, ...]) -> None:
    """Fresh backups pass; stale, cut and missing ones are each a finding of their own check."""
    project.settings(SETTINGS)
    _file(project, "db-1.json", hours=26)
    _file(project, "db-2.json", hours=2)
    _file(project, "config-2", hours=2)
    good = project.run("-k", "backups", *workers)
    assert ("PASS", 0) == good.verdict
    assert not any("weekly" in name for name in good.checks)
    _file(project, "db-2.json", hours=72, text='[{"a": 1')
    _file(project, "db-1.json", hours=24 * 40)
    (project.path / "backups" / "config-2").unlink()
    bad = project.run("-k", "backups", *workers)
    assert ("WATCH", 12) == bad.verdict
    assert {
        "backups.fresh[db]": "FAIL",
        "backups.size[db]": "PASS",
        "backups.components[db]": "FAIL",
        "backups.retention[db]": "WARN",
        "backups.whole[db]": "FAIL",
    } == {name: check["status"] for name, check in bad.checks.items()}


def test_settings_that_do_nothing(project: Project) -> None:
    """Keys without effect and two places at once are told together, with exit code 4."""
    project.settings(
        '[[backup]]\nid = "a"\nfolder = "x"\ntool = { program = "barman", name = "m" }\nrestore_dsn = "postgresql://h/x"\n'
        '[[backup]]\nid = "b"\ntool = { program = "bareman", name = "m" }\ncomponents = { c = "../x" }\navoid = ["2-4"]'
    )
    done = project.run()
    assert 4 == done.code
    for said in ("folder and tool", "does nothing without restore", "needs a folder", "no span of the day", "no glob"):
        assert said in done.err
