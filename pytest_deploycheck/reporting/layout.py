"""Where the report files lie and how they get there; the only part of reporting that touches the disk.

::

    reports/verdict.json  summary.md  report.html            the latest run
    reports/<deployment id>/<phase>/<tick>/…                 the same files of every run

A file appears whole or not at all. What cannot be written is returned as a sentence and never raised: a lost report
must not change the verdict.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import WireError
from pytest_deploycheck.model import Deployment, RunInfo, RunRecord, Verdict
from pytest_deploycheck.reporting.base import one_line
from pytest_deploycheck.reporting.registry import RENDERERS
from pytest_deploycheck.status import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

HTML_NAME: Final = "report.html"
JUNIT_NAME: Final = "junit.xml"
LONGEST_COMPONENT: Final = 80

_FOREIGN: Final = re.compile(r"[^A-Za-z0-9._-]")
_DEVICES: Final = {"con", "prn", "aux", "nul", *(f"{name}{digit}" for name in ("com", "lpt") for digit in range(10))}
_TAKEN: Final = {*RENDERERS, HTML_NAME, JUNIT_NAME, "history.sqlite", "history.sqlite-wal", "history.sqlite-shm"}
_UNWRITABLE: Final = (OSError, ValueError)  # ValueError: a path with a null character
_TICK: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Written:
    """The files that were written, and a sentence for each that could not be."""

    paths: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()


def write_reports(record: RunRecord, root: Path) -> Written:
    """Write the report files of a run into ``root`` and into the folder of this run below it."""
    texts, problems = _rendered(record)
    here, more = _written(root, root, texts)
    copies, most = _written(root, run_folder(root, record), texts)
    return Written((*here, *copies), (*problems, *more, *most))


def start_run(record: RunRecord, root: Path, *, copies: bool = True) -> Written:
    """Write the record of a run that has only begun, so that a killed run never leaves the verdict of an older one.

    ``record`` comes from :func:`unfinished_record`; the HTML and JUnit files of the run before are removed. Without
    ``copies`` the folder of the run stays as it is.
    """
    problems = [problem for name in (HTML_NAME, JUNIT_NAME) for problem in _removed(root / name)]
    written = write_reports(record, root) if copies else write_latest(record, root)
    return Written(written.paths, (*problems, *written.problems))


def write_latest(record: RunRecord, root: Path) -> Written:
    """Write the report files of a run into ``root`` only."""
    texts, problems = _rendered(record)
    here, more = _written(root, root, texts)
    return Written(here, (*problems, *more))


def write_texts(texts: Mapping[str, str], root: Path, folder: Path | None = None) -> Written:
    """Write other files by name into ``root``, or into a folder below it."""
    contents = {name: text.encode("utf-8", "backslashreplace") for name, text in texts.items()}
    paths, problems = _written(root, folder or root, contents)
    return Written(paths, problems)


def deployment_folder(root: Path, deployment_id: str) -> Path:
    """Return the folder of all runs of one deployment."""
    return root / safe_component(deployment_id)


def unfinished_record(
    deployment: Deployment,
    *,
    phase: str,
    tick: int,
    planned: Iterable[str],
    started_at: datetime,
    tool_version: str,
    exit_code: int = 11,
    service: str = "",
    target: str = "",
) -> RunRecord:
    """Return the record of a run that has begun and decided nothing: INCONCLUSIVE, every planned check not reported."""
    return RunRecord(
        deployment=deployment,
        phase=phase,
        tick=tick,
        verdict=Verdict(
            decision=Decision.INCONCLUSIVE,
            exit_code=exit_code,
            rule="the run did not finish",
            summary="the run has begun and has not finished",
        ),
        checks=(),
        not_reported=tuple(planned),
        service=service,
        target=target,
        run=RunInfo(tool_version=tool_version, started_at=started_at),
    )


def keep_copy(path: Path, root: Path, record: RunRecord) -> Written:
    """Copy a file that somebody else wrote (HTML, JUnit) into the folder of this run."""
    try:
        content = path.read_bytes()
    except _UNWRITABLE as error:
        return Written((), (_problem(path, error, "read"),))
    paths, problems = _written(root, run_folder(root, record), {path.name: content})
    return Written(paths, problems)


def make_room(path: Path) -> tuple[str, ...]:
    """See to it that somebody else can write a new file at ``path``; return the problems, none when they can."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.touch()
        path.unlink()
    except _UNWRITABLE as error:
        return (_problem(path, error),)
    return ()


def append_text(path: Path, text: str) -> tuple[str, ...]:
    """Append to a file such as ``$GITHUB_STEP_SUMMARY``; return the problems."""
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except _UNWRITABLE as error:
        return (_problem(path, error),)
    return ()


def run_folder(root: Path, record: RunRecord) -> Path:
    """Return the folder of one run, always below ``root`` whatever the names are."""
    return phase_folder(root, record.deployment.id, record.phase) / str(max(record.tick, 0))


def phase_folder(root: Path, deployment_id: str, phase: str) -> Path:
    """Return the folder of all runs of one deployment in one phase."""
    return deployment_folder(root, deployment_id) / safe_component(phase)


def next_tick(root: Path, deployment: Deployment, phase: str) -> int:
    """Return the number of the next run, counted by the folders of the earlier ones; the first is 1."""
    try:
        names = [entry.name for entry in os.scandir(phase_folder(root, deployment.id, phase))]
    except _UNWRITABLE:
        return 1
    return max((int(name) for name in names if _TICK.fullmatch(name)), default=0) + 1


def safe_component(text: str) -> str:
    """Return one path component for any text; a changed text gets a hash, so two texts never share a folder."""
    safe = _FOREIGN.sub("_", text)[:LONGEST_COMPONENT].strip(".") or "_"
    is_device = safe.lower().partition(".")[0] in _DEVICES
    if safe == text and not is_device and safe.lower() not in _TAKEN:
        return safe
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{'_' if is_device else ''}{safe}~{digest}"


def _rendered(record: RunRecord) -> tuple[dict[str, bytes], list[str]]:
    texts, problems = {}, []
    for name, render in RENDERERS.items():
        try:
            texts[name] = render(record).encode("utf-8", "backslashreplace")
        except WireError as error:
            problems.append(f"{name}: {error}")
    return texts, problems


def _written(root: Path, folder: Path, contents: dict[str, bytes]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    try:
        _make_folder(root, folder)
    except _UNWRITABLE as error:
        return (), (_problem(folder, error),)
    paths, problems = [], []
    for name, content in contents.items():
        try:
            _replace(folder / name, content)
            paths.append(folder / name)
        except OSError as error:
            problems.append(_problem(folder / name, error))
    return tuple(paths), tuple(problems)


def _make_folder(root: Path, folder: Path) -> None:
    """Create the folder; below ``root`` every component must be a real folder, no link to somewhere else."""
    root.mkdir(parents=True, exist_ok=True)
    for step in _steps(root, folder):
        step.mkdir(exist_ok=True)
        if not stat.S_ISDIR(step.lstat().st_mode):
            raise NotADirectoryError(None, "is a link, and reports are not written through links", str(step))


def _steps(root: Path, folder: Path) -> Iterator[Path]:
    step = root
    for part in folder.relative_to(root).parts:
        step /= part
        yield step


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; a link in its place is replaced, not followed."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _removed(path: Path) -> list[str]:
    try:
        path.unlink(missing_ok=True)
    except _UNWRITABLE as error:
        return [_problem(path, error, "remove the file of the run before")]
    return []


def _problem(path: Path, error: Exception, what: str = "write") -> str:
    reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
    return one_line(f"cannot {what} {path}: {reason}")
