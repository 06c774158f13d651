"""The incident report and its post-mortem."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pytest_deploycheck.cli import main
from pytest_deploycheck.notify.memory import Entry, Incident
from pytest_deploycheck.records.catalogue import report_of
from pytest_deploycheck.records.material import Answers
from pytest_deploycheck.records.model import Mark
from pytest_deploycheck.records.rendering.text import text
from pytest_deploycheck.status import Severity
from tests.fix_records import NOW

if TYPE_CHECKING:
    import pytest

    from tests.fix_records import Project

INCIDENT = Incident(
    id="INC-1",
    title="orders fail",
    severity=Severity.CRITICAL,
    opened=NOW - timedelta(hours=2),
    service="shop",
    environment="production",
    deployment="r1",
    room="inc",
    impact="data",
    checks=("flows.flow[pay]",),
    timeline=(
        Entry(at=NOW - timedelta(hours=2), text="detected: WATCH", kind="detected"),
        Entry(at=NOW - timedelta(hours=1), text="cause: a lock", by="Ana"),
        Entry(at=NOW - timedelta(hours=1), text="action: an index - Owner: Bo - Due: Friday", by="Ana"),
    ),
)


def test_a_post_mortem_has_its_parts(project: Project) -> None:
    """Timeline, cause and action items are filled from notes; what nobody wrote says how to write it."""
    material = replace(project.material("incident"), answers=Answers(incidents=(INCIDENT,), recorded=True))
    report = report_of("incident", material)
    titles = [section.title for section in report.sections]
    assert ["Timeline", "Root Cause", "Resolution", "Prevention", "Action Items"] == titles[1:]
    assert ["a lock"] == [line.label for line in report.sections[2].lines]
    assert (Mark.OPEN, True) == (report.sections[5].lines[0].mark, "Owner: Bo" in report.sections[5].lines[0].label)
    assert 'deploycheck incident note "prevention: …"' in text(report)
    assert "CRITICAL" in text(report)


def test_a_deployment_is_signed_off(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sign-off needs no [[attest]], but the deployment that it is about."""
    project.hours(1)
    monkeypatch.chdir(project.folder)
    assert 4 == main(["attest", "sign-off", "--by", "Ana"])
    assert 0 == main(["attest", "sign-off", "--by", "Ana", "--deploy-id", "r1"])
    capsys.readouterr()
    report = report_of("sign-off", project.material("sign-off"))
    assert "Ana" == next(line for line in report.lines if line.label == "Deployment completed by").value
