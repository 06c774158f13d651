"""Without ``--deploy-phase`` the plugin does nothing and costs nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

CHECKS = """
import sys

HEAVY = ("pytest_deploycheck.plugin.activation", "pydantic", "httpx", "psycopg")

@pytest.mark.severity("critical")
@pytest.mark.impact("data")
@pytest.mark.phase("first-hour", due="5m")
@pytest.mark.action("look", runbook="book")
@pytest.mark.on_fail("hold")
@pytest.mark.confirms("corruption")
@pytest.mark.dry_run
@pytest.mark.rows("AM-1")
@pytest.mark.needs("database")
def test_light():
    assert [] == [name for name in HEAVY if name in sys.modules]

def test_fails():
    assert 1 == 2

@pytest.mark.skip
def test_skipped(): ...
"""


def _stable(text: str) -> list[str]:
    """Return the lines without what differs between two runs of the same."""
    return [re.sub(r"\d+\.\d+s", "TIME", line) for line in text.splitlines() if not line.startswith("plugins: ")]


def test_same_output_as_plain_pytest(project: Project) -> None:
    """Installed but not asked, it changes neither the output nor the exit code, writes nothing and loads nothing."""
    project.check(CHECKS)
    asleep = project.run("--strict-markers", "deploy_checks", phase=None)
    markers = [f"markers={name}" for name in ("severity", "impact", "phase", "action", "on_fail", "confirms")]
    known = [part for line in (*markers, "markers=dry_run", "markers=rows", "markers=needs") for part in ("-o", line)]
    (project.path / "pytest.ini").write_text("[pytest]\nmarkers =\n    severity\n    impact\n    phase\n    action\n"
        "    on_fail\n    confirms\n    dry_run\n    rows\n    needs\n")  # fmt: skip
    without = project.run("--strict-markers", "-p", "no:deploycheck", "deploy_checks", phase=None)
    assert known
    assert (1, 1) == (asleep.code, without.code)
    assert "1 failed, 1 passed, 1 skipped" in asleep.out
    assert [line for line in _stable(without.out) if "configfile" not in line] == _stable(asleep.out)
    assert not project.reports.exists()
    assert not project.service.asked


def test_broken_settings_do_not_matter(project: Project) -> None:
    """Settings that cannot be read hinder nobody who does not ask for them."""
    project.check("def test_a(): pass")
    (project.path / "deploycheck.toml").write_text("[[[")
    assert 0 == project.run("deploy_checks", phase=None).code
    assert 4 == project.run().code
