"""Rules that join several keys of the settings; they look at the raw tables, so that one error never hides another.

Every rule bears tables of any shape: what has the wrong type is told by the models.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.phases import PRESETS, resolve_phase
from pytest_deploycheck.settings.integrity import KINDS
from pytest_deploycheck.settings.jobs import job_rules
from pytest_deploycheck.settings.logs import PLACES, log_metric_rules, log_rules
from pytest_deploycheck.settings.placeholders import placeholder
from pytest_deploycheck.settings.raw import Finding, Path, Raw, items, seconds_of, table, texts
from pytest_deploycheck.settings.rules_servers import DEPENDENCIES, SERVER_RULES
from pytest_deploycheck.settings.rules_tickets import ticket_rules
from pytest_deploycheck.settings.suggest import suggestion
from pytest_deploycheck.settings.telling.rules import broken_alert_rules
from pytest_deploycheck.templates import BUILT_IN, names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECTIONS: Final = (
    "endpoint", "flow", "metric", "integrity", "key_query", "tenant_isolation", "dependency", "alert_rule", "log",
    "container", "workload", "job", "page", "realtime", "attest",
)  # fmt: skip
_ONE_OF: Final = {
    "integrity": KINDS,
    "dependency": DEPENDENCIES,
    "log": PLACES,
    "job": ("sql", "path", "file", "metric"),
    "backup": ("folder", "store", "tool"),
}
_PARAMETER: Final = re.compile(r"(?<!%)(?:%%)*%\(([^)]*)\)s")
_SQL_PARAMETERS: Final = ("deployed_at", "window_start", "window_end")
_OF_CAPACITY: Final = re.compile(r"of\s+capacity", re.IGNORECASE)


def broken_rules(raw: Raw) -> Iterator[Finding]:
    """Yield everything that the tables say together and cannot mean."""
    for rule in _RULES:
        yield from rule(raw)


def _unique(raw: Raw) -> Iterator[Finding]:
    namespaces = (
        *((section,) for section in SECTIONS if section not in {"metric", "integrity"}),
        ("metric", "integrity"),
    )
    for sections in namespaces:
        seen: dict[str, Path] = {}
        for path, item in chain.from_iterable(items(raw, section) for section in sections):
            name = item.get("id")
            if isinstance(name, str) and seen.setdefault(name, path) != path:
                first = seen[name]
                yield Finding(
                    (*path, "id"),
                    f"is used twice, first in {first[0]}[{first[1]}]",
                    "Give each an id of its own.",
                    name,
                )


def _unique_environments(raw: Raw) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, environment in items(raw, "environment"):
        name = environment.get("name")
        if isinstance(name, str) and name in seen:
            yield Finding((*path, "name"), "is used twice", None, name)
        seen |= {name} if isinstance(name, str) else set()


def _exactly_one(raw: Raw) -> Iterator[Finding]:
    for section, keys in _ONE_OF.items():
        for path, item in items(raw, section):
            given = [key for key in keys if key in item]
            if len(given) != 1:
                message = f"has {' and '.join(given)}" if given else f"has none of {', '.join(keys)}"
                yield Finding(path, message, f"Give exactly one of {', '.join(keys)}.")


def _tenants(raw: Raw) -> Iterator[Finding]:
    for path, item in items(raw, "tenant_isolation"):
        tenants = item.get("tenants")
        if isinstance(tenants, list) and len(tenants) > 1 and len({str(each) for each in tenants}) < len(tenants):
            yield Finding((*path, "tenants"), "names a tenant twice")
        if "table" in item and "tables" in item:
            yield Finding((*path, "tables"), "does not fit beside table", "Put all of them into tables.")
        if not item.get("setting") and not item.get("claims"):
            yield Finding(path, "says neither setting nor claims", 'Give setting = "app.tenant_id", or claims.')
        claims = item.get("claims")
        if isinstance(claims, dict) and claims and not any("{tenant}" in text for _, text in texts(claims)):
            yield Finding((*path, "claims"), "name no tenant", 'Write "{tenant}" where the tenant stands.')


def _backups(raw: Raw) -> Iterator[Finding]:
    for path, item in items(raw, "backup"):
        if "folder" not in item:
            yield from (
                Finding((*path, key), "needs a folder", "Only what lies in a folder can be read.")
                for key in ("restore", "components", "database", "fingerprint")
                if item.get(key)
            )
        if not item.get("restore"):
            yield from (
                Finding((*path, key), "does nothing without restore", "Set restore = true.")
                for key in ("restore_dsn", "fingerprint", "restore_timeout")
                if key in item
            )


def _redirects(raw: Raw) -> Iterator[Finding]:
    for path, item in items(raw, "endpoint"):
        if item.get("follow_redirects") is True and "redirect" in item:
            yield Finding(
                (*path, "redirect"), "cannot be seen when redirects are followed", "Leave out follow_redirects."
            )


def _bearer(raw: Raw) -> Iterator[Finding]:
    if "bearer" in table(raw, "service"):
        return
    for section, key in (("endpoint", "auth"), ("metric", "auth"), ("job", "auth")):
        for path, item in items(raw, section):
            if item.get(key) is True:
                yield Finding(
                    (*path, key), "needs service.bearer, which is not set", 'Set bearer = "${TOKEN}" in [service].'
                )


def _database(raw: Raw) -> Iterator[Finding]:
    if "database" in raw:
        return
    asking = chain(
        (path for path, item in items(raw, "metric") if item.get("source") == "sql"),
        (path for path, item in items(raw, "job") if "sql" in item),
        *((path for path, _ in items(raw, section)) for section in ("integrity", "key_query", "tenant_isolation")),
    )
    for path in asking:
        yield Finding(path, "needs a database", 'Add [database] with dsn = "${DATABASE_URL}".')


def _denominators(raw: Raw) -> Iterator[Finding]:
    known = {str(item["id"]): item for _, item in items(raw, "metric") if "id" in item}
    for path, item in items(raw, "metric"):
        name = item.get("denominator")
        if not isinstance(name, str):
            continue
        other = known.get(name)
        if other is None:
            yield Finding((*path, "denominator"), "is no metric", suggestion(name, known), name)
        elif "denominator" in other or other.get("source") == "check" or item.get("source") == "check":
            yield Finding(
                (*path, "denominator"),
                "cannot be divided by" if item.get("source") != "check" else 'does not fit source = "check"',
                "Name a metric that counts, with a source and without a denominator of its own.",
                name,
            )


def _controls(raw: Raw) -> Iterator[Finding]:
    known = {str(item["id"]) for _, item in items(raw, "metric") if "id" in item}
    for path, item in items(raw, "metric"):
        name = item.get("control")
        if isinstance(name, str) and (name not in known or name == item.get("id")):
            said = "is no metric" if name not in known else "is the metric itself"
            yield Finding((*path, "control"), said, suggestion(name, known), name)


def _capacity(raw: Raw) -> Iterator[Finding]:
    known = table(table(raw, "service"), "capacity")
    for path, item in items(raw, "metric"):
        name = item.get("capacity")
        if isinstance(name, str) and name not in known and not name.replace(".", "", 1).isdigit():
            yield Finding((*path, "capacity"), "is not in service.capacity", suggestion(name, known), name)
        levels = table(item, "levels")
        needing = [level for level, text in levels.items() if isinstance(text, str) and _OF_CAPACITY.search(text)]
        if needing and name is None:
            hint = 'Set capacity = 100, or capacity = "name" of one in service.capacity.'
            yield Finding((*path, "levels", needing[0]), "needs capacity, which is not set", hint, levels[needing[0]])


def _sql(raw: Raw) -> Iterator[Finding]:
    for path, item in chain(items(raw, "metric"), items(raw, "integrity")):
        sql = item.get("sql")
        unknown = (
            [name for name in _PARAMETER.findall(sql) if name not in _SQL_PARAMETERS] if isinstance(sql, str) else []
        )
        for name in unknown:
            yield Finding((*path, "sql"), "unknown parameter", suggestion(name, _SQL_PARAMETERS), f"%({name})s")


def _phases(raw: Raw) -> Iterator[Finding]:
    for name, times in table(raw, "phases").items():
        path: Path = ("phases", name)
        if name not in PRESETS:
            yield Finding(path, "unknown phase", suggestion(name, PRESETS))
        elif isinstance(times, dict):
            yield from _window(path, name, times)


def _window(path: Path, name: str, times: Raw) -> Iterator[Finding]:
    phase = resolve_phase(name)
    for key in ("window_start", "window_end"):
        if key in times and phase.end in {None, 0.0}:
            yield Finding((*path, key), "this phase has no window", "Only interval can be changed.")
    start, end = (seconds_of(times.get(key)) for key in ("window_start", "window_end"))
    start, end = (phase.start if start is None else start), (phase.end if end is None else end)
    if start is not None and end is not None and phase.end and start >= end:
        yield Finding(path, "the window ends before it starts", "Make window_start earlier than window_end.")


def _flows(raw: Raw) -> Iterator[Finding]:
    for path, flow in items(raw, "flow"):
        known = {*BUILT_IN, *table(flow, "variables")}
        for part in ("steps", "cleanup"):
            for (_, index), step in items(flow, part):
                yield from _variables((*path, part, index), step, known)
                known |= set(table(step, "capture"))


def _variables(path: Path, step: Raw, known: set[str]) -> Iterator[Finding]:
    expect = table(step, "expect")
    places: list[tuple[tuple[str, ...], Any]] = [
        *(((key,), step.get(key)) for key in ("path", "json", "headers", "bearer")),
        *((("expect", key), expect.get(key)) for key in ("json", "contains")),
    ]
    for key, value in places:
        for where, text in texts(value, (*path, *key)):
            for name in names_in(text):
                if name not in known:
                    hint = (
                        f"{suggestion(name, sorted(known))} Declare it in variables or capture it in an earlier step."
                    )
                    yield Finding(where, f"unknown variable {{{name}}}", hint)


def _values(raw: Raw) -> Iterator[Finding]:
    for path, value in texts(raw):
        if isinstance(value, (dt.date, dt.time)):
            yield Finding(path, "is a date", "Write it as text in quotes.", str(value))
        elif isinstance(value, float) and not math.isfinite(value):
            yield Finding(path, "is no finite number", None, value)
        elif isinstance(value, str) and "${" not in value:
            left = placeholder(value, _key(path))
            if left is not None:
                yield Finding(path, f"the placeholder {left} was left in", "Write the real value.", value)


def _key(path: Path) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "")


_RULES: Final[tuple[Callable[[Raw], Iterator[Finding]], ...]] = (
    _unique,
    _unique_environments,
    _exactly_one,
    log_rules,
    log_metric_rules,
    job_rules,
    _tenants,
    _backups,
    _redirects,
    _bearer,
    _database,
    ticket_rules,
    _denominators,
    _controls,
    *SERVER_RULES,
    _capacity,
    _sql,
    _phases,
    _flows,
    broken_alert_rules,
    _values,
)
