"""Charts of judged metrics as inline SVG, each with its numbers in a table; a pure renderer."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.reporting.base import moment_text, quantity_text, value_text
from pytest_deploycheck.reporting.html.base import anchor, breakable, chip, escaped
from pytest_deploycheck.reporting.html.scale import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale, scale_of, ticks
from pytest_deploycheck.reporting.series import worth_showing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_deploycheck.history import Point
    from pytest_deploycheck.reporting.series import Limit, Series

MOST_ROWS: Final = 24
MOST_STILL: Final = 30
_LONG: Final = 6
"""A pause this many times as long as usual is a gap."""
_LINE: Final = 13
_HOURS: Final = 20 * 3600
_MINUTES: Final = 600


def charts_html(found: Iterable[Series]) -> str:
    """Return the section of all charts; empty when nothing was measured twice."""
    shown, still = worth_showing(found)
    if not shown:
        return ""
    figures = "".join(_figure(series, number) for number, series in enumerate(shown, 1))
    return (
        '<section class="dc" id="dc-time" aria-labelledby="dc-over-time"><h2 id="dc-over-time">Over time</h2>'
        f'{_key(shown)}<div class="dc-charts">{figures}</div>{_still(still)}</section>'
    )


def _key(shown: Sequence[Series]) -> str:
    parts = (
        ("limit", "limit", any(each.limits for each in shown)),
        ("deployed", "deployment", any(each.deployed_at is not None for each in shown)),
        ("baseline", "baseline", any(each.baseline is not None for each in shown)),
        ("band", "range before the deployment", any(each.band is not None for each in shown)),
        ("none", "no data", any(point.value is None for each in shown for point in each.points)),
    )
    words = "".join(f'<li><i class="dc-key dc-key-{name}"></i>{text}</li>' for name, text, there in parts if there)
    return f'<ul class="dc-legend" aria-hidden="true">{words}</ul>' if words else ""


def _still(still: Sequence[Series]) -> str:
    if not still:
        return ""
    names = ", ".join(breakable(each.reading.measurement.metric) for each in still[:MOST_STILL])
    more = f" and {len(still) - MOST_STILL:,} more" if len(still) > MOST_STILL else ""
    head = "1 metric stayed" if len(still) == 1 else f"{len(still):,} metrics stayed"
    return f"<details><summary>{head} at one good value</summary><p>{names}{more}</p></details>"


def _figure(series: Series, number: int) -> str:
    result, measured, judged = series.result, series.reading.measurement, series.reading.judgement
    scale = scale_of(series)
    picture = (
        '<p class="dc-muted">No value was ever measured.</p>' if scale is None else _picture(series, scale, number)
    )
    return (
        f'<figure data-status="{result.status}" data-severity="{result.severity}" data-impact="{result.impact}"'
        f' data-check="{anchor(result.id)}">'
        f'<figcaption><a href="#{anchor(result.id)}">{breakable(measured.metric)}</a> '
        f"<b>{escaped(value_text(measured, judged.condition))}</b> {chip(judged.status)}"
        f"</figcaption>{picture}{_table(series)}</figure>"
    )


def _picture(series: Series, scale: Scale, number: int) -> str:
    layers = (
        _band(series, scale),
        _grid(series, scale),
        _deployment(series, scale),
        _baseline(series, scale),
        _limits(series.limits, scale),
        _line(series.points, scale),
        _times(scale),
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="dc-svg-{number}">'
        f'<title id="dc-svg-{number}">{escaped(_summary(series))}</title>{"".join(layers)}</svg>'
    )


def _summary(series: Series) -> str:
    """Return what the picture shows in one sentence, for those who cannot see it."""
    metric, unit = series.reading.measurement.metric, series.reading.measurement.unit
    values = [point.value for point in series.points if point.value is not None]
    missing = len(series.points) - len(values)
    first, last = series.points[0].at, series.points[-1].at
    parts = [
        f"{metric}: {len(series.points)} looks from {moment_text(first)} to {moment_text(last)}",
        f"lowest {quantity_text(min(values), unit)}, highest {quantity_text(max(values), unit)}",
        f"{missing} without data" if missing else "",
        f"baseline {quantity_text(series.baseline, unit)}" if series.baseline is not None else "",
        "limits " + ", ".join(f"{limit.level} {limit.text}" for limit in series.limits) if series.limits else "",
    ]
    return "; ".join(part for part in parts if part)


def _grid(series: Series, scale: Scale) -> str:
    lines, words = [], []
    for value, text in ticks(scale, series.reading.measurement.unit):
        y = scale.y(value)
        lines.append(f"M{LEFT} {y}H{RIGHT}")
        words.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{escaped(text)}</text>')
    return f'<path class="dc-grid" d="{"".join(lines)}"/>{"".join(words)}'


def _band(series: Series, scale: Scale) -> str:
    if series.band is None:
        return ""
    low, high = (scale.y(value) for value in series.band)
    return f'<rect class="dc-band" x="{LEFT}" width="{RIGHT - LEFT}" y="{high}" height="{max(low - high, 2):.1f}"/>'


def _baseline(series: Series, scale: Scale) -> str:
    if series.baseline is None or not scale.shows(series.baseline):
        return ""
    return f'<path class="dc-baseline" d="M{LEFT} {scale.y(series.baseline)}H{RIGHT}"/>'


def _deployment(series: Series, scale: Scale) -> str:
    at = series.deployed_at
    if at is None or not scale.first <= at <= scale.last:
        return ""
    x = scale.x(at)
    side = ("end", x - 4) if x > (LEFT + RIGHT) / 2 else ("start", x + 4)
    word = f'<text x="{side[1]:.1f}" y="{TOP - 2}" text-anchor="{side[0]}">deployed</text>'
    return f'<path class="dc-deployed" d="M{x} {TOP - 8}V{BOTTOM}"/>{word}'


def _limits(limits: Sequence[Limit], scale: Scale) -> str:
    inside = [limit for limit in limits if scale.shows(limit.at)]
    lines = "".join(
        f'<path class="dc-limit dc-limit-{limit.level}" d="M{LEFT} {scale.y(limit.at)}H{RIGHT}"/>' for limit in inside
    )
    words = "".join(
        f'<text class="dc-limit-{limit.level}" x="{LEFT + 4}" y="{scale.y(limit.at) - 3:.1f}">'
        f"{escaped(limit.level)} {escaped(limit.text)}</text>"
        for limit in _apart(inside, scale)
    )
    outside = [limit for limit in limits if not scale.shows(limit.at)]
    beyond = "".join(
        f'<text class="dc-limit-{limit.level}" x="{RIGHT}" y="{_outside(limit, scale, place)}" text-anchor="end">'
        f"{'&uarr;' if limit.at > scale.high else '&darr;'} {escaped(limit.level)} {escaped(limit.text)}</text>"
        for place, limit in enumerate(outside[:2])
    )
    return lines + words + beyond


def _outside(limit: Limit, scale: Scale, place: int) -> int:
    return TOP + _LINE * (place + 1) - 2 if limit.at > scale.high else BOTTOM - _LINE * place - 4


def _apart(limits: Sequence[Limit], scale: Scale) -> list[Limit]:
    """Return the limits whose words do not cover each other, the worst ones first."""
    named: list[Limit] = []
    for limit in reversed(limits):
        if all(abs(scale.y(limit.at) - scale.y(other.at)) >= _LINE for other in named):
            named.append(limit)
    return named


def _line(points: Sequence[Point], scale: Scale) -> str:
    """Return the line through the points, broken where there was no data or nobody looked."""
    runs = [
        [(scale.x(point.at), scale.y(point.value)) for point in run if point.value is not None] for run in _runs(points)
    ]
    strokes = "".join(f"M{' L'.join(f'{x} {y}' for x, y in run)}" for run in runs if len(run) > 1)
    dots = "".join(f"M{x} {y}h0" for run in runs for x, y in run)
    none = "".join(f"M{scale.x(point.at)} {BOTTOM - 6}v6" for point in points if point.value is None)
    last = next((run[-1] for run in reversed(runs) if run), None)
    now = f'<circle class="dc-now" cx="{last[0]}" cy="{last[1]}" r="4"/>' if last else ""
    gaps = f'<path class="dc-none" d="{none}"/>' if none else ""
    return f'<path class="dc-stroke" d="{strokes}"/><path class="dc-dots" d="{dots}"/>{gaps}{now}'


def _runs(points: Sequence[Point]) -> list[list[Point]]:
    """Return the points in groups without a gap."""
    pauses = [(after.at - before.at).total_seconds() for before, after in pairwise(points)]
    usual = median(pauses) if pauses else 0.0
    groups: list[list[Point]] = [[]]
    for point, pause in zip(points, [0.0, *pauses], strict=True):
        if point.value is None or (usual and pause > usual * _LONG):
            groups.append([])
        if point.value is not None:
            groups[-1].append(point)
    return groups


def _times(scale: Scale) -> str:
    seconds = (scale.last - scale.first).total_seconds()
    form = "%b %d %H:%M" if seconds > _HOURS else "%H:%M:%S" if seconds < _MINUTES else "%H:%M"
    ends = ((LEFT, "start", scale.first), (RIGHT, "end", scale.last))
    words = "".join(f'<text x="{x}" y="{BOTTOM + 18}" text-anchor="{side}">{at:{form}}</text>' for x, side, at in ends)
    return f'<path class="dc-axis" d="M{LEFT} {BOTTOM}H{RIGHT}"/>{words}'


def _table(series: Series) -> str:
    """Return the points as a table, the newest first."""
    unit = series.reading.measurement.unit
    counts = Counter(f"{point.at:%Y-%m-%d}" for point in series.points)
    form = "%H:%M:%S" if len(counts) == 1 else "%Y-%m-%d %H:%M:%S"
    rows = "".join(_row(point, unit, form) for point in series.points[: -MOST_ROWS - 1 : -1])
    left = len(series.points) - MOST_ROWS
    more = f'<p class="dc-muted">and {left:,} earlier ones</p>' if left > 0 else ""
    day = f", {series.points[-1].at:%Y-%m-%d}" if len(counts) == 1 else ""
    head = f'<tr><th scope="col">UTC{day}</th><th scope="col">Value</th><th scope="col">Samples</th></tr>'
    return (
        f"<details><summary>Values</summary>"
        f'<table class="dc-points"><thead>{head}</thead><tbody>{rows}</tbody></table>{more}</details>'
    )


def _row(point: Point, unit: str, form: str) -> str:
    least = "at least " if point.lower_bound else ""
    value = "no data" if point.value is None else f"{least}{quantity_text(point.value, unit)}"
    return f"<tr><td>{point.at:{form}}<td>{escaped(value)}<td>{'' if point.n is None else f'{point.n:,}'}"
