"""``deploycheck attest``: a person answers what no machine can check; the answer counts in the next run."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_deploycheck import attestations
from pytest_deploycheck.deployments import read_time
from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.model import Attestation
from pytest_deploycheck.phases import parse_duration
from pytest_deploycheck.redact import Redactor, printable
from pytest_deploycheck.settings.load import load_settings
from pytest_deploycheck.verdict import Question

if TYPE_CHECKING:
    import argparse

    from pytest_deploycheck.settings.schema import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("id", help="the question: an [[attest]] of the settings, or one of the verdict's own")
    parser.add_argument("--by", required=True, metavar="NAME", help="who answers")
    parser.add_argument("--answer", choices=attestations.ANSWERS, default="yes", help="default: yes")
    parser.add_argument("--note", help="a remark")
    parser.add_argument("--expires", metavar="TIME", help="until when it counts: a duration from now, or a time")
    parser.add_argument("--deploy-id", metavar="ID", help="the deployment (default: DEPLOYCHECK_DEPLOY_ID, else any)")
    parser.add_argument("--deploy-environment", metavar="NAME", help="the environment, when the settings have several")
    parser.add_argument("--deploy-config", type=Path, metavar="PATH", help="the settings file (default: the nearest)")
    parser.add_argument("--deploy-report-dir", type=Path, metavar="DIR", help="the folder of the reports")


def run(args: argparse.Namespace) -> int:
    """Write the answer down and say so.

    Raises:
        SettingsError: there is no such question, or a value is wrong.
        NoAnswerError: it cannot be written.
    """
    environment = args.deploy_environment or os.environ.get("DEPLOYCHECK_DEPLOY_ENVIRONMENT") or None
    settings = load_settings(args.deploy_config, cwd=Path.cwd(), environ=os.environ, environment=environment)
    _require_question(settings, args.id)
    now = datetime.now(UTC)
    redact = Redactor(settings.secrets).text
    deployment = args.deploy_id or os.environ.get("DEPLOYCHECK_DEPLOY_ID") or None
    _require_end(args.id, deployment, args.expires, frozenset(entry.id for entry in settings.attests))
    attestation = Attestation(
        id=args.id,
        by=redact(args.by),
        at=now,
        answer=args.answer,
        deployment=deployment,
        note=redact(args.note) if args.note else None,
        expires=None if args.expires is None else _expiry(args.expires, now),
    )
    folder = args.deploy_report_dir or settings.root / settings.reports.dir
    path = attestations.append(folder, attestation)
    until = f", until {attestation.expires:%Y-%m-%d %H:%M} UTC" if attestation.expires else ""
    scope = f"deployment {deployment}" if deployment else "every deployment"
    print(  # noqa: T201  # a command's answer
        printable(f"{attestation.id}: {attestation.answer} by {attestation.by}, for {scope}{until} ({path.name})")
    )
    return 0


def _require_question(settings: Settings, name: str) -> None:
    own = [question.value for question in Question]
    known = [*(entry.id for entry in settings.attests), *own, attestations.RESTORE, attestations.SIGN_OFF]
    if name in known:
        return
    near = get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
    raise SettingsError.of(settings.path.name, "attest", "no such question", value=repr(name), hint=hint)


def _require_end(name: str, deployment: str | None, expires: str | None, declared: frozenset[str]) -> None:
    """Refuse an answer about one release that would count for every later one."""
    alone = {attestations.RESTORE, attestations.SIGN_OFF} - declared
    of_one = name in {question.value for question in Question} and expires is None
    if deployment is None and (of_one or name in alone):
        raise SettingsError.of(
            "command line",
            name,
            "this answer is about one deployment, and none is named",
            hint="Add --deploy-id ID (or --expires 2h)." if of_one else "Add --deploy-id ID.",
        )


def _expiry(text: str, now: datetime) -> datetime:
    try:
        return now + timedelta(seconds=parse_duration(text))
    except (ValueError, OverflowError):
        pass
    try:
        end = read_time(text, now)
    except SettingsError:
        raise _bad_end(text, "neither a duration nor a time with a zone") from None
    if end <= now:
        raise _bad_end(text, "in the past: the answer would never count")
    return end


def _bad_end(text: str, complaint: str) -> SettingsError:
    return SettingsError.of("command line", "--expires", complaint, value=repr(text), hint="Write 7d.")
