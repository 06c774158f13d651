"""The charts: everything in the picture is also told in words, and nothing is drawn that was not measured."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.history import Point
from pytest_deploycheck.model import CheckResult, Deployment, Judgement, Measurement, Reading
from pytest_deploycheck.reporting.html.charts import charts_html
from pytest_deploycheck.reporting.series import Series, series_of
from pytest_deploycheck.status import Impact, Severity, Status
from tests.unit.reporting.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence

HOSTILE = "<img src=x onerror=alert(1)>"
LADDER = "medium > 1 s, critical > 2 s"


def series(
    values: Sequence[float | None], *, unit: str = "s", metric: str = "latency", ladder: str = LADDER, step: int = 5
) -> Series:
    """Return a metric looked at every few minutes, the third time at the deployment."""
    reading = Reading(
        measurement=Measurement(metric=metric, value=values[-1], unit=unit),
        judgement=Judgement(status=Status.PASS, reason="", condition=ladder, baseline=0.5),
    )
    result = CheckResult(
        id=metric, nodeid=metric, title="", severity=Severity.HIGH, impact=Impact.DATA, status=Status.PASS,
        readings=(reading,),
    )  # fmt: skip
    times = [NOON + timedelta(minutes=step * (place - 2)) for place in range(len(values))]
    points = [
        Point(at=at, value=value, n=7, unit=unit, run=1, check=metric) for at, value in zip(times, values, strict=True)
    ]
    return series_of(result, reading, points, Deployment(id="r1", deployed_at=NOON))


def pictures(html: str) -> list[ET.Element]:
    """Return the pictures, which have to be well-formed."""
    texts = re.findall("<svg.*?</svg>", html.replace("&uarr;", "^").replace("&darr;", "v"))
    return [ET.fromstring(text) for text in texts]  # noqa: S314  # the pictures are our own


def test_a_chart_shows_limits_baseline_deployment_and_the_time_before() -> None:
    """Each has its mark, its key, and its place in the words for those who do not see the picture."""
    html = charts_html([series([0.4, 0.6, 0.5, 0.7, 2.5])])
    marks = ("dc-limit-medium", "dc-limit-critical", "dc-baseline", "dc-deployed", "dc-now", "dc-key-baseline")
    assert [] == [mark for mark in marks if mark not in html]
    (title,) = (picture[0].text for picture in pictures(html))
    assert title == (
        "latency: 5 looks from 2026-01-31 11:50:00 UTC to 2026-01-31 12:10:00 UTC; lowest 400 ms, highest 2.5 s; "
        "baseline 500 ms; limits medium > 1 s, critical > 2 s"
    )


def test_the_numbers_stand_in_a_table_newest_first() -> None:
    """Time, value and samples; a look without data is there, too."""
    html = charts_html([series([0.4, None, 0.5])])
    table = html[html.index('<table class="dc-points">') :]
    assert ["12:00:00", "11:55:00", "11:50:00"] == re.findall(r"<tr><td>([\d:]+)", table)
    assert "<td>no data<td>7" in table


def test_a_gap_is_a_gap() -> None:
    """The line is broken where there was no data, and where nobody looked for long."""
    (whole,) = pictures(charts_html([series([1, 2, 3, 4, 5, 6])]))
    (broken,) = pictures(charts_html([series([1, 2, None, 4, 5, 6])]))
    strokes = [next(each.get("d", "") for each in svg if each.get("class") == "dc-stroke") for svg in (whole, broken)]
    assert [1, 2] == [stroke.count("M") for stroke in strokes]
    late = series([1, 2, 3, 4, 5, 6])
    moved = [
        Point(at=p.at + timedelta(hours=9), value=p.value, n=1, unit="s", run=1, check="c") for p in late.points[4:]
    ]
    (paused,) = pictures(
        charts_html(
            [series_of(late.result, late.reading, [*late.points[:4], *moved], Deployment(id="r", deployed_at=NOON))]
        )
    )
    assert 2 == next(each.get("d", "") for each in paused if each.get("class") == "dc-stroke").count("M")


def test_a_far_limit_does_not_press_the_data_flat() -> None:
    """It stands at the edge with an arrow."""
    html = charts_html([series([1.0, 2.0, 1.5], ladder="high > 50 h")])
    assert "&uarr; high &gt; 50 h" in html
    assert '<path class="dc-limit' not in html


def test_nothing_measured_twice_is_no_section() -> None:
    """The first run of a service has no heading without pictures."""
    assert "" == charts_html([])
    assert "" == charts_html([series([1.0])])


def test_without_any_value_there_is_a_sentence() -> None:
    """A check that never had data gets no empty axes."""
    bad = series([None, None])
    html = charts_html([bad, series([1, 2, 3])])
    assert 1 == len(pictures(html))


def test_nothing_from_outside_becomes_markup() -> None:
    """A metric may be called anything."""
    html = charts_html([series([1, 2, 3], metric=HOSTILE, unit=HOSTILE)])
    assert "<img" not in html
    assert 1 == len(pictures(html))


@given(
    st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), min_size=2, max_size=9),
    st.sampled_from(["", "s", "%", "B", "1/s", "apples"]),
)
def test_every_series_has_a_picture_within_its_frame(values: list[float | None], unit: str) -> None:
    """Whatever was measured, no place is outside the frame, and the page stays well-formed."""
    for picture in pictures(charts_html([series(values, unit=unit, ladder="high > 5")])):
        dots = next(each.get("d", "") for each in picture if each.get("class") == "dc-dots")
        places = [tuple(map(float, dot.split())) for dot in re.findall(r"M(\S+ \S+?)h0", dots)]
        assert sum(value is not None for value in values) == len(places)
        assert [] == [(x, y) for x, y in places if not (62 <= x <= 372 and 12 <= y <= 150)]
