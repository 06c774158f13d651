"""From a tick's subprocess to what it came to: the command, the environment, and the record that it left."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pytest_deploycheck import wire
from pytest_deploycheck.errors import WireError
from pytest_deploycheck.watch.child import Ended, run_child
from pytest_deploycheck.watch.outcome import TickResult

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_deploycheck.model import Deployment, RunRecord
    from pytest_deploycheck.watch.rhythm import Slot

WATCHED: Final = "DEPLOYCHECK_WATCHED"
RECORD_NAME: Final = "verdict.json"
LOG_NAME: Final = "watch.log"
LOST_LOG_NAME: Final = "watch-lost.log"
# a tick's summary would be one of thousands: the watch writes its own at the end
NOT_HANDED_ON: Final = frozenset({"GITHUB_STEP_SUMMARY"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PytestTicker:
    """Runs ticks as ``python -m pytest`` with the watch's own arguments; one process each, nothing is shared."""

    arguments: tuple[str, ...]
    deployment: Deployment
    folder: Path
    reports: Path
    timeout: float
    stop: threading.Event

    def __call__(self, slot: Slot, at: float) -> TickResult:
        """Run one tick."""
        started, clock = time.time(), time.monotonic()
        try:
            self.reports.mkdir(parents=True, exist_ok=True)
            ended = run_child(
                self.command(slot),
                environ=environment(os.environ),
                folder=self.folder,
                log=self.reports / LOG_NAME,
                stop=self.stop,
                timeout=self.timeout,
            )
            record, problem = self._record(started), None
        except OSError as error:
            ended, record, problem = Ended(-1), None, f"the tick could not be run: {error.strerror}"
        seconds = time.monotonic() - clock
        if record is None:
            return self._lost(slot, at, started, seconds, problem or self._why(ended))
        return TickResult(
            at=at,
            phase=record.phase,
            started=started,
            seconds=seconds,
            tick=record.tick,
            decision=record.verdict.decision,
            exit_code=record.verdict.exit_code,
            summary=record.verdict.summary,
            problem=ended.killed,
        )

    def command(self, slot: Slot) -> list[str]:
        """Return the tick's command: the later of two equal options counts, so ours come last."""
        return [
            sys.executable,
            "-m",
            "pytest",
            *self.arguments,
            *([] if self.deployment.version is None else [f"--deploy-version={self.deployment.version}"]),
            f"--deploy-phase={slot.phase}",
            f"--deploy-id={self.deployment.id}",
            f"--deployed-at={self.deployment.deployed_at.astimezone(UTC).isoformat()}",
        ]

    def _record(self, started: float) -> RunRecord | None:
        """Return the record that this tick wrote, None when there is none, or only one of another run."""
        try:
            record = wire.decode_record((self.reports / RECORD_NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError, WireError):
            return None
        fresh = record.run.started_at >= datetime.fromtimestamp(started - 1, UTC)
        return record if fresh and record.run.finished and record.deployment.id == self.deployment.id else None

    def _lost(self, slot: Slot, at: float, started: float, seconds: float, problem: str) -> TickResult:
        with suppress(OSError):
            (self.reports / LOG_NAME).replace(self.reports / LOST_LOG_NAME)
        return TickResult(at=at, phase=slot.phase, started=started, seconds=seconds, problem=problem)

    def _why(self, ended: Ended) -> str:
        if ended.killed:
            return ended.killed
        how = f"signal {-ended.code}" if ended.code < 0 else f"exit code {ended.code}"
        last = _last_line(self.reports / LOG_NAME)
        return f"no verdict after {how}{f': {last}' if last else ''} (see {LOST_LOG_NAME})"


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a tick: ours, marked so that the tick does not watch in its turn."""
    return {name: value for name, value in environ.items() if name not in NOT_HANDED_ON} | {WATCHED: "1"}


def longest(interval: float) -> float:
    """Return how long a tick may take (seconds) when nothing was said: ten intervals, at least ten minutes."""
    return max(10 * interval, 600.0)


def _last_line(log: Path) -> str:
    try:
        lines = log.read_bytes()[-4096:].decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")
