"""``deploycheck history``: what is remembered of runs, listed, shown, moved, thinned out, marked as not to be used."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck import wire
from pytest_deploycheck.baselines import CAPTURING
from pytest_deploycheck.deployments import read_time
from pytest_deploycheck.errors import HistoryError, SettingsError
from pytest_deploycheck.history import History, open_history
from pytest_deploycheck.history.exchange import LARGEST_LINE
from pytest_deploycheck.history.retention import Cutoffs
from pytest_deploycheck.history.values import to_ms
from pytest_deploycheck.places import place_of
from pytest_deploycheck.redact import Redactor, printable
from pytest_deploycheck.reporting.summary import summary_markdown
from pytest_deploycheck.settings.load import load_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping
    from typing import TextIO

    from pytest_deploycheck.history import RunRow
    from pytest_deploycheck.settings.schema import Settings

_SHOWN: Final = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    made = {name: actions.add_parser(name, help=text, description=text) for name, (text, _) in _ACTIONS.items()}
    for name, action in made.items():
        action.add_argument(
            "--deploy-config", type=Path, metavar="PATH", help="the settings file (default: the nearest)"
        )
        action.add_argument("--deploy-history", metavar="URL", help="the history (default: that of the settings)")
        action.add_argument("--deploy-report-dir", type=Path, metavar="DIR", help="the folder of the reports")
        if name != "import":
            action.add_argument("--json", action="store_true", help="print JSON lines")
    for name in ("list", "export", "invalidate"):
        made[name].add_argument("--deploy-id", metavar="ID", help="runs of this deployment")
        made[name].add_argument("--environment", metavar="NAME", help="runs in this environment")
        made[name].add_argument("--phase", metavar="NAME", help="runs of this phase")
        made[name].add_argument("--since", metavar="TIME", help="runs that began at or after it: a time, or an age")
        made[name].add_argument("--until", metavar="TIME", help="runs that began before it")
    made["list"].add_argument("--limit", type=int, default=_SHOWN, metavar="N", help=f"default: {_SHOWN}; 0 is all")
    made["show"].add_argument("run", type=int, help="the number of the run, as list prints it")
    made["export"].add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    made["import"].add_argument("file", type=Path, help="what export wrote; - is standard input")
    made["prune"].add_argument("--dry-run", action="store_true", help="say what would be deleted, and delete nothing")
    made["invalidate"].add_argument("run", type=int, nargs="*", help="the numbers of runs, as list prints them")
    made["invalidate"].add_argument("--reason", metavar="TEXT", help="why they are not to be used")
    made["invalidate"].add_argument("--undo", action="store_true", help="use them again")


def run(args: argparse.Namespace) -> int:
    """Open the history and do what was asked.

    Raises:
        SettingsError: the settings or an argument are wrong.
        HistoryError: the history cannot be used.
    """
    overrides = {"history.url": args.deploy_history}
    if args.deploy_report_dir is not None:
        overrides["reports.dir"] = str(args.deploy_report_dir.absolute())
    settings = load_settings(args.deploy_config, cwd=Path.cwd(), environ=os.environ, overrides=overrides)
    with open_history(
        place_of(settings),
        service=settings.service.name,
        timeout=settings.history.timeout,
        create=args.action == "import",
    ) as history:
        _, act = _ACTIONS[args.action]
        return act(args, history, settings)


def _list(args: argparse.Namespace, history: History, _settings: Settings) -> int:
    found = _chosen(args, history, limit=args.limit or None)
    if args.json:
        _say("\n".join(json.dumps(_as_json(row)) for row in found))
        return 0
    rows = [_row(row) for row in found]
    _say("\n".join(_HEAD + rows) if rows else "no runs")
    return 0


_HEAD: Final = [f"{'run':>7}  {'began (UTC)':<16}  {'phase':<16}  {'tick':>5}  {'verdict':<13}  deployment"]


def _row(row: RunRow) -> str:
    verdict = row.decision or "not finished"
    marked = f"  (not used: {row.invalid})" if row.invalid is not None else ""
    began = f"{row.started_at:%Y-%m-%d %H:%M}"
    where = f"{row.deployment} in {row.environment}"
    return f"{row.id:>7}  {began}  {row.phase:<16}  {row.tick:>5}  {verdict:<13}  {where}{marked}"


def _show(args: argparse.Namespace, history: History, _settings: Settings) -> int:
    found = history.run(args.run)
    if found is None:
        raise HistoryError(f"there is no run {args.run}", "See deploycheck history list")
    record = history.record(args.run)
    if record is None:
        _say(json.dumps(_as_json(found)) if args.json else "\n".join([*_HEAD, _row(found), "its record is not kept"]))
        return 0
    _say(wire.encode_record(record).rstrip() if args.json else summary_markdown(record).rstrip())
    return 0


def _export(args: argparse.Namespace, history: History, _settings: Settings) -> int:
    lines = history.export(_chosen(args, history))
    if args.output is None:
        sys.stdout.writelines(lines)
        return 0
    try:
        with args.output.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
    except OSError as error:
        raise HistoryError(f"{args.output} cannot be written: {error.strerror}") from None
    return 0


def _import(args: argparse.Namespace, history: History, _settings: Settings) -> int:
    if str(args.file) == "-":
        taken = history.take_in(_lines(sys.stdin))
    else:
        try:
            with args.file.open(encoding="utf-8", errors="replace") as file:
                taken = history.take_in(_lines(file))
        except OSError as error:
            raise HistoryError(f"{args.file} cannot be read: {error.strerror}") from None
    history.compact(1_000_000)
    _say(f"{taken.added} runs added with {taken.points} observations, {taken.known} were here")
    return 0


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(LARGEST_LINE):
        yield line


def _prune(args: argparse.Namespace, history: History, settings: Settings) -> int:
    now, kept = datetime.now(UTC), settings.retention
    before = {one.name: to_ms(now - timedelta(seconds=getattr(kept, one.name))) for one in fields(Cutoffs)}
    done = history.prune(Cutoffs(**before), capturing=CAPTURING, dry_run=args.dry_run)
    told = asdict(done)
    verb = "would be deleted" if args.dry_run else "deleted"
    _say(json.dumps(told) if args.json else f"{verb}: " + ", ".join(f"{count} {name}" for name, count in told.items()))
    return 0


def _invalidate(args: argparse.Namespace, history: History, settings: Settings) -> int:
    if not args.undo and not args.reason:
        raise SettingsError.of("command line", "--reason", "is not given", hint="Say why: --reason 'load test'.")
    chosen = [args.deploy_id, args.environment, args.phase, args.since, args.until]
    if not args.run and not any(chosen):
        raise SettingsError.of("command line", "invalidate", "names no run", hint="Give numbers of runs, or --since.")
    numbers = args.run or [row.id for row in _chosen(args, history, valid=None)]
    reason = None if args.undo else Redactor(settings.secrets).text(args.reason)
    count = history.invalidate(numbers, reason)
    told = {"runs": count, "reason": reason}
    _say(json.dumps(told) if args.json else f"{count} runs {'are used again' if args.undo else 'are no longer used'}")
    return 0


def _chosen(
    args: argparse.Namespace, history: History, *, limit: int | None = None, valid: bool | None = None
) -> tuple[RunRow, ...]:
    now = datetime.now(UTC)
    since, until = (None if text is None else read_time(text, now) for text in (args.since, args.until))
    return history.runs(
        args.deploy_id,
        environment=args.environment,
        phase=args.phase,
        since=since,
        until=until,
        valid=valid,
        limit=limit,
    )


def _as_json(row: RunRow) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(row).items()}


def _say(text: str) -> None:
    print(printable(text, multiline=True))  # noqa: T201  # a command's answer


_ACTIONS: Final[Mapping[str, tuple[str, Callable[[argparse.Namespace, History, Settings], int]]]] = {
    "list": ("list runs, the newest first", _list),
    "show": ("show one run with its checks", _show),
    "export": ("write runs with everything that they observed as JSON lines", _export),
    "import": ("add the runs of an exported history that are not here", _import),
    "prune": ("delete what is older than [retention] says", _prune),
    "invalidate": ("mark runs as not to be used, for example those of a load test", _invalidate),
}
