"""From what the history knows to the board: the verdict's own judgements beside what earlier looks measured. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.board.looks import looks_of, pace_now
from pytest_deploycheck.board.panels import EMPTY, Own, panel_of
from pytest_deploycheck.board.view import Alert, Arrow, Board, Pace, Panel, Row, Source, Trouble
from pytest_deploycheck.history.values import STATUS
from pytest_deploycheck.judgement.judge import is_ignored
from pytest_deploycheck.judgement.trend import mann_kendall
from pytest_deploycheck.reporting.base import (
    condition_text,
    counts_in,
    level_of,
    one_line,
    readings_worst_first,
    reason_of,
    value_text,
    worst_first,
)
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pytest_deploycheck.board.view import Look
    from pytest_deploycheck.history.values import Point, RunRow
    from pytest_deploycheck.model import CheckResult, Deployment, Measurement, Reading, RunRecord

Series = dict[tuple[str, str], tuple["Point", ...]]

RECENT: Final = timedelta(hours=1)
MOST_ALERTS: Final = 5
MOST_TROUBLES: Final = 10
FEWEST_FOR_TREND: Final = 6
TREND_ALPHA: Final = 0.01
STATUS_SCALE: Final = (0.0, float(Status.FAIL.rank))
_FOUND: Final = frozenset({Status.WARN, Status.FAIL})
_WORDS: Final[Mapping[Status, str]] = {
    Status.PASS: "ok",
    Status.INCONCLUSIVE: "unknown",
    Status.ERROR: "error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was read from the history: runs the newest first, the newest whole record, and the series of its checks."""

    deployment: Deployment
    service: str
    target: str
    phase: str
    runs: tuple[RunRow, ...] = ()
    record: RunRecord | None = None
    series: Series = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    alerts: tuple[Alert, ...] | None = ()
    own: tuple[Own, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def board_of(seen: Seen, now: datetime) -> Board:
    """Return the board as it stands at ``now``; what passes by itself (countdowns, ages) the renderers work out."""
    looks = looks_of(seen.runs, seen.pace, now)
    board = Board(
        service=one_line(seen.service),
        target=one_line(seen.target),
        deployment=seen.deployment,
        phase=one_line(seen.phase),
        pace=pace_now(seen.pace, now),
        looks=looks,
        panels=_panels(seen, looks),
        alerts=(seen.alerts or ())[:MOST_ALERTS],
        alerts_known=seen.alerts is not None,
        links=seen.links,
        notes=tuple(one_line(note) for note in seen.notes),
    )
    record = seen.record
    if record is None:
        return board
    return replace(
        board,
        tick=record.tick,
        decision=record.verdict.decision,
        rule=one_line(record.verdict.rule),
        summary=one_line(record.verdict.summary),
        looked=record.run.finished_at,
        took=record.run.seconds,
        troubles=troubles_of(record, seen.series, now),
        sources=sources_of(record),
        notes=(*(one_line(note) for note in record.run.notes), *board.notes),
    )


def _panels(seen: Seen, looks: Sequence[Look]) -> tuple[Panel, ...]:
    own = {panel.title: "none of its checks was due" for panel in seen.own}
    titles = {**own, **EMPTY}
    rows: dict[str, list[Row]] = {title: [] for title in titles}
    if seen.record is not None:
        labels = _labels(seen.record)
        for check in worst_first(seen.record.checks):
            rows[panel_of(check, seen.own)].append(row_of(check, labels[check.id], seen.series, looks))
    return tuple(
        Panel(title=one_line(title), rows=tuple(sorted(rows[title], key=_order)), empty=empty)
        for title, empty in titles.items()
    )


def _order(row: Row) -> tuple[bool, bool]:
    """What is not good comes first, then what has numbers; the order of :func:`worst_first` otherwise stays."""
    return row.status is Status.PASS or not row.counts, row.scale is not None


def _labels(record: RunRecord) -> dict[str, str]:
    """Return what each check is called: its title, or its id where several have the same title."""
    shared = Counter(check.title for check in record.checks)
    return {
        check.id: one_line(check.title if check.title and shared[check.title] == 1 else _short_id(check.id))
        for check in record.checks
    }


def _short_id(check: str) -> str:
    return check.partition(".")[2] or check


def row_of(check: CheckResult, label: str, series: Series, looks: Sequence[Look]) -> Row:
    """Return the row of a check: its status and level are the verdict's, its history that of its worst number."""
    reading = _shown(check)
    row = Row(
        check=check.id,
        label=label,
        status=check.status,
        level=level_of(check).value if check.status in _FOUND else _WORDS[check.status],
        reason=reason_of(check),
        action=one_line(check.action or ""),
        counts=counts_in(check) and not (reading is not None and is_ignored(reading.judgement)),
    )
    if reading is None or not _is_number(reading.measurement):
        return replace(
            row,
            value=_value(reading),
            history=_history(series.get((check.id, STATUS), ()), looks),
            scale=STATUS_SCALE,
            condition="" if reading is None else condition_text(reading.judgement),
        )
    found = _history(series.get((check.id, reading.measurement.metric), ()), looks)
    return replace(
        row,
        value=_value(reading),
        history=found,
        arrow=arrow_of(found),
        n=reading.measurement.n,
        condition=condition_text(reading.judgement),
        more=len(check.readings) - 1,
    )


def _shown(check: CheckResult) -> Reading | None:
    """Return the reading that stands for a check: the worst, of equally bad ones the first with a number."""
    listed = readings_worst_first(check)
    worst = [each for each in listed if each.judgement.status is listed[0].judgement.status]
    return next((each for each in worst if _is_number(each.measurement)), worst[0] if worst else None)


def _is_number(measurement: Measurement) -> bool:
    return isinstance(measurement.value, int | float) and not isinstance(measurement.value, bool)


def _value(reading: Reading | None) -> str:
    if reading is None:
        return ""
    measured = reading.measurement
    if measured.value is None and reading.judgement.status is Status.PASS:
        return ""  # a question whose answer is no number
    text = value_text(measured, reading.judgement.condition)
    return f"≥ {text}" if measured.lower_bound else text


def _history(points: Sequence[Point], looks: Sequence[Look]) -> tuple[float | None, ...]:
    """Return one value for each look: None where nobody looked, the look was lost, or it had no data."""
    values = {point.run: point.value for point in points}
    return tuple(None if look.decision is None or look.run is None else values.get(look.run) for look in looks)


def arrow_of(values: Sequence[float | None]) -> Arrow:
    """Return where a number is going, by the Mann-Kendall test; unknown before six looks."""
    known = [value for value in values if value is not None]
    if len(known) < FEWEST_FOR_TREND:
        return Arrow.UNKNOWN
    if mann_kendall(known)[1] <= TREND_ALPHA:
        return Arrow.UP
    return Arrow.DOWN if mann_kendall([-value for value in known])[1] <= TREND_ALPHA else Arrow.STEADY


def troubles_of(record: RunRecord, series: Series, now: datetime) -> tuple[Trouble, ...]:
    """Return what was measured as bad, or could not be measured, within the last hour; the newest first."""
    found = []
    labels = _labels(record)
    for check in record.checks:
        looks = [point for point in series.get((check.id, STATUS), ()) if point.at >= now - RECENT]
        bad = [point for point in looks if _status(point) in {*_FOUND, Status.ERROR}]
        if bad:
            found.append(
                Trouble(
                    at=bad[-1].at,
                    label=labels[check.id],
                    status=max(_status(point) for point in bad),
                    bad=len(bad),
                    looks=len(looks),
                    lasts=bad[-1] is looks[-1],
                )
            )
    return tuple(sorted(found, key=lambda each: (not each.lasts, -each.at.timestamp(), -each.status.rank, each.label)))[
        :MOST_TROUBLES
    ]


def _status(point: Point) -> Status:
    rank = 0 if point.value is None else int(point.value)
    return next((status for status in Status if status.rank == rank), Status.ERROR)


def sources_of(record: RunRecord) -> tuple[Source, ...]:
    """Return what was asked; a check without a measurement is counted where its kind of check asks."""
    answered: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    usual = {_room(check): name for check in record.checks if (name := _source(check))}
    for check in record.checks:
        name = _source(check) or (usual.get(_room(check), _room(check)) if check.status is Status.ERROR else "")
        if name:
            (failed if check.status is Status.ERROR else answered)[name] += 1
    names = sorted({*answered, *failed}, key=lambda name: (-failed[name], name))
    return tuple(Source(name=one_line(name), answered=answered[name], failed=failed[name]) for name in names)


def _source(check: CheckResult) -> str:
    return next((reading.measurement.source for reading in check.readings if reading.measurement.source), "")


def _room(check: CheckResult) -> str:
    return check.id.partition(".")[0]
