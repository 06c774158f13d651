"""``deploycheck replay``: judge recorded data look by look, and count how often thresholds would have cried wolf."""

from __future__ import annotations

import json
import math
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck import recordings
from pytest_deploycheck.errors import SettingsError, SettingsProblem
from pytest_deploycheck.judgement.ladder import Ladder, LadderError, parse_ladder
from pytest_deploycheck.judgement.sequential import OutcomeKind, Rules, RulesError
from pytest_deploycheck.phases import parse_duration
from pytest_deploycheck.redact import printable
from pytest_deploycheck.replay import QUANTILE_OF, Replay, ReplayOptions, replay_counts, replay_gauge, replay_latency

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.recordings import Recording

_HERE: Final = "command line"
_UNITS: Final = {"counts": "%", "latency": "s", "gauge": ""}
_SHOWN: Final = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--kind", required=True, choices=list(_KINDS), help="what was recorded")
    parser.add_argument("--baseline", type=Path, metavar="CSV", help="what was recorded before the deployment")
    parser.add_argument("--observed", type=Path, metavar="CSV", help="what was recorded after it")
    parser.add_argument("--deployed-at", metavar="TIME", help="splits one file: seconds since 1970 or ISO 8601")
    parser.add_argument(
        "--levels", nargs="+", metavar="LEVEL", help="thresholds to try: 'medium > 1%%, critical > 5%%'"
    )
    parser.add_argument("--for", dest="sustained", default="0s", metavar="DURATION", help="how long they have to hold")
    parser.add_argument("--unit", metavar="UNIT", help="of the values (default: %% for counts, s for latency)")
    parser.add_argument("--statistic", choices=list(QUANTILE_OF), default="p95", help="of a latency (default: p95)")
    parser.add_argument("--every", default="1m", metavar="DURATION", help="a look at latencies (default: 1m)")
    parser.add_argument("--alpha", default="0.01", metavar="NUMBER", help="chance of a false alarm (default: 0.01)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Replay and print what was found.

    Raises:
        SettingsError: an argument or a file is wrong.
    """
    options = _options(args)
    baseline, observed, started = _files(args)
    found = _KINDS[args.kind](baseline, observed, options(started), _duration(args.every, "--every"))
    _print(
        json.dumps(as_json(found, args.kind, options(started), iso=observed.iso), allow_nan=False)
        if args.json
        else _table(found, iso=observed.iso)
    )
    return 0


def _options(args: argparse.Namespace) -> Callable[[float], ReplayOptions]:
    try:
        rules = Rules(alpha=float(args.alpha))
    except (ValueError, RulesError):
        raise SettingsError.of(_HERE, "--alpha", "has to lie between 0 and 0.5", value=repr(args.alpha)) from None
    unit = _UNITS[args.kind] if args.unit is None else args.unit
    if args.kind == "counts" and unit != "%":
        raise SettingsError.of(_HERE, "--unit", "counts are judged in %", value=repr(unit))
    levels = _levels(" ".join(args.levels), unit) if args.levels else None
    sustained = _duration(args.sustained, "--for", least=0.0)

    def at(started: float) -> ReplayOptions:
        return ReplayOptions(rules, levels, unit, sustained, started, args.statistic)

    return at


def _duration(text: str, option: str, least: float = 1e-3) -> float:
    try:
        seconds = parse_duration(text)
    except (ValueError, OverflowError):
        seconds = -1.0
    if not least <= seconds < math.inf:
        raise SettingsError.of(_HERE, option, "no duration", value=repr(text), hint="Write 1m or 30s.")
    return seconds


def _levels(text: str, unit: str) -> Ladder:
    """Read ``medium > 1%, critical > 5%``, or a table as the settings or JSON write it."""
    try:
        table: Any = _table_of(text)
        if not isinstance(table, dict):
            raise SettingsError.of(_HERE, "--levels", "no table of levels", value=repr(text))
        return parse_ladder(table, unit)
    except LadderError as error:
        raise SettingsError(
            tuple(
                SettingsProblem(_HERE, f"--levels {each.level}".strip(), each.message, value=each.value)
                for each in error.problems
            )
        ) from None


def _table_of(text: str) -> Any:
    if text.lstrip().startswith("{"):
        for read in (json.loads, lambda written: tomllib.loads(f"levels = {written}")["levels"]):
            try:
                return read(text)
            except (ValueError, RecursionError):
                continue
        raise SettingsError.of(_HERE, "--levels", "no table of levels", value=repr(text))
    pairs = [part.strip().partition(" ") for part in text.split(",") if part.strip()]
    doubled = {level for level, _, _ in pairs if sum(level == other for other, _, _ in pairs) > 1}
    if doubled:
        raise SettingsError.of(_HERE, "--levels", f"the level {min(doubled)} is given twice", value=repr(text))
    return {level.rstrip(":"): condition.strip().removeprefix("= ").strip() for level, _, condition in pairs}


def _files(args: argparse.Namespace) -> tuple[Recording, Recording, float]:
    paths = [path for path in (args.baseline, args.observed) if path is not None]
    if not paths:
        raise SettingsError.of(_HERE, "--observed", "no file is given", hint="Give --baseline B.csv --observed O.csv.")
    started = math.nan
    if args.deployed_at is not None:
        found = recordings.parse_timestamp(args.deployed_at)
        if found is None:
            raise SettingsError.of(
                _HERE, "--deployed-at", "neither seconds since 1970 nor ISO 8601", value=repr(args.deployed_at)
            )
        started = found
    elif len(paths) == 1:
        missing = "--observed" if args.observed is None else "--baseline"
        raise SettingsError.of(_HERE, missing, "is not given", hint="Or split one file with --deployed-at TIME.")
    read = [recordings.read_recording(path, args.kind) for path in paths]
    if math.isnan(started):
        return read[0], read[1], started
    baseline, observed = read[0].split(started)[0] if len(read) == 1 else read[0], read[-1].split(started)[1]
    for part, name in ((baseline, "before"), (observed, "after")):
        if not part.rows:
            raise SettingsError.of(part.name, "", f"has no row {name} the deployment", value=args.deployed_at)
    return baseline, observed, started


def _counts(baseline: Recording, observed: Recording, options: ReplayOptions, _every: float) -> Replay:
    return replay_counts(
        ((row[0], row[1], row[2]) for row in baseline.rows),
        ((row[0], row[1], row[2]) for row in observed.rows),
        options,
    )


def _latency(baseline: Recording, observed: Recording, options: ReplayOptions, every: float) -> Replay:
    before, after = (recordings.latency_looks(each.rows, every) for each in (baseline, observed))
    return replay_latency(before, after, options)


def _gauge(baseline: Recording, observed: Recording, options: ReplayOptions, _every: float) -> Replay:
    return replay_gauge(
        ((row[0], row[1]) for row in baseline.rows), ((row[0], row[1]) for row in observed.rows), options
    )


_KINDS: Final[Mapping[str, Callable[[Recording, Recording, ReplayOptions, float], Replay]]] = {
    "counts": _counts,
    "latency": _latency,
    "gauge": _gauge,
}


def as_json(found: Replay, kind: str, options: ReplayOptions, *, iso: bool) -> dict[str, Any]:
    """Return what was found as JSON has it; times as the observed file writes them."""

    def when(seconds: float | None) -> str | float | None:
        return None if seconds is None else recordings.show_timestamp(seconds, iso=iso)

    return {
        "schema_version": 1,
        "kind": kind,
        "alpha": options.rules.alpha,
        "threshold": found.threshold,
        "baseline": found.baseline,
        "phi": found.phi,
        "looks": [
            {
                "timestamp": when(look.timestamp),
                "outcome": str(look.outcome),
                "evidence": look.evidence,
                "value": look.value,
                "reason": look.reason,
            }
            for look in found.looks
        ],
        "first_regression": when(found.first_regression),
        "first_healthy": when(found.first_healthy),
        "rules": [
            {
                "level": rule.level,
                "condition": rule.condition,
                "firings": [when(each) for each in rule.firings],
                "alarms": rule.alarms,
                "problem": rule.problem,
            }
            for rule in found.rules
        ],
    }


def _table(found: Replay, *, iso: bool) -> str:
    """Return what was found for people: each change of the outcome, then the thresholds."""
    changes = [
        look
        for before, look in zip((None, *found.looks), found.looks, strict=False)
        if before is None or before.outcome is not look.outcome
    ]
    lines = [f"{_time(look.timestamp, iso=iso):<26}{look.outcome!s:<12}{look.reason}" for look in changes[:_SHOWN]]
    if len(changes) > _SHOWN:
        lines.append(f"... and {len(changes) - _SHOWN} more changes")
    counts = ", ".join(f"{sum(look.outcome is kind for look in found.looks)} {kind}" for kind in OutcomeKind)
    lines += ["", f"{len(found.looks)} looks: {counts}"]
    for rule in found.rules:
        first = f", first at {_time(rule.firings[0], iso=iso)}" if rule.firings else ""
        said = rule.problem or f"{len(rule.firings)} looks in {rule.alarms} alarms{first}"
        lines.append(f"{rule.level} {rule.condition}: {said}")
    return printable("\n".join(lines), multiline=True)


def _time(seconds: float, *, iso: bool) -> str:
    return str(recordings.show_timestamp(seconds, iso=iso))


def _print(text: str) -> None:
    print(text)  # noqa: T201  # a command's answer
