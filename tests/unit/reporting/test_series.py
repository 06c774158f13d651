"""A metric over the last runs: which points are shown, which limits, and what was usual before the deployment."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.history import Point
from pytest_deploycheck.model import Deployment
from pytest_deploycheck.reporting.series import MOST_CANDIDATES, candidates, limits_of, series_of, worth_showing
from pytest_deploycheck.status import Severity, Status
from tests.unit.reporting.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.model import RunRecord
    from pytest_deploycheck.reporting.series import Series
    from tests.unit.reporting.conftest import MakeCheck

DEPLOYMENT = Deployment(id="r1", deployed_at=NOON)


def points(*minutes: float, value: float | None = 1.0, unit: str = "s") -> list[Point]:
    """Return points at minutes after noon."""
    return [
        Point(at=NOON + timedelta(minutes=each), value=value, n=20, unit=unit, run=1, check="c") for each in minutes
    ]


def drawn(make_check: MakeCheck, found: list[Point], deployment: Deployment = DEPLOYMENT) -> Series:
    """Return the series of a check in seconds."""
    check = make_check()
    return series_of(check, check.readings[0], found, deployment)


@pytest.mark.parametrize(
    ("ladder", "unit", "baseline", "expected"),
    [
        ("medium > 1 %, critical > 5 %", "%", None, [("medium", 1.0), ("critical", 5.0)]),
        ("high outside 10..20", "", None, [("high", 10.0), ("high", 20.0)]),
        ("low > +10 % of baseline, medium > 200 ms", "s", None, [("medium", 0.2)]),
        ("low > +10 % of baseline", "s", 2.0, [("low", 2.2)]),
        ("medium > 80 % of capacity", "", None, []),
        ('critical == "down"', "", None, []),
        ("> nonsense", "", None, []),
        ("", "", None, []),
    ],
)
def test_limits_are_read_from_the_ladder(
    ladder: str, unit: str, baseline: float | None, expected: list[tuple[str, float]]
) -> None:
    """A limit without a place in the picture is left out, never guessed."""
    assert expected == [(limit.level, round(limit.at, 9)) for limit in limits_of(ladder, unit, baseline)]


def test_a_level_that_was_reached_is_a_limit(make_check: MakeCheck) -> None:
    """A finding names only its own condition; the level stands beside it."""
    check = make_check(status=Status.FAIL, judged={"severity": Severity.CRITICAL, "condition": "> 2 s"})
    (limit,) = series_of(check, check.readings[0], (), DEPLOYMENT).limits
    assert ("critical", 2.0, "> 2 s") == (limit.level, limit.at, limit.text)


def test_as_much_before_the_deployment_as_after_it(make_check: MakeCheck) -> None:
    """Two hours after the deployment two hours before it are shown; older points only when there are few."""
    many = drawn(make_check, points(-600, -110, -100, -90, 0, 60, 120))
    few = drawn(make_check, points(-700, -600, 120))
    assert -110 == (many.points[0].at - NOON).total_seconds() / 60
    assert 3 == len(few.points)


def test_the_band_needs_three_values(make_check: MakeCheck) -> None:
    """Two points are no range; nor are points after the deployment, or a deployment at an unknown time."""
    early = [point for value in (1.0, 3.0, 2.0) for point in points(-value, value=value)]
    assert (1.0, 3.0) == drawn(make_check, sorted(early, key=lambda point: point.at)).band
    assert None is drawn(make_check, early[:2]).band
    assert None is drawn(make_check, early, Deployment(id="r1", deployed_at=NOON, deployed_at_known=False)).band


def test_another_unit_is_another_series(make_check: MakeCheck) -> None:
    """Milliseconds are not drawn beside seconds."""
    assert 1 == len(drawn(make_check, points(1) + points(2, unit="ms")).points)


def test_what_never_moved_gets_no_chart(make_check: MakeCheck) -> None:
    """A good metric with one value is a name in a sentence, one point alone is nothing yet."""
    still = drawn(make_check, points(1, 2))
    moving = drawn(make_check, points(1) + points(2, value=2.0))
    assert ((moving,), (still,)) == worth_showing([still, moving, drawn(make_check, points(1))])


def test_the_evidence_is_drawn_first(make_record: Callable[..., RunRecord], make_check: MakeCheck) -> None:
    """What decided, then what is worst; never more than a fixed number."""
    checks = [make_check(f"c{number}") for number in range(99)]
    bad = make_check("flows.works[checkout]", status=Status.FAIL)
    found = list(candidates(make_record(checks=(*checks, bad))))
    assert ("flows.works[checkout]", MOST_CANDIDATES) == (found[0][0].id, len(found))
