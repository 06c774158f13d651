"""Rules that join several keys about alerts; they look at the raw tables, so that one error never hides another."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from pytest_deploycheck.notify.rosters import holes
from pytest_deploycheck.settings.raw import Finding, Path, Raw, items
from pytest_deploycheck.settings.suggest import suggestion
from pytest_deploycheck.settings.telling.build import roster_of
from pytest_deploycheck.settings.telling.policy import Roster

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_UNIQUE: Final = ("channel", "route", "maintenance", "escalation", "contact", "roster")


def broken_alert_rules(raw: Raw) -> Iterator[Finding]:
    """Yield everything that the tables about alerts say together and cannot mean."""
    for rule in (_ids, _channels, _fallbacks, _people, _windows, _rosters):
        yield from rule(raw)


def _ids_of(raw: Raw, *sections: str) -> list[str]:
    found = chain.from_iterable(items(raw, section) for section in sections)
    return [item["id"] for _, item in found if isinstance(item.get("id"), str)]


def _ids(raw: Raw) -> Iterator[Finding]:
    for section in _UNIQUE:
        seen: set[str] = set()
        for path, item in items(raw, section):
            name = item.get("id")
            if isinstance(name, str) and name in seen:
                yield Finding((*path, "id"), "is used twice", "Give each an id of its own.", name)
            seen |= {name} if isinstance(name, str) else set()
    both = set(_ids_of(raw, "contact")) & set(_ids_of(raw, "roster"))
    for path, item in items(raw, "roster"):
        if item.get("id") in both:
            yield Finding((*path, "id"), "is also the id of a contact", "Give each an id of its own.", item["id"])


def _unknown(path: Path, names: Any, known: Iterable[str], what: str) -> Iterator[Finding]:
    known = list(known)
    for index, name in enumerate(names if isinstance(names, list) else ()):
        if isinstance(name, str) and name not in known:
            hint = suggestion(name, known) if known else f"Declare it in [[{what}]]."
            yield Finding((*path, index), f"is no {what}", hint, name)


def _steps(raw: Raw) -> Iterator[tuple[Path, Raw]]:
    for path, escalation in items(raw, "escalation"):
        for (_, index), step in items(escalation, "steps"):
            yield (*path, "steps", index), step


def _channels(raw: Raw) -> Iterator[Finding]:
    known = _ids_of(raw, "channel")
    for path, item in chain(items(raw, "route"), items(raw, "maintenance"), _steps(raw)):
        yield from _unknown((*path, "channels"), item.get("channels"), known, "channel")


def _fallbacks(raw: Raw) -> Iterator[Finding]:
    known = _ids_of(raw, "channel")
    for path, item in items(raw, "channel"):
        name = item.get("fallback")
        if isinstance(name, str) and name == item.get("id"):
            yield Finding((*path, "fallback"), "is the channel itself", None, name)
        elif isinstance(name, str):
            yield from (
                Finding((*path, "fallback"), each.message, each.hint, name)
                for each in _unknown((), [name], known, "channel")
            )


def _people(raw: Raw) -> Iterator[Finding]:
    contacts = _ids_of(raw, "contact")
    roles = [item["role"] for _, item in items(raw, "contact") if isinstance(item.get("role"), str) and item["role"]]
    named = [*contacts, *_ids_of(raw, "roster"), *roles]
    for path, item in items(raw, "route"):
        yield from _unknown((*path, "on_call"), item.get("on_call"), named, "contact, role or roster")
    for path, step in _steps(raw):
        yield from _unknown((*path, "to"), step.get("to"), named, "contact, role or roster")
    for path, item in items(raw, "roster"):
        yield from _unknown((*path, "people"), item.get("people"), contacts, "contact")
        for (_, index), shift in items(item, "shifts"):
            yield from _unknown((*path, "shifts", index, "who"), shift.get("who"), contacts, "contact")
    incident = raw.get("incident")
    commander = incident.get("commander") if isinstance(incident, dict) else None
    if isinstance(commander, str) and commander not in named:
        hint = suggestion(commander, named) if named else "Declare it in [[contact]]."
        yield Finding(("incident", "commander"), "is no contact, role or roster", hint, commander)


def _windows(raw: Raw) -> Iterator[Finding]:
    for path, item in items(raw, "maintenance"):
        once, often = {"start", "end"} & set(item), {"every", "from", "to"} & set(item)
        if bool(once) == bool(often) or (once and len(once) < 2) or (often and len(often) < 3):  # noqa: PLR2004  # both, all
            yield Finding(path, "is no window", "Give start and end, or every with from and to.")
        elif once and str(item["end"]) <= str(item["start"]):
            yield Finding((*path, "end"), "is not after start", None, item["end"])
        if "notice" in item and not item.get("channels"):
            yield Finding((*path, "notice"), "is announced nowhere", "Give channels.")


def _rosters(raw: Raw) -> Iterator[Finding]:
    for path, item in items(raw, "roster"):
        if bool(item.get("people")) != ("start" in item):
            yield Finding(path, "needs both people and start for a rotation", 'Give start = "2026-03-02T09:00:00Z".')
        elif not item.get("people") and not item.get("shifts"):
            yield Finding(path, "names nobody", "Give people with start, or shifts.")
        yield from _holes(path, item)


def _holes(path: Path, item: Raw) -> Iterator[Finding]:
    try:
        roster = Roster.model_validate(item)
    except ValidationError:
        return  # told by the models
    for index, shift in enumerate(roster.shifts):
        if shift.end <= shift.start:
            yield Finding((*path, "shifts", index, "end"), "is not after start")
    for hole in holes(roster_of(roster)):
        if hole.overlap or roster.gaps == "error":
            yield Finding((*path, "shifts"), f"leaves {hole}" if not hole.overlap else f"has {hole}")
