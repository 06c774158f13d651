"""Findings that can wait become tickets, once a deployment."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from pytest_deploycheck.asks import HttpAnswer, HttpAsk
from pytest_deploycheck.errors import AnswerTimeoutError, NoAnswerError
from pytest_deploycheck.model import CheckResult, Deployment, RunInfo, RunRecord, Verdict
from pytest_deploycheck.plugin.filing import FileKeys, file_findings
from pytest_deploycheck.settings.services import Tickets
from pytest_deploycheck.status import Decision, Impact, OnFail, Severity, Status

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 21, tzinfo=UTC)
SLOW = CheckResult(
    id="metrics.metric[slow]",
    nodeid="n",
    title="Slow",
    severity=Severity.MEDIUM,
    impact=Impact.OPS,
    status=Status.WARN,
    finding=Severity.MEDIUM,
    reason="2 s > 1 s\x1b[31m",
    action="Look at it",
)
RECORD = RunRecord(
    deployment=Deployment(id="d-1", deployed_at=AT, version="1.2"),
    phase="first-hour",
    tick=1,
    verdict=Verdict(decision=Decision.WARN, exit_code=0, rule="r", summary="s"),
    checks=(SLOW,),
    service="shop",
    run=RunInfo(tool_version="1", started_at=AT),
)
ADDRESSES: dict[str, Any] = {
    "github": {"html_url": "https://x.test/1"},
    "jira": {"id": "1", "key": "https://x.test/1"},
    "zendesk": {"ticket": {"id": 1, "url": "https://x.test/1"}},
    "linear": {"data": {"issueCreate": {"success": True, "issue": {"url": "https://x.test/1"}}}},
}


class Desk:
    """Takes tickets, or refuses them."""

    def __init__(self, body: Any = None, *, status: int = 201, error: Exception | None = None) -> None:
        """Prepare the answer."""
        self.body, self.status, self.error = body if body is not None else ADDRESSES["github"], status, error
        self.asks: list[HttpAsk] = []

    def __call__(self, ask: HttpAsk) -> HttpAnswer:
        """Take one."""
        self.asks.append(ask)
        if self.error is not None:
            raise self.error
        return HttpAnswer(url=ask.url, status=self.status, body=json.dumps(self.body).encode())


def tracker(kind: str = "github", **more: Any) -> Tickets:
    """Return the settings of a tracker that may be filed to."""
    values = {"tracker": kind, "url": "http://desk.internal", "project": "acme/shop", "file": True}
    return Tickets(token=SecretStr("tick3t-token"), **values, **more)  # type: ignore[arg-type]  # plain values


@pytest.fixture
def keys(tmp_path: Path) -> FileKeys:
    """Keys in a folder that does not exist yet."""
    return FileKeys(tmp_path / "d-1" / "tickets.json")


@pytest.mark.parametrize("kind", list(ADDRESSES))
def test_every_tracker(kind: str, keys: FileKeys) -> None:
    """A finding becomes one ticket that says what, where and what to do; control characters are shown."""
    desk = Desk(ADDRESSES[kind])
    found = file_findings(RECORD, tracker(kind), keys, desk)
    assert (("metrics.metric[slow]: https://x.test/1",), ()) == (found.tickets, found.problems)
    (ask,) = desk.asks
    assert ("POST", 0) == (ask.method, ask.retries)
    sent = str(ask.json_body)
    for words in ("Slow: 2 s > 1 s", "d-1", "Look at it", "first-hour", r"\\x1b[31m"):
        assert words in sent
    assert "tick3t-token" not in sent


def test_once_a_deployment(keys: FileKeys) -> None:
    """The same finding is not filed again by a later run."""
    desk = Desk()
    file_findings(RECORD, tracker(), keys, desk)
    again = file_findings(replace(RECORD, tick=2), tracker(), keys, desk)
    assert ((), ()) == (again.tickets, again.problems)
    assert 1 == len(desk.asks)


@pytest.mark.parametrize(
    "changes",
    [
        {"finding": Severity.HIGH, "status": Status.FAIL},
        {"finding": None, "status": Status.PASS},
        {"finding": None, "status": Status.INCONCLUSIVE},
        {"dry_run": True},
        {"on_fail": OnFail.IGNORE},
    ],
)
def test_what_is_not_filed(keys: FileKeys, changes: dict[str, Any]) -> None:
    """What is worse is told at once instead, and what has no say needs no ticket."""
    desk = Desk()
    assert () == file_findings(replace(RECORD, checks=(replace(SLOW, **changes),)), tracker(), keys, desk).tickets
    assert [] == desk.asks


def test_a_deployment_without_a_name_files_nothing(keys: FileKeys) -> None:
    """Nobody could tell its next run from another deployment."""
    desk = Desk()
    unnamed = replace(RECORD, deployment=replace(RECORD.deployment, explicit=False))
    assert "give --deploy-id" in file_findings(unnamed, tracker(), keys, desk).problems[0]
    assert [] == desk.asks


@pytest.mark.parametrize(
    ("desk", "words"),
    [
        (Desk({"message": "Not allowed"}, status=403), "github answered 403: Not allowed"),
        (Desk({}, status=201), "github did not say where the ticket is"),
        (Desk([], status=500), "github answered 500"),
        (Desk(error=NoAnswerError("refused")), "refused"),
    ],
)
def test_refusals_are_told_and_tried_again(keys: FileKeys, desk: Desk, words: str) -> None:
    """A ticket that was not taken is a problem of the report, and the next run tries again."""
    found = file_findings(RECORD, tracker(), keys, desk)
    assert (f"no ticket for {SLOW.id}: {words}",) == found.problems
    assert {} == keys.known()


def test_silence_is_not_filed_twice(keys: FileKeys) -> None:
    """When the tracker did not answer in time, the ticket may be there: it is told, and not filed again."""
    found = file_findings(RECORD, tracker(), keys, Desk(error=AnswerTimeoutError("late")))
    assert ((), 1) == (found.tickets, len(found.problems))
    desk = Desk()
    file_findings(RECORD, tracker(), keys, desk)
    assert [] == desk.asks


def test_no_flood(keys: FileKeys) -> None:
    """A run files at most so many."""
    many = tuple(replace(SLOW, id=f"c{number}") for number in range(5))
    found = file_findings(replace(RECORD, checks=many), tracker(most=2), keys, Desk())
    assert (2, "3 more findings were not filed: tickets.most is 2") == (len(found.tickets), found.problems[0])


@pytest.mark.parametrize("text", ["", "[", "[]", '{"a": 1}'])
def test_a_damaged_memory_files_nothing(tmp_path: Path, text: str) -> None:
    """Better none than all of them once more."""
    path = tmp_path / "tickets.json"
    path.write_text(text)
    desk = Desk()
    assert "cannot be read" in file_findings(RECORD, tracker(), FileKeys(path), desk).problems[0]
    assert [] == desk.asks
