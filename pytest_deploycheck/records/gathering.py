"""From settings, history and a name to the material of a report; the only part of this room that opens anything."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from pytest_deploycheck import attestations
from pytest_deploycheck.alerting import is_wanted
from pytest_deploycheck.errors import RecordsError
from pytest_deploycheck.phases import DAY
from pytest_deploycheck.records.asking import audit_of
from pytest_deploycheck.records.catalogue import kind_of, since_of
from pytest_deploycheck.records.material import Answers, Material

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_deploycheck.history import History, RunRow
    from pytest_deploycheck.notify.memory import Memory
    from pytest_deploycheck.settings.schema import Settings

_DEFAULT = "any"


def release_of(history: History, settings: Settings, deployment: str | None) -> RunRow | None:
    """Return the newest run of the deployment, of the newest one when none is named; None without any run.

    Raises:
        RecordsError: the history knows no such deployment.
    """
    found = history.runs(deployment, environment=settings.service.environment, limit=1)
    if found:
        return found[0]
    if deployment is None:
        return None
    others = dict.fromkeys(run.deployment for run in history.runs(environment=settings.service.environment, limit=50))
    known = ", ".join(list(others)[:5]) or "none"
    raise RecordsError(f"the history knows no deployment {deployment}", f"Known in this environment: {known}")


def answers_of(settings: Settings, release: RunRow | None, memory: Memory | None, notes: list[str]) -> Answers:
    """Return what people and alerts said."""
    root = settings.root / settings.reports.dir
    said = attestations.load_all(root, release.deployment if release is not None else _DEFAULT, notes)
    opened = () if memory is None or memory.incident is None else (memory.incident,)
    return Answers(
        incidents=(*opened, *reversed(memory.closed if memory is not None else ())),
        told=memory.recent if memory is not None else (),
        attestations={each.id: each for each in said},
        said=said,
        recorded=memory is not None and is_wanted(settings),
    )


def gather(  # each is one fact of the command line
    name: str,
    settings: Settings,
    history: History,
    *,
    now: datetime,
    deployment: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    memory: Memory | None = None,
) -> Material:
    """Return the material of a report.

    Raises:
        RecordsError: there is no such deployment, or the times are in the wrong order.
        HistoryError: the history cannot be read.
    """
    kind, notes = kind_of(name), list[str]()
    release = release_of(history, settings, deployment)
    end = (until or now).astimezone(UTC)
    period = settings.analysis.period if kind.counts and kind.period is not None and kind.period > DAY else None
    begin = since or since_of(name, end, release.deployed_at if release is not None else None, period)
    if begin >= end:
        raise RecordsError("the time of the report ends before it begins", "Give --since before --until")
    problems: tuple[str, ...] = ()
    found = None
    if kind.counts and settings.analysis.audit is not None:
        found, problems = audit_of(settings, begin, end)
    answers = answers_of(settings, release, memory, notes)
    return Material(
        settings=settings,
        history=history,
        since=begin,
        until=end,
        now=now,
        answers=answers,
        deployment=release,
        of_deployment=kind.one or deployment is not None,
        audit=found,
        problems=(*problems, *notes),
    )
