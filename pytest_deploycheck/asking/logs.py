"""From a declared log to what is asked of it: a file, or the arguments of the program that shows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asks import LogAsk
from pytest_deploycheck.asks.logs import ERROR_LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.settings.items import Log
    from pytest_deploycheck.settings.schema import Settings

# a check has to end on its own before it is ended
_SHARE_OF_TIME: Final = 0.8
_DOCKER: Final = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")


def log_ask(
    settings: Settings, log: Log, deployment: Deployment, now: datetime, *, window: float | None = None
) -> LogAsk:
    """Return the question to a log; everything that is declared about it is asked at once.

    Without ``since`` it is about the time after the deployment, or about the whole log when that time is not known.
    ``window`` (seconds before now) takes the place of ``since``, for a metric's own counting window.
    """
    since = _since(log, deployment, now, window)
    until = now - timedelta(seconds=log.until) if log.until else None
    known = since - timedelta(seconds=log.lookback) if since and log.new_errors and window is None else None
    patterns, levels = _asked_of(settings, log, window)
    given: dict[str, Any] = {
        "patterns": tuple(dict.fromkeys((*(() if window is not None else (*log.require, *log.forbid)), *patterns))),
        "levels": tuple(dict.fromkeys((*ERROR_LEVELS, *levels))),
        "since": since,
        "until": until,
        "tail": log.tail,
        "signatures": log.signatures if window is None else 0,
        "known_since": known,
        "zone": log.timezone,
        "timeout": log.timeout or settings.run.check_timeout * _SHARE_OF_TIME,
    }
    if log.path is not None:
        return LogAsk(path=str(settings.root / log.path), rotated=log.rotated and since is not None, **given)
    build = next(build for name, build in _PROGRAMS.items() if getattr(log, name))
    earliest = known or since
    return LogAsk(cwd=str(settings.root), **(given | build(log, earliest, until)))


def _since(log: Log, deployment: Deployment, now: datetime, window: float | None) -> datetime | None:
    if window is not None:
        return now - timedelta(seconds=window)
    known = deployment.deployed_at if deployment.deployed_at_known else None
    return now - timedelta(seconds=log.since) if log.since else known


def _asked_of(settings: Settings, log: Log, window: float | None) -> tuple[list[str], list[str]]:
    """Return the patterns and levels that the metrics of the log ask for in this window."""
    metrics: Iterable[Any] = (
        metric
        for metric in settings.metrics
        if getattr(metric, "source", "") == "log" and getattr(metric, "log", "") == log.id and metric.window == window
    )
    patterns: list[str] = []
    levels: list[str] = []
    for metric in metrics:
        patterns += [pattern for pattern in (metric.pattern, metric.of) if pattern]
        levels += [metric.level] if metric.level else []
    return patterns, levels


def _docker(log: Log, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    argv = ["docker", "logs", "--timestamps", *_times(("--since", since), ("--until", until))]
    if log.tail and until is None:
        argv += ["--tail", str(log.tail)]
    return {"argv": (*argv, "--", str(log.docker)), "stamped": True, "allow": (*_DOCKER, *log.env)}


def _kubectl(log: Log, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    # with a selector the default is the last 10 lines
    tail = str(log.tail) if log.tail and until is None else "-1"
    times = [f"--since-time={_text(since)}"] if since else []
    argv = ("kubectl", "logs", "--timestamps", f"--tail={tail}", *times, *(log.kubectl or ()))
    return {"argv": argv, "stamped": True, "allow": ("KUBECONFIG", *log.env)}


def _journal(log: Log, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    argv = ["journalctl", "--no-pager", "--quiet", "--utc", "--output=short-iso", f"--unit={log.journal}"]
    for option, moment in (("since", since), ("until", until)):
        if moment is not None:
            argv.append(f"--{option}={moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")
    if log.tail and until is None:
        argv.append(f"--lines={log.tail}")
    return {"argv": tuple(argv), "allow": log.env}


def _command(log: Log, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    argv = log.command or ()
    named = any("{since}" in part or "{until}" in part for part in argv)
    # without a known beginning the program is asked for everything
    start, end = since or datetime(1970, 1, 1, tzinfo=UTC), until or datetime.now(UTC)
    filled = tuple(part.replace("{since}", _text(start)).replace("{until}", _text(end)) for part in argv)
    return {"argv": filled, "bounded": named and not log.new_errors, "allow": log.env}


_PROGRAMS: Final[Mapping[str, Callable[[Log, datetime | None, datetime | None], dict[str, Any]]]] = {
    "docker": _docker,
    "kubectl": _kubectl,
    "journal": _journal,
    "command": _command,
}


def _times(*given: tuple[str, datetime | None]) -> list[str]:
    return [part for option, moment in given if moment is not None for part in (option, _text(moment))]


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
