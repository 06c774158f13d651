"""Findings that can wait become tickets: one for each medium or low finding, once a deployment; after the verdict.

Only asked for by the settings, never in a dry run, and without any say in the verdict. What was filed is remembered by
whoever is given as :class:`Keys`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from pytest_deploycheck.asking.tickets import tracker_request
from pytest_deploycheck.asks import HttpAsk
from pytest_deploycheck.errors import AnswerTimeoutError, BadAnswerError, InconclusiveError, SourceError
from pytest_deploycheck.redact import printable
from pytest_deploycheck.reporting.layout import safe_component
from pytest_deploycheck.sources.api import explained
from pytest_deploycheck.sources.registry import build_sources
from pytest_deploycheck.status import OnFail, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_deploycheck.asks import HttpAnswer
    from pytest_deploycheck.model import CheckResult, RunRecord
    from pytest_deploycheck.plugin.state import DeployRun
    from pytest_deploycheck.settings.services import Tickets

KEYS_NAME: Final = "tickets.json"
UNSURE: Final = "perhaps filed: the tracker did not answer in time"
_CAN_WAIT: Final = frozenset({Severity.MEDIUM, Severity.LOW})
_LONGEST_TITLE: Final = 200


def file_tickets(run: DeployRun) -> None:
    """File what a finished run found, when the settings ask for it and people may be told; note it in the record."""
    tickets, record = run.settings.tickets, run.record
    if tickets is None or not tickets.file or record is None or run.options.dry_run or run.options.no_notify:
        return
    source = build_sources()[HttpAsk]
    keys = FileKeys(run.report_root / safe_component(record.deployment.id) / KEYS_NAME)
    try:
        found = file_findings(record, tickets, keys, source.observe)
    finally:
        source.close()
    run.report_problems.extend(run.redactor.text(f"tickets: {problem}") for problem in found.problems)
    notes = tuple(run.redactor.text(f"ticket filed for {ticket}") for ticket in found.tickets)
    if notes:
        run.record = replace(record, run=replace(record.run, notes=(*record.run.notes, *notes)))


class Keys(Protocol):
    """Remembers for one deployment which findings were filed, and as which ticket."""

    def known(self) -> Mapping[str, str]:
        """Return the ticket of each finding that was filed."""

    def remember(self, key: str, ticket: str) -> None:
        """Remember a finding's ticket."""


class FileKeys:
    """Keeps the keys of one deployment in a JSON file."""

    def __init__(self, path: Path) -> None:
        """Use a file, which need not exist yet."""
        self._path = path

    def known(self) -> Mapping[str, str]:
        """Return the ticket of each finding that was filed.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is damaged.
        """
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
            raise ValueError("not a table of tickets")
        return found

    def remember(self, key: str, ticket: str) -> None:
        """Remember a finding's ticket; the file is replaced as a whole.

        Raises:
            OSError: it cannot be written.
        """
        text = json.dumps({**self.known(), key: ticket}, indent=1, sort_keys=True)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self._path)


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of it: the tickets that were filed (``id: where``), and what went wrong."""

    tickets: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def can_wait(result: CheckResult) -> bool:
    """Tell whether a result is a finding for a ticket: medium or low, and with a say in the verdict."""
    bad = result.status in {Status.WARN, Status.FAIL} and result.finding in _CAN_WAIT
    return bad and not result.dry_run and result.on_fail is not OnFail.IGNORE


def file_findings(record: RunRecord, tickets: Tickets, keys: Keys, send: Callable[[HttpAsk], HttpAnswer]) -> Filed:
    """File the findings of a finished run that can wait and were not filed before."""
    if not record.deployment.explicit:
        return Filed(problems=("no tickets were filed: give --deploy-id, so that each finding is filed only once",))
    try:
        known = keys.known()
    except (OSError, ValueError) as error:
        return Filed(
            problems=(f"no tickets were filed: what was filed before cannot be read ({type(error).__name__})",)
        )
    wanted = [result for result in record.checks if can_wait(result) and result.id not in known]
    filed: list[str] = []
    problems: list[str] = []
    for result in wanted[: tickets.most]:
        try:
            where = _file(record, result, tickets, send)
        except AnswerTimeoutError:
            where = UNSURE
            problems.append(f"the ticket for {result.id} is {UNSURE}")
        except (SourceError, InconclusiveError) as error:
            problems.append(f"no ticket for {result.id}: {error}")
            continue
        try:
            keys.remember(result.id, where)
        except (OSError, ValueError) as error:
            problems.append(f"{result.id} was filed, but not remembered ({type(error).__name__}): no more are filed")
            return Filed((*filed, f"{result.id}: {where}"), tuple(problems))
        filed += [f"{result.id}: {where}"] if where != UNSURE else []
    if len(wanted) > tickets.most:
        problems.append(f"{len(wanted) - tickets.most} more findings were not filed: tickets.most is {tickets.most}")
    return Filed(tuple(filed), tuple(problems))


def _file(record: RunRecord, result: CheckResult, tickets: Tickets, send: Callable[[HttpAsk], HttpAnswer]) -> str:
    path, build, where = _WAYS[tickets.tracker]
    title = printable(f"[{record.service or 'service'}] {result.title}: {result.reason}"[:_LONGEST_TITLE])
    path = path.replace("{project}", tickets.project or "")
    answer = send(tracker_request(tickets, path, build(tickets, title, _text(record, result))))
    if not 200 <= answer.status < 300:  # noqa: PLR2004  # the class of success
        words = explained(answer)
        raise BadAnswerError(f"{tickets.tracker} answered {answer.status}{f': {words}' if words else ''}")
    body: Any = answer.json()
    for part in where:
        body = body.get(part) if isinstance(body, dict) else None
    if not isinstance(body, str):
        raise BadAnswerError(f"{tickets.tracker} did not say where the ticket is")
    return printable(body[:_LONGEST_TITLE])


def _text(record: RunRecord, result: CheckResult) -> str:
    deployment = record.deployment
    lines = [
        result.reason,
        "",
        f"Severity: {result.finding}",
        f"Deployment: {deployment.id} ({deployment.version or 'no version'}, {deployment.environment})",
        f"Phase: {record.phase}, verdict {record.verdict.decision.value}",
        f"Check: {result.id}",
        *([f"What to do: {result.action}"] if result.action else []),
        *([f"Runbook: {result.runbook}"] if result.runbook else []),
        "",
        "Filed by deploycheck, once for this deployment.",
    ]
    return "\n".join(printable(line, multiline=True) for line in lines)


def _github(tickets: Tickets, title: str, text: str) -> dict[str, Any]:
    return {"title": title, "body": text, "labels": list(tickets.labels)}


def _jira(tickets: Tickets, title: str, text: str) -> dict[str, Any]:
    paragraphs = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in text.splitlines() if line
    ]
    return {
        "fields": {
            "project": {"key": tickets.project},
            "issuetype": {"name": "Task"},
            "summary": title.replace("\n", " "),
            "description": {"type": "doc", "version": 1, "content": paragraphs},
            "labels": list(tickets.labels),
        }
    }


def _zendesk(tickets: Tickets, title: str, text: str) -> dict[str, Any]:
    return {"ticket": {"subject": title, "comment": {"body": text, "public": False}, "tags": list(tickets.labels)}}


def _linear(tickets: Tickets, title: str, text: str) -> dict[str, Any]:
    query = "mutation($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { url } } }"
    return {"query": query, "variables": {"input": {"teamId": tickets.project, "title": title, "description": text}}}


# path, body, and where in the answer the new ticket's address stands
_WAYS: Final[Mapping[str, tuple[str, Callable[[Tickets, str, str], dict[str, Any]], tuple[str, ...]]]] = {
    "github": ("/repos/{project}/issues", _github, ("html_url",)),
    "jira": ("/rest/api/3/issue", _jira, ("key",)),
    "zendesk": ("/api/v2/tickets.json", _zendesk, ("ticket", "url")),
    "linear": ("/graphql", _linear, ("data", "issueCreate", "issue", "url")),
}
