"""Checklists ticked by the history's runs of a deployment and by people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck import attestations
from pytest_deploycheck.model import Attestation
from pytest_deploycheck.records.checklists import NAMES, checklist, matches
from pytest_deploycheck.records.gathering import gather
from pytest_deploycheck.records.model import Mark
from pytest_deploycheck.records.rendering.registry import FORMATS
from tests.fix_records import DEPLOYED, NOW, SETTINGS, check, project_in

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pytest_deploycheck.records.model import Line
    from tests.fix_records import Project


def ticked(project: Project, name: str, now: datetime = NOW) -> dict[str, Line]:
    """Return the lines of a checklist by their words."""
    material = gather("checklist", project.settings, project.history, now=now)
    return {line.label: line for line in checklist(name, material).lines}


def say(project: Project, answer: str = "yes", **more: object) -> None:
    """Answer about the tests in staging."""
    said = Attestation(id="staging-tests", by="Ana", at=NOW - timedelta(hours=1), deployment="r1", answer=answer)
    attestations.append(project.folder / "reports", replace(said, **more))  # type: ignore[arg-type]  # its own fields


def test_the_machine_ticks_what_it_has_done(project: Project) -> None:
    """Flows that passed are ticked with their number; failed ones are not, and name the check; others stay open."""
    project.run(check("flows.flow[pay]"), check("flows.flow[login]"), check("logs.errors[app]", "FAIL"), at=NOW, tick=1)
    found = ticked(project, "first-15-minutes", NOW + timedelta(minutes=1))
    assert (Mark.DONE, "2 of 2 checks") == (found["Critical flows tested"].mark, found["Critical flows tested"].value)
    assert (Mark.FAILED, "FAIL: logs.errors[app]") == (found["No errors in logs"].mark, found["No errors in logs"].note)
    assert Mark.OVERDUE is found["Metrics normal"].mark


def test_the_newest_look_ticks(project: Project) -> None:
    """What failed first and passes now is ticked."""
    project.run(check("flows.flow[pay]", "FAIL"), at=DEPLOYED + timedelta(minutes=1), tick=1)
    project.run(check("flows.flow[pay]"), at=DEPLOYED + timedelta(minutes=6), tick=2)
    assert Mark.DONE is ticked(project, "first-15-minutes")["Critical flows tested"].mark


def test_only_runs_before_the_deployment_tick_what_is_before_it(project: Project) -> None:
    """A backup checked after the deployment is no backup before it."""
    project.run(check("backups.fresh[db]"), at=DEPLOYED + timedelta(minutes=5))
    before = ticked(project, "pre-deploy")["Backup created"].mark
    project.run(check("backups.fresh[db]"), at=DEPLOYED - timedelta(minutes=5), phase="pre-deploy")
    assert (Mark.OVERDUE, Mark.DONE) == (before, ticked(project, "pre-deploy")["Backup created"].mark)


@pytest.mark.parametrize(
    ("answer", "mark"), [("yes", Mark.DONE), ("no", Mark.FAILED), ("not-applicable", Mark.NOT_APPLICABLE)]
)
def test_people_tick(project: Project, answer: str, mark: Mark) -> None:
    """An answer ticks its line, with who gave it."""
    project.hours(1)
    say(project, answer)
    line = ticked(project, "pre-deploy")["Staging tests passed"]
    assert (mark, True) == (line.mark, line.source.startswith("Ana"))


def test_an_expired_answer_is_overdue(project: Project) -> None:
    """An answer that has expired does not tick; the line says whose it was and how to answer."""
    project.hours(1)
    say(project, expires=NOW - timedelta(minutes=1))
    line = ticked(project, "pre-deploy")["Staging tests passed"]
    assert Mark.OVERDUE is line.mark
    assert "the answer of Ana has expired; deploycheck attest staging-tests --by NAME --deploy-id r1" in line.note


def test_own_lines_take_the_place_of_the_presets(tmp_path: Path) -> None:
    """A checklist of the settings is shown as it is written."""
    own = '\n[[checklist]]\nphase = "first-hour"\nlines = [{ label = "Payments work", checks = ["flows.*"] }]\n'
    project = project_in(tmp_path, SETTINGS + own)
    with project.history:
        project.run(check("flows.flow[pay]"), at=NOW)
        assert {"Payments work": Mark.DONE} == {
            label: line.mark for label, line in ticked(project, "first-hour", NOW + timedelta(minutes=1)).items()
        }


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_every_format_has_every_list(project: Project, form: str) -> None:
    """All lists stand in one report, also before anything was done."""
    material = gather("checklist", project.settings, project.history, now=NOW)
    found = FORMATS[form](checklist("all", material))
    assert len(NAMES) == sum(
        title in found for title in ("Pre-Deployment", "15 Minutes", "Hour", "24 Hours", "Sign-off")
    )


@pytest.mark.parametrize(
    ("pattern", "check_id", "fits"),
    [
        ("logs.*", "logs.errors[app]", True),
        ("logs.*", "xlogs.errors", False),
        ("metrics.metric[*memory*", "metrics.metric[host-memory]", True),
        ("a*a", "a", False),
        ("a.b", "a.b", True),
        ("a.b", "a.bc", False),
        ("a[b]*", "a[b]c", True),
    ],
)
def test_only_a_star_is_special(pattern: str, check_id: str, fits: bool) -> None:  # noqa: FBT001  # a table's column
    """Brackets in ids mean themselves."""
    assert fits is matches(pattern, check_id)
