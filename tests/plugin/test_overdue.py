"""Answers that are overdue are named where the verdict is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.plugin.conftest import Project
pytest_plugins = ["pytester"]

ATTEST = """
[[attest]]
id = "staging-tests"
question = "Did the tests pass?"
due = "30m"
"""


def test_an_overdue_answer_says_since_when(project: Project) -> None:
    """A required answer that was due half an hour after the deployment makes INCONCLUSIVE, and says since when."""
    project.settings(ATTEST)
    deployed = datetime.now(UTC) - timedelta(hours=1)
    done = project.run("--deploy-id=r1", f"--deployed-at={deployed.isoformat()}", phase="first-2-hours")
    found = done.checks["attestations.attested[staging-tests]"]
    since = f"{deployed + timedelta(minutes=30):%Y-%m-%d %H:%M} UTC"
    assert ("INCONCLUSIVE", True) == (found["status"], f"overdue since {since}" in found["reason"])
    assert "INCONCLUSIVE" == done.decision
    assert found["id"] in done.record["verdict"]["evidence"]


def test_an_answer_with_time_left_is_only_missing(project: Project) -> None:
    """Before it is due nothing is overdue."""
    project.settings(ATTEST)
    done = project.run("--deploy-id=r1", "--deployed-at=5m")
    found = done.checks["attestations.attested[staging-tests]"]
    assert "nobody has attested" in found["reason"]
    assert "overdue" not in found["reason"]


def test_a_routine_writes_its_records_by_itself(project: Project) -> None:
    """With [records] write the daily run leaves its report in the folder of records."""
    project.settings("[records]\nwrite = true\n")
    done = project.run("--deploy-id=r1", "--deployed-at=5m", phase="daily")
    found = [path.name for path in (project.path / "records" / "reports").iterdir()]
    assert ["html", "json", "md"] == sorted(name.rpartition(".")[2] for name in found)
    assert "PASS" == done.decision


def test_records_that_cannot_be_written_are_a_note(project: Project) -> None:
    """A folder that cannot be made costs the records, not the verdict."""
    (project.path / "records").write_text("a file")
    project.settings("[records]\nwrite = true\n")
    done = project.run("--deploy-id=r1", "--deployed-at=5m", phase="daily")
    assert "PASS" == done.decision
    assert any("cannot be written" in note for note in done.record["run"]["notes"])
