"""Which step of which ladder is due, and who then has to hear; pure, above incidents and rosters."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pytest_deploycheck.notify.findings import matches
from pytest_deploycheck.notify.rosters import on_call

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from pytest_deploycheck.model import Attestation
    from pytest_deploycheck.notify.memory import Finding, Incident, Memory
    from pytest_deploycheck.notify.rules import Match, Person, Rules, Rung


def due(
    memory: Memory, rules: Rules, answers: Iterable[Attestation], environment: str, now: datetime
) -> Iterator[tuple[str, Rung]]:
    """Yield the name and the rung of every step that has to be climbed now; each is climbed once an incident."""
    incident = memory.incident
    if incident is None or incident.recovered is not None:
        return
    bad = {check: each for check, each in memory.findings.items() if each.good_since is None}
    yes = {each.id: each.at for each in answers if each.answer == "yes"}
    for escalation in rules.escalations:
        if not _meant(escalation.match, bad, environment):
            continue
        for number, rung in enumerate(escalation.rungs, 1):
            name = f"{escalation.id}:{number}"
            if name not in incident.rungs and _reached(rung, incident, bad, yes, now, environment=environment):
                yield name, rung


def _meant(match: Match, bad: Mapping[str, Finding], environment: str) -> bool:
    return any(matches(match, each, environment) for each in bad.values())


def _reached(
    rung: Rung,
    incident: Incident,
    bad: Mapping[str, Finding],
    yes: Mapping[str, datetime],
    now: datetime,
    *,
    environment: str,
) -> bool:
    if incident.acknowledged is not None and not rung.even_if_acknowledged:
        return False
    if rung.decisions and incident.decision not in {str(each) for each in rung.decisions}:
        return False
    since: datetime | None = incident.opened
    if rung.attest is not None:
        since = yes.get(rung.attest)
    elif rung.match is not None:
        since = min((each.first for each in bad.values() if matches(rung.match, each, environment)), default=None)
    return since is not None and now - since >= timedelta(seconds=rung.after)


def people_of(names: Iterable[str], rules: Rules, now: datetime) -> tuple[Person, ...]:
    """Return whom the names mean now: a contact by id, all contacts of a role, or whoever a roster has on call."""
    found: dict[str, Person] = {}
    for name in names:
        for person in _people_of(name, rules, now):
            found.setdefault(person.id, person)
    return tuple(found.values())


def _people_of(name: str, rules: Rules, now: datetime) -> Iterator[Person]:
    if name in rules.people:
        yield rules.people[name]
    elif name in rules.rosters:
        duty = on_call(rules.rosters[name], now)
        yield from (rules.people[who] for who in (duty.who if duty else ()) if who in rules.people)
    else:
        yield from (person for person in rules.people.values() if person.role == name)
