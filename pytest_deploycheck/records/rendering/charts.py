"""Charts as inline SVG that need no script and no network; colours are variables of the page, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.reporting.html.base import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_deploycheck.records.model import Chart

_WIDTH: Final = 640
_HEIGHT: Final = 200
_LEFT: Final = 64
_BOTTOM: Final = 28
_TOP: Final = 12
_LABELS: Final = 8


def svg(chart: Chart) -> str:
    """Return the chart; empty when no point has a value."""
    values = [value for _, value in chart.points if value is not None]
    if not values:
        return ""
    limits = [value for _, value in chart.limits]
    low, high = min(0.0, *values, *limits), max(0.0, *values, *limits)
    high = high if high > low else low + 1
    scale = _Scale(low, high, len(chart.points))
    body = "".join((*_axes(chart, scale), *_LINES[chart.kind](chart, scale), *_limits(chart, scale)))
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escaped(chart.title)}">'
        f"<title>{escaped(chart.title)}</title>{body}</svg>"
    )


class _Scale:
    """From values and places to pixels."""

    def __init__(self, low: float, high: float, count: int) -> None:
        self.low, self.high, self.count = low, high, max(count, 1)
        self.step = (_WIDTH - _LEFT - 8) / self.count

    def x(self, place: float) -> float:
        """Return the middle of a place."""
        return _LEFT + (place + 0.5) * self.step

    def y(self, value: float) -> float:
        """Return the height of a value."""
        room = _HEIGHT - _TOP - _BOTTOM
        return _TOP + room * (1 - (value - self.low) / (self.high - self.low))


def _axes(chart: Chart, scale: _Scale) -> Iterator[str]:
    for value in (scale.low, (scale.low + scale.high) / 2, scale.high):
        y = scale.y(value)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_short(value)}</text>'
    every = max(1, -(-len(chart.points) // _LABELS))
    for place, (name, _) in enumerate(chart.points):
        if place % every == 0:
            yield f'<text x="{scale.x(place):.1f}" y="{_HEIGHT - 8}" text-anchor="middle">{escaped(name)}</text>'
    for name, words in chart.marks:
        found = next((place for place, (point, _) in enumerate(chart.points) if point >= name), None)
        if found is not None:
            x = scale.x(found)
            yield f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>'
            yield f'<text x="{x + 4:.1f}" y="{_TOP + 8}">{escaped(words)}</text>'


def _bars(chart: Chart, scale: _Scale) -> Iterator[str]:
    zero = scale.y(0.0)
    for place, (name, value) in enumerate(chart.points):
        if value is None:
            continue
        top, width = min(scale.y(value), zero), max(scale.step * 0.8, 1)
        yield (
            f'<rect class="bar" x="{scale.x(place) - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" '
            f'height="{max(abs(zero - scale.y(value)), 0.5):.1f}"><title>{escaped(name)}: {_short(value)}</title>'
            "</rect>"
        )


def _lines(chart: Chart, scale: _Scale) -> Iterator[str]:
    for run in _runs([value for _, value in chart.points]):
        path = " ".join(f"{scale.x(place):.1f},{scale.y(value):.1f}" for place, value in run)
        yield f'<polyline class="line" points="{path}"/>'
        if len(run) == 1:
            yield f'<circle class="dot" cx="{scale.x(run[0][0]):.1f}" cy="{scale.y(run[0][1]):.1f}" r="2.5"/>'


def _runs(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    """Yield the stretches without a hole: a gap in the data is a gap in the line."""
    run: list[tuple[int, float]] = []
    for place, value in enumerate((*values, None)):
        if value is not None:
            run.append((place, value))
        elif run:
            yield run
            run = []


def _limits(chart: Chart, scale: _Scale) -> Iterator[str]:
    for name, value in chart.limits:
        y = scale.y(value)
        yield f'<line class="limit" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="limit-name" x="{_WIDTH - 4}" y="{y - 4:.1f}" text-anchor="end">{escaped(name)}</text>'


def _short(value: float) -> str:
    return f"{value:,.4g}"


_LINES: Final = {"line": _lines, "bars": _bars}
