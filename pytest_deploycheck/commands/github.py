"""``deploycheck github status``: tell GitHub what the verdict about a deployment is, as a status of that deployment."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_deploycheck import runs, wire
from pytest_deploycheck.asks.http import HttpAsk
from pytest_deploycheck.deployments import detected_values
from pytest_deploycheck.errors import NoAnswerError, SettingsError, WireError
from pytest_deploycheck.redact import Redactor, printable
from pytest_deploycheck.reporting.base import cut, one_line
from pytest_deploycheck.sources.registry import build_sources
from pytest_deploycheck.status import Decision

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from pytest_deploycheck.model import RunRecord

LONGEST: Final = 140  # GitHub's limit for a description
CREATED: Final = 201
# a deployment that nobody could judge has an error; one that is watched goes on
STATES: Final[Mapping[Decision, str]] = {
    Decision.PASS: "success",
    Decision.WARN: "success",
    Decision.WATCH: "in_progress",
    Decision.INCONCLUSIVE: "error",
    Decision.HOTFIX: "failure",
    Decision.ROLLBACK: "failure",
    Decision.ROLLBACK_NOW: "failure",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    text = "give the deployment of the workflow's event the status of the newest verdict"
    status = actions.add_parser("status", help=text, description=text)
    status.add_argument("--report-dir", type=Path, default=Path("reports"), metavar="DIR", help="default: reports")


def run(args: argparse.Namespace) -> int:
    """Send the status and say so.

    Raises:
        SettingsError: this is no workflow that a deployment started, or the verdict cannot be read.
        NoAnswerError: GitHub did not take it.
    """
    record = _record(args.report_dir / runs.RECORD_NAME)
    token, address = _needed("GITHUB_TOKEN"), _address()
    ask = HttpAsk(
        url=address,
        method="POST",
        headers=(
            ("Authorization", f"Bearer {token}"),
            ("Accept", "application/vnd.github+json"),
            ("X-GitHub-Api-Version", "2022-11-28"),
        ),
        json_body=json.dumps(_body(record)),
        retries=2,
    )
    hide = Redactor([token]).text
    source = build_sources()[HttpAsk]
    try:
        answer = source.observe(ask)
    finally:
        source.close()
    if answer.status != CREATED:
        told = printable(hide(cut(one_line(answer.text()), 200)))
        raise NoAnswerError(
            f"GitHub answered {answer.status} to the status: {told}", "The job needs the permission deployments: write"
        )
    print(f"deployment status: {STATES[record.verdict.decision]}")  # noqa: T201  # a command's answer
    return 0


def _body(record: RunRecord) -> dict[str, object]:
    verdict = record.verdict
    server, repository, number = (
        os.environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")
    )
    return {
        "state": STATES[verdict.decision],
        # the gate's workflow starts on statuses, and knows ours by this word
        "description": cut(f"deploycheck: {verdict.decision}, {one_line(verdict.rule)}", LONGEST),
        "log_url": f"{server}/{repository}/actions/runs/{number}" if server and number else "",
        "auto_inactive": False,
    }


def _record(path: Path) -> RunRecord:
    try:
        return wire.decode_record(path.read_text("utf-8"))
    except (OSError, WireError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else str(error)
        raise SettingsError.of("command line", "--report-dir", f"{path} cannot be read ({told})") from None


def _address() -> str:
    """Return where statuses of the event's deployment go."""
    found = next((value.text for value in detected_values(os.environ) if value.field == "id"), "")
    kind, _, number = found.partition("-")
    if kind != "github" or not number.isdecimal():
        raise SettingsError.of(
            "environment", "GITHUB_EVENT_NAME", "no deployment started this workflow", hint="Use on: deployment_status."
        )
    api = os.environ.get("GITHUB_API_URL") or "https://api.github.com"
    return f"{api}/repos/{_needed('GITHUB_REPOSITORY')}/deployments/{number}/statuses"


def _needed(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SettingsError.of("environment", name, "is not set", hint="GitHub sets it; the token is github.token.")
    return value
