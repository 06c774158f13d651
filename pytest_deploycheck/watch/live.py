"""The live dashboard of a watch: a thread of its own paints the board, once a second only what has changed."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.board.building import Seen, board_of
from pytest_deploycheck.board.screen import Screen
from pytest_deploycheck.errors import DeploycheckError
from pytest_deploycheck.watch.display import PlainLines

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.text import Text

    from pytest_deploycheck.board.painting import Painter
    from pytest_deploycheck.board.reading import BoardReader
    from pytest_deploycheck.board.view import Board
    from pytest_deploycheck.status import Decision
    from pytest_deploycheck.watch.display import Watched
    from pytest_deploycheck.watch.outcome import Ending, Gap, Tally, TickResult
    from pytest_deploycheck.watch.pacing import Pacer
    from pytest_deploycheck.watch.rhythm import Slot

_SECOND: Final = 1.0
_GLANCE: Final = 0.2
# whatever else wrote to the terminal is painted over so often (seconds)
_WHOLE: Final = 10
_MOST_NOTES: Final = 20
# lines that stay free for the last words
_FAREWELL: Final = 4


class Dashboard:
    """Shows the board on a terminal. Told by the thread of the watch, painted by its own: no look waits for it."""

    def __init__(
        self,
        painter: Painter,
        reader: BoardReader,
        pacer: Pacer,
        write_line: Callable[[str], object],
        *,
        unicode: bool = True,
        clock: Callable[[], float],
    ) -> None:
        """Paint with ``painter`` what ``reader`` finds; ``write_line`` tells the end, ``clock`` is the watch's time."""
        self._painter, self._reader, self._pacer = painter, reader, pacer
        self._plain = PlainLines(write_line)
        self._unicode, self._clock = unicode, clock
        self._notes: deque[str] = deque(maxlen=_MOST_NOTES)
        self._seen: Seen | None = None
        self._fresh = threading.Event()
        self._over = threading.Event()
        self._known: tuple[object, ...] = ()
        self._board: Board | None = None
        self._body: list[Text] = []
        self._thread = threading.Thread(target=self._work, name="deploycheck-dashboard", daemon=True)

    def begin(self, watched: Watched, tally: Tally) -> None:
        """Show the board of what was seen so far."""
        del tally
        self._seen = Seen(
            deployment=watched.deployment, service=watched.service, target=watched.target, phase=watched.phase
        )
        self._fresh.set()
        self._thread.start()

    def waiting(self, slot: Slot, at: float, now: float) -> None:
        """Nothing: the thread counts down by itself."""

    def started(self, slot: Slot, now: float) -> None:
        """Nothing: the thread sees it from the pace."""

    def ended(self, result: TickResult, tally: Tally) -> None:
        """Read again what the history knows."""
        del tally
        if result.problem is not None:
            self.note(result.problem)
        self._fresh.set()

    def missed(self, gap: Gap) -> None:
        """Say it."""
        times = "one time" if gap.count == 1 else f"{gap.count} times"
        self.note(f"nobody looked {times}, the last at {datetime.fromtimestamp(gap.last, UTC):%H:%M:%S}")

    def note(self, text: str) -> None:
        """Show it below the board; also from a signal handler, so nothing is locked here."""
        if self._over.is_set():
            self._plain.note(text)
        else:
            self._notes.append(text)

    def end(self, decision: Decision, ending: Ending, tally: Tally, now: float) -> None:
        """Paint for the last time, and say below what the watch came to."""
        self.close()
        with suppress(DeploycheckError, OSError, ValueError):
            self._read()
            self._paint(whole=True)
        self._plain.end(decision, ending, tally, now)

    def close(self) -> None:
        """Stop painting; may be called again."""
        self._over.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(_WHOLE)

    def _work(self) -> None:
        turn = 0
        painted = 0.0
        while not self._over.is_set():
            if self._fresh.is_set():
                self._fresh.clear()
                self._read()
                painted = 0.0
            now = self._clock()
            if now - painted >= _SECOND or self._painter.resized:
                turn += 1
                painted = now
                with suppress(OSError, ValueError):  # nobody looks any more: the watch goes on
                    self._paint(whole=turn % _WHOLE == 0)
            self._over.wait(_GLANCE)

    def _read(self) -> None:
        try:
            self._seen = self._reader.seen()
        except DeploycheckError as error:
            # before the first look there is nothing, and a history that is gone comes back
            if self._seen is not None and self._seen.runs:
                self.note(f"the history cannot be read: {error}")

    def _paint(self, *, whole: bool) -> None:
        assert self._seen is not None
        now = datetime.fromtimestamp(self._clock(), UTC)
        seen = self._seen
        pace = self._pacer.pace
        width, height = self._painter.size()
        if self._over.is_set():
            height = max(1, height - _FAREWELL)
        screen = Screen(width, height, unicode=self._unicode, watching=not self._over.is_set())
        key = (id(seen), pace, width, height, len(self._notes), self._notes[-1] if self._notes else "")
        fresh = self._board is None or key != self._known
        if self._board is None or fresh:
            self._board = board_of(replace(seen, pace=pace, notes=tuple(self._notes)), now)
            self._known = key
        head, foot = screen.head(self._board, now), screen.foot(self._board, now)
        if fresh:
            self._body = screen.body(self._board, max(0, height - len(head) - len(foot)))
        self._painter.paint([*head, *self._body, *foot], whole=whole)
