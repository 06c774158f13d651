"""The board as a web page: one document, everything escaped, sparklines as inline SVG. Pure."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.board import wording
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pytest_deploycheck.board.view import Board, Panel, Row

REFRESH: Final = 5
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_WIDTH: Final = 120
_HEIGHT: Final = 24


def asset(name: str) -> str:
    """Return the style or the script of the page."""
    return files("pytest_deploycheck.board").joinpath("assets", name).read_text(encoding="utf-8")


def page_html(board: Board, now: datetime) -> str:
    """Return the whole document; without scripts it loads itself again every few seconds."""
    title = escape(f"{wording.decision_word(board)} · {wording.about(board)}")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">'
        f'<title>{title}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/board.css">'
        f'<noscript><meta http-equiv="refresh" content="{REFRESH}"></noscript>'
        f'<script src="/board.js" defer></script></head><body data-refresh="{REFRESH}">'
        f'<main id="board">{board_html(board, now)}</main>'
        '<p id="lost" role="status" hidden>The page cannot be loaded anew: what it shows may be old.</p>'
        "</body></html>"
    )


def problem_html(problem: str) -> str:
    """Return what stands in place of a board that cannot be made."""
    return f'<h1 class="decision unknown">No board</h1><p>{escape(problem)}</p>'


def board_html(board: Board, now: datetime) -> str:
    """Return what is loaded anew again and again."""
    word = board.decision.value.lower().replace("_", "-") if board.decision else "none"
    elapsed, planned = wording.progress(board, now)
    bar = (
        "" if not planned else f'<progress max="{planned:.0f}" value="{elapsed:.0f}">{elapsed / planned:.0%}</progress>'
    )
    head = (
        f'<header class="verdict decision-{word}"><h1>{escape(wording.decision_word(board))}</h1>'
        f"<p>{escape(wording.summary_text(board))}</p>"
        f"<p>{escape(wording.about(board))} <span>{escape(board.target)}</span></p></header>"
        f'<section class="pace"><p><strong>{escape(board.phase)}</strong> {bar} '
        f"{escape(wording.progress_text(board, now))}</p>"
        f"<p><strong>{escape(wording.next_text(board, now))}</strong>, {escape(wording.last_text(board, now))}</p>"
        f"<p>{spark_svg(wording.looks_values(board), wording.BADNESS_SCALE, wording.looks_text(board))} "
        f"{escape(wording.looks_text(board))}</p></section>"
    )
    panels = "".join(_panel(panel) for panel in board.panels)
    troubles = _list(
        "Last hour",
        [(wording.time_text(each.at), wording.trouble_text(each)) for each in board.troubles],
        wording.NO_TROUBLES,
    )
    told = wording.NO_ALERTS if board.alerts_known else wording.ALERTS_UNKNOWN
    alerts = _list(
        "Last alerts", [(wording.time_text(each.at), wording.alert_text(each)) for each in board.alerts], told
    )
    sources = _list("Sources", [("", wording.source_text(each)) for each in board.sources], wording.NO_SOURCES)
    links = "".join(f'<a href="{escape(url)}" rel="noreferrer">{escape(name)}</a> ' for name, url in board.links)
    notes = "".join(f"<p>note: {escape(note)}</p>" for note in board.notes)
    foot = f"<footer>{notes}<p>{links}</p><p>{now:%Y-%m-%d %H:%M:%S} UTC. This page only shows.</p></footer>"
    return f'{head}<div class="panels">{panels}{troubles}{alerts}{sources}</div>{foot}'


def spark_svg(values: Sequence[float | None], scale: tuple[float, float] | None, title: str) -> str:
    """Return bars from old to new; a missing look is a dot on the ground line, never a bar."""
    known = [value for value in values if value is not None]
    if not values:
        return ""
    low, high = scale or (min(known, default=0.0), max(known, default=0.0))
    step = _WIDTH / max(len(values), 20)
    marks = []
    for index, value in enumerate(values):
        left = _WIDTH - (len(values) - index) * step
        if value is None:
            marks.append(f'<circle class="gap" cx="{left + step / 2:.1f}" cy="{_HEIGHT - 2}" r="1"/>')
            continue
        steady = high - low <= 0.02 * max(abs(high), abs(low))  # as on the terminal
        share = 0.0 if steady else (min(max(value, low), high) - low) / (high - low)
        height = 3 + share * (_HEIGHT - 3)
        marks.append(
            f'<rect x="{left:.1f}" y="{_HEIGHT - height:.1f}" width="{max(step - 1, 1):.1f}" height="{height:.1f}"/>'
        )
    return (
        f'<svg class="spark" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(marks)}</svg>"
    )


def _panel(panel: Panel) -> str:
    beside = escape(wording.panel_text(panel))
    if not panel.rows:
        return f'<section class="panel"><h2>{escape(panel.title)}</h2><p class="empty">{beside}</p></section>'
    rows = "".join(_row(row) for row in panel.rows)
    return f'<section class="panel"><h2>{escape(panel.title)} <small>{beside}</small></h2><ul>{rows}</ul></section>'


def _row(row: Row) -> str:
    reason = wording.row_reason(row)
    arrow = wording.ARROWS[row.arrow]
    trend = f'<span title="{row.arrow.value}">{arrow}</span>'
    count = "" if row.n is None else f"n={row.n}"
    known = sum(value is not None for value in row.history)
    label = f"{known} of {len(row.history)} looks"
    why = f'<span class="why">{escape(reason)}</span>' if reason else ""
    condition = f'<span class="condition">{escape(row.condition)}</span>' if row.condition and not reason else ""
    return (
        f'<li class="{_CLASSES[row.status]}" data-check="{escape(row.check)}">'
        f'<span class="level">{escape(row.level)}</span>'
        f'<span class="label">{escape(row.label)}</span><span class="value">{escape(row.value)}</span>'
        f'{spark_svg(row.history, row.scale, label) or "<span></span>"}<span class="trend">{trend}</span>'
        f'<span class="n">{count}</span>{why}{condition}</li>'
    )


def _list(title: str, lines: Iterable[tuple[str, str]], empty: str) -> str:
    listed = "".join(f"<li><time>{escape(time)}</time> {escape(text)}</li>" for time, text in lines)
    body = f'<ul class="lines">{listed}</ul>' if listed else f'<p class="empty">{escape(empty)}</p>'
    return f'<section class="panel"><h2>{escape(title)}</h2>{body}</section>'


_CLASSES: Final = {
    Status.PASS: "good",
    Status.WARN: "warn",
    Status.INCONCLUSIVE: "unknown",
    Status.ERROR: "error",
    Status.FAIL: "bad",
}
