"""The words that the screen and the page share: times left, ages, counts, progress. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.board.view import Arrow, Going
from pytest_deploycheck.reporting.base import headline_of, seconds_text
from pytest_deploycheck.status import Decision, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_deploycheck.board.view import Alert, Board, Panel, Row, Source, Trouble

NO_ALERTS: Final = "no alert went out"
ALERTS_UNKNOWN: Final = "what was told cannot be read"
NO_TROUBLES: Final = "nothing was bad within the last hour"
NO_LOOK: Final = "no look has ended yet"
NO_SOURCES: Final = "nothing was asked yet"
HOW_TO_STOP: Final = "Ctrl-C stops the watch: the look under way ends, reports are written"
ARROWS: Final[Mapping[Arrow, str]] = {Arrow.UP: "↑", Arrow.DOWN: "↓", Arrow.STEADY: "→", Arrow.UNKNOWN: " "}
PLAIN_ARROWS: Final[Mapping[Arrow, str]] = {Arrow.UP: "^", Arrow.DOWN: "v", Arrow.STEADY: "-", Arrow.UNKNOWN: " "}
# how bad a decision is, for the strip of looks
BADNESS: Final[Mapping[Decision, float]] = {
    Decision.PASS: 0,
    Decision.WARN: 2,
    Decision.INCONCLUSIVE: 3,
    Decision.WATCH: 4,
    Decision.HOTFIX: 5,
    Decision.ROLLBACK: 7,
    Decision.ROLLBACK_NOW: 7,
}
BADNESS_SCALE: Final = (0.0, 8.0)


def decision_word(board: Board) -> str:
    """Return the verdict's word."""
    return "NO VERDICT YET" if board.decision is None else str(board.decision)


def summary_text(board: Board) -> str:
    """Return the verdict in a line."""
    return NO_LOOK if board.decision is None else board.summary or board.rule


def about(board: Board) -> str:
    """Return what is watched: ``shop 4.2.1 (r42) in production``."""
    return headline_of(board.service, board.deployment)


def clock_text(seconds: float) -> str:
    """Return a span as a clock shows it: ``4:05``, ``1:04:05``, ``2 d 1:04:05``."""
    whole = max(0, round(seconds))
    days, rest = divmod(whole, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    clock = f"{hours}:{minutes:02}:{rest:02}" if hours or days else f"{minutes}:{rest:02}"
    return f"{days} d {clock}" if days else clock


def progress(board: Board, now: datetime) -> tuple[float, float | None]:
    """Return how long the watch has lasted, and how long it is meant to (None is open), in seconds."""
    begun = board.pace.begun or board.deployment.deployed_at
    planned = None if board.pace.ends is None else (board.pace.ends - begun).total_seconds()
    elapsed = max(0.0, (now - begun).total_seconds())
    return (elapsed if planned is None else min(elapsed, planned)), planned


def progress_text(board: Board, now: datetime) -> str:
    """Return the progress in words: ``12:30 of 1:00:00 (21 %)``."""
    elapsed, planned = progress(board, now)
    if not planned:
        return f"{clock_text(elapsed)} since the deployment" if board.pace.begun is None else clock_text(elapsed)
    return f"{clock_text(elapsed)} of {clock_text(planned)} ({elapsed / planned:.0%})".replace("%", " %")


def next_text(board: Board, now: datetime) -> str:
    """Return when the next look is, or why there is none."""
    pace = board.pace
    left = 0.0 if pace.due is None else (pace.due - now).total_seconds()
    words: Mapping[Going, str] = {
        Going.WAITING: f"next look in {clock_text(left)}",
        Going.LOOKING: f"looking now, for {clock_text(-left)}",
        Going.ENDED: "the watch has ended",
        Going.SILENT: f"the watch is silent: its look is {clock_text(-left)} overdue",
        Going.NONE: "no watch is running",
    }
    return words[pace.going]


def last_text(board: Board, now: datetime) -> str:
    """Return how old the last look is, and how long it took."""
    if board.looked is None:
        return NO_LOOK
    age = max(0.0, (now - board.looked).total_seconds())
    return f"last look {clock_text(age)} ago, took {seconds_text(board.took)}"


def looks_text(board: Board) -> str:
    """Return what the shown looks came to."""
    counts = Counter(look.decision for look in board.looks if look.run is not None)
    parts = [f"{counts[decision]} {decision}" for decision in reversed(Decision) if counts[decision]]
    parts += [f"{counts[None]} lost"] if counts[None] else []
    missed = sum(look.run is None for look in board.looks)
    parts += [f"{missed} missed"] if missed else []
    return ", ".join(parts) or "none yet"


def looks_values(board: Board) -> tuple[float | None, ...]:
    """Return how bad each look was, None where it is missing."""
    return tuple(None if look.decision is None else BADNESS[look.decision] for look in board.looks)


def counts_text(rows: Iterable[Row]) -> str:
    """Return how many rows are how: ``2 critical, 1 unknown, 9 ok``."""
    listed = list(rows)
    counts = Counter(row.level for row in listed)
    worst = sorted(counts, key=lambda level: -max(row.status.rank for row in listed if row.level == level))
    return ", ".join(f"{counts[level]} {level}" for level in worst)


def panel_text(panel: Panel) -> str:
    """Return what stands beside a panel's title."""
    return counts_text(panel.rows) if panel.rows else panel.empty


def row_reason(row: Row) -> str:
    """Return why a row is not good, and what to do."""
    if row.status is Status.PASS:
        return ""
    reason = row.reason or row.condition
    return f"{reason}. {row.action}" if reason and row.action else reason or row.action


def trouble_text(trouble: Trouble) -> str:
    """Return a trouble in a line."""
    how = "still so" if trouble.lasts else "good again"
    return f"{trouble.label}: {trouble.status} in {trouble.bad} of {trouble.looks} looks, {how}"


def alert_text(alert: Alert) -> str:
    """Return an alert in a line."""
    return f"{alert.severity.upper()} {alert.kind}: {alert.title} ({alert.channel})"


def source_text(source: Source) -> str:
    """Return the health of a source."""
    of = f" ({source.failed} of {source.answered + source.failed} checks without an answer)" if source.failed else ""
    return f"{source.name} {source.state}{of}"


def time_text(at: datetime) -> str:
    """Return a time of day, UTC."""
    return f"{at.astimezone(UTC):%H:%M:%S}"
