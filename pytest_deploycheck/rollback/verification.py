"""The look after a rollback: the same phase once more, in a run of its own, whose verdict stands beside the first."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck import wire
from pytest_deploycheck.errors import SourceError, WireError
from pytest_deploycheck.model import HookStep
from pytest_deploycheck.redact import printable
from pytest_deploycheck.rollback.running import FAILED, SUCCEEDED, shown
from pytest_deploycheck.runs import LARGEST_RECORD, RECORD_NAME
from pytest_deploycheck.sources.process import Command, Processes
from pytest_deploycheck.status import Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from pytest_deploycheck.model import Deployment, RunRecord

VERIFY: Final = "verify"
GOOD: Final = frozenset({Decision.PASS, Decision.WARN})
# what the first run was told, and the second must not be
_OWN: Final = ("id", "version", "commit", "previous", "environment", "phase", "report-dir")
_DROPPED_VALUES: Final = (
    "--deployed-at",
    "--junitxml",
    "--junit-xml",
    "--html",
    *(f"--deploy-{name}" for name in _OWN),
)
_DROPPED_SWITCHES: Final = frozenset({"--deploy-allow-rollback", "--deploy-watch", "--deploy-dry-run"})
_HIDDEN: Final = ("GITHUB_", "DEPLOYCHECK_DEPLOY_", "DEPLOYCHECK_DEPLOYED_AT", "PYTEST_XDIST_", "PYTEST_CURRENT_TEST")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What to look at again: ``arguments`` are those of the first run, ``folder`` is where its reports go.

    ``history`` is the file that both remember in, None when the settings or the arguments name the history.
    """

    arguments: Sequence[str]
    deployment: Deployment
    phase: str
    folder: Path
    cwd: Path
    now: datetime
    history: Path | None
    timeout: float
    hide: Callable[[str], str]


def arguments_for(asked: Verification) -> list[str]:
    """Return the arguments of the second run: those of the first, without what names its deployment or acts."""
    deployment = asked.deployment
    kept, skip = [], False
    for argument in asked.arguments:
        dropped = argument.partition("=")[0] in _DROPPED_VALUES
        if not (skip or dropped or argument in _DROPPED_SWITCHES):
            kept.append(argument)
        skip = dropped and "=" not in argument
    return [
        *kept,
        "--deploy-no-notify",
        f"--deploy-phase={asked.phase}",
        f"--deploy-id={deployment.id}.rolled-back",
        f"--deployed-at={asked.now.isoformat()}",
        f"--deploy-environment={deployment.environment}",
        *([f"--deploy-version={deployment.previous}"] if deployment.previous else []),
        f"--deploy-report-dir={asked.folder}",
        *([f"--deploy-history=sqlite:///{asked.history}"] if asked.history is not None else []),
    ]


def verify(asked: Verification) -> HookStep:
    """Run the phase again and return its verdict as a step; whatever goes wrong is a failed step."""
    argv = (sys.executable, "-m", "pytest", *arguments_for(asked))
    visible = tuple(name for name in os.environ if not name.startswith(_HIDDEN))
    # the event and the variables of the pipeline tell of the deployment that has just been taken back
    env = (("DEPLOYCHECK_DEPLOYMENT__DETECT", "false"),)
    processes, started = Processes(), time.monotonic()
    code, record, reason = None, None, ""
    try:
        _prepare(asked)
        command = Command(argv=argv, timeout=asked.timeout, allow=visible, env=env, cwd=str(asked.cwd))
        code = processes.stream(command, lambda _stream, _chunk: True).code
        record = _record(asked.folder / RECORD_NAME)
    except (SourceError, WireError, OSError) as error:
        reason = printable(asked.hide(str(error)))
    except KeyboardInterrupt:
        reason = "somebody stopped it"
    finally:
        processes.close()
    decision = None if record is None else record.verdict.decision
    return HookStep(
        name=VERIFY,
        state=SUCCEEDED if decision in GOOD else FAILED,
        reason=reason if record is None else f"{decision}: {record.verdict.rule}",
        command=shown(argv, asked.hide),
        exit_code=code,
        seconds=round(time.monotonic() - started, 3),
        decision=decision,
    )


def _prepare(asked: Verification) -> None:
    """Let the second run find no older verdict that it could leave behind."""
    asked.folder.mkdir(parents=True, exist_ok=True)
    (asked.folder / RECORD_NAME).unlink(missing_ok=True)


def _record(path: Path) -> RunRecord:
    if path.stat().st_size > LARGEST_RECORD:
        raise WireError("its verdict.json is too large")
    return wire.decode_record(path.read_text("utf-8"))
