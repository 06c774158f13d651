"""The records of routines over a history that simulated runs have filled."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck import attestations
from pytest_deploycheck.errors import RecordsError
from pytest_deploycheck.model import Attestation
from pytest_deploycheck.records.catalogue import KINDS, report_of
from pytest_deploycheck.records.model import Mark
from pytest_deploycheck.records.rendering.registry import FORMATS
from tests.fix_records import NOW, check

if TYPE_CHECKING:
    from pytest_deploycheck.records.model import Line, Report
    from tests.fix_records import Project


def line(report: Report, label: str) -> Line:
    """Return the first line of that name."""
    return next(each for each in report.lines if each.label == label)


def made(project: Project, name: str, **more: str) -> Report:
    """Return a report as of now."""
    return report_of(name, project.material(name, **more))


@pytest.mark.parametrize("name", sorted(KINDS))
@pytest.mark.parametrize("form", sorted(FORMATS))
def test_an_empty_history_names_what_is_missing(project: Project, name: str, form: str) -> None:
    """Without a single run every record can be made, in every format, and is not good."""
    report = made(project, name)
    assert (True, True) == (report.mark is not Mark.MET, bool(FORMATS[form](report)))


def test_daily_has_the_five_sections(project: Project) -> None:
    """The daily health check has its sections, four of them with their minutes, and red flags."""
    project.hours(24)
    found = [(section.title, section.minutes) for section in made(project, "daily").sections]
    assert [
        ("1. System Status", 5),
        ("2. Performance Review", 10),
        ("3. Business Metrics", 5),
        ("4. Issues Review", 10),
        ("5. Planned Actions", None),
        ("Red Flags (Investigate immediately)", None),
    ] == found[:6]


def test_a_kpi_that_is_missed_says_so_beside_its_value(project: Project) -> None:
    """A success rate of 97.2 % against a target of 99 % is missed (X-10), with n and where it is from."""
    project.hours(24)
    found = line(made(project, "weekly"), "Success rate")
    assert ("97.2 %", "> 99 %", Mark.MISSED, 24) == (found.value, found.target, found.mark, found.n)
    assert "metrics.metric[success]: mean of 24 looks, weighted by 960 samples" == found.source


def test_uptime_that_looks_cannot_prove_is_unknown(project: Project) -> None:
    """24 good looks are 100 %, and no proof of 99.9 % (X-40)."""
    project.hours(24)
    found = line(made(project, "daily"), "Uptime")
    assert ("100.000 %", Mark.UNKNOWN, True) == (found.value, found.mark, found.note.startswith("not proved"))


def test_downtime_misses_the_target_and_missed_looks_are_unknown(project: Project) -> None:
    """An hour down misses 99.9 %; the hours in which nobody looked count as unknown."""
    project.hours(24, bad=frozenset({5}), missed=frozenset({9, 10}))
    found = line(made(project, "daily"), "Uptime")
    assert (Mark.MISSED, 22, True) == (found.mark, found.n, "2 looks missed" in found.note)


def test_red_flags_and_pending_actions(project: Project) -> None:
    """What fails now is a red flag with its reason, and its action is to do."""
    project.run(check("flows.flow[pay]", "FAIL"), at=NOW - timedelta(hours=1))
    report = made(project, "daily")
    assert (Mark.FAILED, "beyond 5 of 17") == (
        line(report, "flows.flow[pay]").mark,
        line(report, "flows.flow[pay]").note,
    )
    assert Mark.OPEN is line(report, "look at the log").mark


def test_success_criteria_wait_for_people(project: Project) -> None:
    """Satisfaction is unknown until somebody says a number, then it is compared with its target."""
    project.hours(24)
    before = line(made(project, "success"), "User satisfaction").mark
    said = Attestation(id="satisfaction", by="Ana", at=NOW - timedelta(hours=1), deployment="r1", note="4.3 of 5")
    attestations.append(project.folder / "reports", said)
    after = line(made(project, "success"), "User satisfaction")
    assert (Mark.UNKNOWN, Mark.MET, 4.3) == (before, after.mark, after.raw)


def test_incidents_that_nobody_records_are_not_none(project: Project) -> None:
    """Without a channel there are no incidents written down: unknown, not zero."""
    project.hours(24)
    assert Mark.UNKNOWN is line(made(project, "weekly"), "Total incidents").mark
    assert Mark.UNKNOWN is line(made(project, "success"), "No critical incidents").mark


def test_the_hourly_check_knows_directions(project: Project) -> None:
    """Directions look back over earlier hours: response times that grow are rising."""
    project.hours(24)
    report = made(project, "hourly")
    assert "Hour 31 Check - 2026-03-02 12:00 UTC" == report.title
    assert ("rising", "stable") == (
        line(report, "Response time trend").value,
        line(report, "Error rate trend").value,
    )
    assert Mark.UNKNOWN is line(report, "Traffic trend").mark


def test_sign_off_has_a_status(project: Project) -> None:
    """A deployment without trouble is a success once it is signed; one that failed has issues."""
    project.hours(3)
    assert ("Success", Mark.OPEN) == (
        line(made(project, "sign-off"), "Status").value,
        line(made(project, "sign-off"), "Deployment completed by").mark,
    )
    project.run(check("flows.flow[pay]", "FAIL"), at=NOW - timedelta(minutes=5), tick=9)
    assert "Issues" == line(made(project, "sign-off"), "Status").value


def test_an_unknown_deployment_is_refused(project: Project) -> None:
    """A deployment that the history does not know is an error that names those that it knows."""
    project.hours(1)
    with pytest.raises(RecordsError, match=r"knows no deployment r7.*Known in this environment: r1"):
        project.material("sign-off", deployment="r7")


def test_times_in_the_wrong_order_are_refused(project: Project) -> None:
    """A time that ends before it begins is an error."""
    with pytest.raises(RecordsError, match="ends before it begins"):
        project.material("daily", since=NOW, until=NOW - timedelta(hours=1))
