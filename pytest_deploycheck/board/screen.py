"""The board as lines of a terminal: the same columns at every look, cut to the width, fitted to the height. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from rich.text import Text

from pytest_deploycheck.board import wording
from pytest_deploycheck.board.fitting import Block, Item, fitted, split
from pytest_deploycheck.board.spark import sparkline
from pytest_deploycheck.board.view import Going
from pytest_deploycheck.status import Decision, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from pytest_deploycheck.board.view import Board, Panel, Row

NARROWEST: Final = 40
ONE_LINE: Final = 120
TWO_COLUMNS: Final = 160
_GUTTER: Final = 3
_LEVEL: Final = 8
_VALUE: Final = 11
_COUNT: Final = 7
_BAR: Final = 20
_MOST_NOTES: Final = 2
_STYLES: Final[Mapping[Status, str]] = {
    Status.PASS: "green",
    Status.WARN: "yellow",
    Status.INCONCLUSIVE: "cyan",
    Status.ERROR: "magenta",
    Status.FAIL: "bold red",
}
_STATES: Final[Mapping[str, str]] = {"ok": "green", "degraded": "yellow", "error": "magenta"}
_DECISIONS: Final[Mapping[Decision | None, str]] = {
    None: "reverse",
    Decision.PASS: "bold reverse green",
    Decision.WARN: "bold reverse yellow",
    Decision.INCONCLUSIVE: "bold reverse cyan",
    Decision.WATCH: "bold reverse yellow",
    Decision.HOTFIX: "bold reverse magenta",
    Decision.ROLLBACK: "bold reverse red",
    Decision.ROLLBACK_NOW: "bold reverse red",
}
_PLAIN: Final = str.maketrans({"·": "-", "…": "~", "─": "-", "→": ">", "≥": ">", "█": "#", "░": "."})


@dataclass(frozen=True, slots=True)
class Screen:
    """How wide and high the terminal is (``height`` None prints everything), and whether it knows Unicode.

    ``watching`` is whether the watch runs in this very terminal.
    """

    width: int
    height: int | None = None
    unicode: bool = True
    watching: bool = False

    def lines(self, board: Board, now: datetime) -> list[Text]:
        """Return the whole screen; never wider or higher than the terminal."""
        head, foot = self.head(board, now), self.foot(board, now)
        left = None if self.height is None else max(0, self.height - len(head) - len(foot))
        return [*head, *self.body(board, left), *foot][: self.height]

    def head(self, board: Board, now: datetime) -> list[Text]:
        """Return the verdict and the progress; what changes from second to second stands here and in the foot."""
        title = Text.assemble(
            (f" {wording.decision_word(board)} ", _DECISIONS[board.decision]), " ", (wording.about(board), "bold")
        )
        title.append(f"  {board.target}", "dim")
        elapsed, planned = wording.progress(board, now)
        bar = "" if not planned else f"{self._bar(elapsed / planned)}  "
        progress = f"{board.phase}  {bar}{wording.progress_text(board, now)}"
        silent = board.pace.going is Going.SILENT
        when = Text.assemble(
            (wording.next_text(board, now), "bold red" if silent else "bold"), f" · {wording.last_text(board, now)}"
        )
        # by the width alone: a line that comes and goes with a digit would make the screen jump
        middle = [Text.assemble(progress, " · ", when)] if self.width >= ONE_LINE else [Text(progress), when]
        return self._fit([title, Text(wording.summary_text(board)), *middle, self._looks(board)])

    def foot(self, board: Board, now: datetime) -> list[Text]:
        """Return the sources, what has to be known, and how to stop."""
        sources = Text.assemble(("Sources", "bold"), "  ")
        for number, source in enumerate(board.sources):
            sources.append(" · " if number else "")
            sources.append(wording.source_text(source), _STATES[source.state])
        if not board.sources:
            sources.append(wording.NO_SOURCES, "dim")
        notes = [Text(f"note: {note}", "yellow") for note in board.notes[-_MOST_NOTES:]]
        links = [Text(f"{name}: {url}", "dim") for name, url in board.links]
        clock = f"{now:%Y-%m-%d %H:%M:%S} UTC"
        last = Text(f"{clock} · {wording.HOW_TO_STOP}" if self.watching else clock, "dim")
        return self._fit([sources, *notes, *links, last])

    def body(self, board: Board, height: int | None) -> list[Text]:
        """Return the panels, side by side where there is room."""
        if self.width < TWO_COLUMNS:
            return self._fit(fitted(_blocks(board, self.width, unicode=self.unicode), height))
        width = (self.width - _GUTTER) // 2
        halves = split(_blocks(board, width, unicode=self.unicode))
        left, right = (fitted(half, height) for half in halves)
        return self._fit(_beside(first, second, width) for first, second in zip_longest(left, right))

    def _bar(self, share: float) -> str:
        full = int(min(max(share, 0.0), 1.0) * _BAR)
        return f"{'█' * full}{'░' * (_BAR - full)}"

    def _looks(self, board: Board) -> Text:
        values = wording.looks_values(board)
        width = min(max(1, len(values)), max(10, self.width // 4))
        strip = sparkline(values, width, scale=wording.BADNESS_SCALE, unicode=self.unicode)
        return Text.assemble(("Looks", "bold"), f"  {strip}  ", (wording.looks_text(board), "dim"))

    def _fit(self, lines: Iterable[Text]) -> list[Text]:
        return [_cut(line, self.width, unicode=self.unicode) for line in lines]


def _cut(line: Text, width: int, *, unicode: bool) -> Text:
    if not unicode:
        line = line.copy()
        # one character for one, so that the styles stay where they are
        line.plain = "".join(each if each.isascii() else "?" for each in line.plain.translate(_PLAIN))
    line.truncate(width, overflow="ellipsis" if unicode else "crop")
    return line


def _beside(left: Text | None, right: Text | None, width: int) -> Text:
    first = Text("") if left is None else left.copy()
    first.truncate(width, pad=True)
    return Text.assemble(first, " " * _GUTTER, Text("") if right is None else right)


def _blocks(board: Board, width: int, *, unicode: bool) -> list[Block[Text]]:
    blocks = [_panel(panel, width, unicode=unicode) for panel in board.panels]
    troubles = tuple(
        Item(_timed(wording.time_text(each.at), wording.trouble_text(each), _STYLES[each.status], width))
        for each in board.troubles
    )
    blocks.append(Block(_heading("Last hour", "" if troubles else wording.NO_TROUBLES, width), troubles))
    alerts = tuple(
        Item(_timed(wording.time_text(each.at), wording.alert_text(each), "", width)) for each in board.alerts
    )
    told = wording.NO_ALERTS if board.alerts_known else wording.ALERTS_UNKNOWN
    blocks.append(Block(_heading("Last alerts", "" if alerts else told, width), alerts))
    return blocks


def _panel(panel: Panel, width: int, *, unicode: bool) -> Block[Text]:
    return Block(
        _heading(panel.title, wording.panel_text(panel), width),
        tuple(_item(row, width, unicode=unicode) for row in panel.rows),
    )


def _heading(title: str, beside: str, width: int) -> Text:
    line = Text.assemble((title, "bold"), "  ", (beside, "dim"))
    line.truncate(width)
    rest = width - line.cell_len - 1
    return Text.assemble(line, (f" {'─' * rest}", "dim")) if rest > 0 else line


def _item(row: Row, width: int, *, unicode: bool) -> Item[Text]:
    """Return a row in columns of fixed widths: level, label, value, history, arrow, number of samples, condition."""
    spark = min(30, max(8, width // 6))
    condition = max(0, width - 100) // 2
    label = width - 2 - _LEVEL - _VALUE - spark - _COUNT - 6 - (condition + 1 if condition else 0)
    arrows = wording.ARROWS if unicode else wording.PLAIN_ARROWS
    line = Text("  ")
    line.append_text(_column(row.level if row.level != "ok" or row.counts else "(ok)", _LEVEL, _STYLES[row.status]))
    line.append(" ")
    line.append_text(_column(row.label, max(8, label), "" if row.counts else "dim"))
    line.append(" ")
    line.append_text(_column(row.value, _VALUE, "bold", right=True))
    line.append(f" {sparkline(row.history, spark, scale=row.scale, unicode=unicode)} {arrows[row.arrow]} ")
    line.append_text(_column("" if row.n is None else f"n={row.n}", _COUNT, "dim"))
    if condition:
        line.append(" ")
        line.append_text(_column(row.condition, condition, "dim"))
    reason = wording.row_reason(row)
    if not reason or not row.counts:
        return Item(line, good=True)
    more = Text(f"{' ' * (_LEVEL + 3)}{reason}", "dim")
    more.truncate(width, overflow="ellipsis")
    return Item(line, (more,), badness=row.status.rank)


def _column(text: str, width: int, style: str, *, right: bool = False) -> Text:
    cell = Text(text, style)
    cell.truncate(width, overflow="ellipsis")
    missing = " " * (width - cell.cell_len)
    return Text.assemble(missing, cell) if right else Text.assemble(cell, missing)


def _timed(time: str, text: str, style: str, width: int) -> Text:
    line = Text.assemble("  ", (time, "dim"), "  ", (text, style))
    line.truncate(width, overflow="ellipsis")
    return line
