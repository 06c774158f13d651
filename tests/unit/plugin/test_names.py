"""Names of checks: readable, and the same on every machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_deploycheck.plugin.names import SHIPPED_PREFIX, check_id, file_nodeid, shipped_checks


@pytest.mark.parametrize(
    ("nodeid", "expected"),
    [
        (f"{SHIPPED_PREFIX}test_endpoints.py::test_answers[health]", "endpoints.answers[health]"),
        (f"{SHIPPED_PREFIX}test_endpoints.py::test_answers[a::b/c]", "endpoints.answers[a::b/c]"),
        (f"{SHIPPED_PREFIX}test_version.py::test_deployed_version_runs", "version.deployed_version_runs"),
        (
            "deploy_checks/test_endpoints.py::test_answers[health]",
            "deploy_checks/test_endpoints.py::test_answers[health]",
        ),
        ("checks/test_a.py::TestX::test_y", "checks/test_a.py::TestX::test_y"),
        (f"{SHIPPED_PREFIX}test_endpoints.py", f"{SHIPPED_PREFIX}test_endpoints.py"),
        ("", ""),
    ],
)
def test_check_id(nodeid: str, expected: str) -> None:
    """A shipped check is called by file and function, every other by its node id."""
    assert expected == check_id(nodeid)


def test_file_nodeid(tmp_path: Path) -> None:
    """Shipped files have a place of their own, the user's are named from the settings' folder, others by pytest."""
    root = tmp_path / "project"
    assert f"{SHIPPED_PREFIX}test_flows.py" == file_nodeid(shipped_checks() / "test_flows.py", root)
    assert "deep/test_flows.py" == file_nodeid(root / "deep" / "test_flows.py", root)
    assert file_nodeid(tmp_path / "test_flows.py", root) is None


def test_shipped_checks_are_there() -> None:
    """The folder exists and holds checks."""
    assert any(Path(shipped_checks()).glob("test_*.py"))
