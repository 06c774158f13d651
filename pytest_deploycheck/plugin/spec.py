"""What a collected pytest item is as a check: severity, impact, phases and hints, from markers and settings."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pytest

from pytest_deploycheck.judgement.limits import NO_LIMITS, Limits
from pytest_deploycheck.phases import parse_duration, resolve_item_phases
from pytest_deploycheck.plugin.names import check_id
from pytest_deploycheck.status import Confirms, Impact, OnFail, Policy, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.settings.items import Item as Entry

_Scale = TypeVar("_Scale", Impact, OnFail, Confirms)
SPEC: Final = pytest.StashKey["CheckSpec"]()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """A check as the plugin sees it. ``entry`` is the settings entry it was made for, None for a check of its own."""

    id: str
    nodeid: str
    title: str
    severity: Severity
    impact: Impact
    phases: tuple[str, ...] = ()
    due: float | None = None
    action: str | None = None
    runbook: str | None = None
    on_fail: OnFail | None = None
    confirms: Confirms | None = None
    dry_run: bool = False
    required: bool = False
    attestation: str | None = None
    no_data: Policy = Policy.INCONCLUSIVE
    no_baseline: Policy = Policy.INCONCLUSIVE
    limits: Limits = NO_LIMITS
    aspect: str = "main"
    entry: Any = None


def spec_of(item: pytest.Item) -> CheckSpec:
    """Return the check that an item is.

    Severity and impact come from the test function's markers when it has them (it looks at one aspect of an entry),
    then from the entry; everything else from the entry first.

    Raises:
        pytest.UsageError: a marker holds something that it does not take.
    """
    entry = entry_of(item)
    try:
        spec = _from_markers(item)
    except (ValueError, TypeError) as error:
        raise pytest.UsageError(f"{item.nodeid}: {error}") from None
    return spec if entry is None else _with_entry(spec, entry, item)


def entry_of(item: pytest.Item) -> Entry | None:
    """Return the settings entry that the item was parametrized with through ``each``; None when none is declared."""
    section = section_of(item)
    callspec = getattr(item, "callspec", None)
    if section is None or callspec is None:
        return None
    entry = callspec.params.get(argument_of(section))
    return entry if hasattr(entry, "kind") else None  # pytest puts a placeholder where there is nothing


def argument_of(section: str) -> str:
    """Return the argument that takes an entry of a section: its name, but ``flow`` is the fixture that runs one."""
    return "declared_flow" if section == "flow" else section


def section_of(item: pytest.Item) -> str | None:
    """Return the section that the item's ``each`` marker names, or None."""
    marker = item.get_closest_marker("each")
    return marker.args[0] if marker is not None and marker.args else None


def _from_markers(item: pytest.Item) -> CheckSpec:
    marks = _closest(item)
    phases, due = _phases(item) if "phase" in marks else ((), None)
    action = marks.get("action")
    on_fail, confirms = _argument(marks, "on_fail"), _argument(marks, "confirms")
    return CheckSpec(
        id=check_id(item.nodeid),
        nodeid=item.nodeid,
        title=_title(item),
        severity=Severity.parse(_argument(marks, "severity") or "medium"),
        impact=_member(Impact, "impact", _argument(marks, "impact") or "ops"),
        phases=phases,
        due=due,
        action=str(action.args[0]) if action is not None and action.args else None,
        runbook=action.kwargs.get("runbook") if action is not None else None,
        on_fail=_member(OnFail, "on_fail", on_fail) if on_fail else None,
        confirms=_member(Confirms, "confirms", confirms) if confirms else None,
        dry_run="dry_run" in marks,
    )


def _with_entry(spec: CheckSpec, entry: Entry, item: pytest.Item) -> CheckSpec:
    each = item.get_closest_marker("each")
    assert each is not None
    aspect = each.kwargs.get("asks", "main")
    return CheckSpec(
        id=spec.id,
        nodeid=spec.nodeid,
        title=entry.title or f"{spec.title} ({entry.id})",
        severity=spec.severity if _marked(item, "severity") else entry.severity,
        impact=spec.impact if _marked(item, "impact") else entry.impact,
        phases=tuple(entry.phases) or spec.phases,
        due=entry.due if entry.due is not None else spec.due,
        action=entry.action or spec.action,
        runbook=entry.runbook or spec.runbook,
        on_fail=entry.on_fail or spec.on_fail,
        confirms=None if aspect in entry.indirect else entry.confirms or spec.confirms,
        dry_run=entry.dry_run or spec.dry_run,
        required=bool(getattr(entry, "required", False)),
        attestation=entry.id if section_is_attest(entry) else None,
        no_data=entry.no_data,
        no_baseline=entry.no_baseline,
        limits=entry.limits,
        aspect=aspect,
        entry=entry,
    )


def section_is_attest(entry: Entry) -> bool:
    """Tell whether the entry asks a person."""
    return hasattr(entry, "question")


def _marked(item: pytest.Item, name: str) -> bool:
    return item.get_closest_marker(name) is not None


def _closest(item: pytest.Item) -> dict[str, pytest.Mark]:
    """Return the closest marker of each name, in one walk: there may be thousands of items."""
    marks: dict[str, pytest.Mark] = {}
    for marker in item.iter_markers():
        marks.setdefault(marker.name, marker)
    return marks


def _argument(marks: Mapping[str, pytest.Mark], name: str) -> str | None:
    marker = marks.get(name)
    if marker is None:
        return None
    if len(marker.args) != 1 or not isinstance(marker.args[0], str):
        raise ValueError(f"the marker {name} takes one word")
    return marker.args[0]


def _member(scale: type[_Scale], marker: str, word: str) -> _Scale:
    try:
        return scale(word)
    except ValueError:
        known = ", ".join(member.value for member in scale)
        raise ValueError(f"the marker {marker} does not know {word!r}; choose from {known}") from None


def _phases(item: pytest.Item) -> tuple[tuple[str, ...], float | None]:
    names: list[str] = []
    due: float | None = None
    for marker in item.iter_markers("phase"):
        names.extend(resolve_item_phases(marker.args))
        if marker.kwargs.get("due") is not None:
            due = parse_duration(marker.kwargs["due"])
    return tuple(dict.fromkeys(names)), due


def _title(item: pytest.Item) -> str:
    return _first_sentence(getattr(item, "function", None)) or item.name


@lru_cache(maxsize=64)
def _first_sentence(function: object) -> str:
    """Return how a test's docstring begins; kept, because many items share one function."""
    text = inspect.getdoc(function) if function is not None else None
    return (text or "").strip().split("\n\n")[0].replace("\n", " ").strip().rstrip(".")
