"""Transitions, not ticks: what is told when, on a simulated clock."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.model import Attestation, CheckResult, Deployment, RunInfo, RunRecord, Verdict
from pytest_deploycheck.notify import codec, policy
from pytest_deploycheck.notify.memory import Memory
from pytest_deploycheck.notify.rules import (
    Escalation,
    GroupBy,
    Hours,
    IncidentRules,
    Kind,
    Maintenance,
    Match,
    Person,
    Roster,
    Route,
    Rules,
    Rung,
)
from pytest_deploycheck.status import Decision, Impact, Severity, Status

if TYPE_CHECKING:
    from pytest_deploycheck.notify.messages import Message

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
MINUTE = timedelta(minutes=1)


def check(name: str = "a", status: Status = Status.FAIL, severity: Severity = Severity.CRITICAL) -> CheckResult:
    """Return what one check found."""
    return CheckResult(
        id=name, nodeid=name, title=f"Check {name}", severity=severity, impact=Impact.DATA, status=status, reason="why"
    )


def record(*checks: CheckResult, decision: Decision | None = None, deployment: str = "d1") -> RunRecord:
    """Return the record of a run with these checks."""
    bad = any(each.status is not Status.PASS for each in checks)
    return RunRecord(
        deployment=Deployment(id=deployment, deployed_at=NOON),
        phase="first-hour",
        tick=1,
        verdict=Verdict(
            decision=decision or (Decision.WATCH if bad else Decision.PASS), exit_code=0, rule="r", summary="s"
        ),
        checks=checks,
        service="shop",
        run=RunInfo(tool_version="1", started_at=NOON),
    )


def rules(*routes: Route, **more: object) -> Rules:
    """Return rules with these routes, or one that tells everything in one channel."""
    return Rules(routes=routes or (Route(id="all", channels=("team",)),), **more)  # type: ignore[arg-type]


class Talk:
    """Runs one after another; every message leaves the outbox at once, as if its channel had taken it."""

    def __init__(self, given: Rules) -> None:
        """Begin with an empty memory."""
        self.rules = given
        self.memory = Memory()
        self.told: list[Message] = []

    def run(self, found: RunRecord, minutes: float) -> list[Kind]:
        """Run at a time and return the kinds of what was told now."""
        self.memory = policy.after_run(self.memory, found, self.rules, NOON + minutes * MINUTE)
        return self.taken()

    def taken(self) -> list[Kind]:
        """Empty the outbox, through a text as a crash would find it."""
        fresh = [parcel.message for parcel in self.memory.outbox.values()]
        self.told += fresh
        self.memory = codec.load(Memory, codec.dump(replace(self.memory, outbox={})))
        return [message.kind for message in fresh]


def test_one_notice_then_silence_then_one_end() -> None:
    """A failure of an hour is told when it begins and when it has been over for the quiet time."""
    talk = Talk(rules())
    assert [Kind.OPENED] == talk.run(record(check()), 0)
    assert [] == [kind for tick in range(1, 60) for kind in talk.run(record(check()), tick)]
    good = record(check(status=Status.PASS))
    assert [] == talk.run(good, 60)
    assert [] == talk.run(good, 69)
    assert [Kind.RESOLVED] == talk.run(good, 70)
    assert "Resolved after 70m" == talk.told[-1].status
    assert [] == talk.run(good, 71)
    assert 1 == len({message.key for message in talk.told})


def test_worse_is_told_once() -> None:
    """A finding that reaches a worse severity is told, one that gets milder is not."""
    talk = Talk(rules())
    assert [Kind.OPENED] == talk.run(record(check(severity=Severity.HIGH)), 0)
    assert [Kind.WORSE] == talk.run(record(check(severity=Severity.CRITICAL)), 1)
    assert [] == talk.run(record(check(severity=Severity.HIGH)), 2)
    assert [] == talk.run(record(check(severity=Severity.CRITICAL)), 3)


def test_reminders_until_somebody_takes_care() -> None:
    """Reminders come at their interval, and no longer once the incident is acknowledged."""
    talk = Talk(rules(Route(id="all", channels=("team",), repeat=3600.0)))
    talk.run(record(check()), 0)
    assert [] == talk.run(record(check()), 59)
    assert [Kind.REMINDER] == talk.run(record(check()), 60)
    talk.memory = policy.acknowledged(talk.memory, talk.rules, "Ana", NOON + 70 * MINUTE)
    assert [Kind.ACKNOWLEDGED] == talk.taken()
    assert [] == talk.run(record(check()), 300)


@pytest.mark.parametrize("status", [Status.INCONCLUSIVE, Status.ERROR, Status.WARN])
def test_only_a_pass_is_good(status: Status) -> None:
    """No data, an error or a warning after a failure is not over."""
    talk = Talk(rules())
    talk.run(record(check()), 0)
    assert [] == [kind for tick in range(1, 30) for kind in talk.run(record(check(status=status)), tick)]


def test_a_check_that_did_not_run_is_as_it_was() -> None:
    """A run of other checks resolves nothing."""
    talk = Talk(rules())
    talk.run(record(check("a")), 0)
    assert [] == [kind for tick in range(1, 60) for kind in talk.run(record(check("b", Status.PASS)), tick)]
    assert 1 == len(talk.memory.alerts)


def test_the_next_deployment_resolves() -> None:
    """Alerts belong to the environment: the release that mends it ends them."""
    talk = Talk(rules())
    talk.run(record(check()), 0)
    good = record(check(status=Status.PASS), deployment="d2")
    talk.run(good, 5)
    assert [Kind.RESOLVED] == talk.run(good, 20)


def test_after_and_for() -> None:
    """A route may wait for several bad runs in a row and for a time."""
    talk = Talk(rules(Route(id="all", channels=("team",), after=3, hold=240.0)))
    assert [] == talk.run(record(check()), 0) + talk.run(record(check()), 1) + talk.run(record(check()), 2)
    assert [Kind.OPENED] == talk.run(record(check()), 4)


def test_a_good_run_begins_the_count_anew() -> None:
    """Bad runs count in a row only."""
    talk = Talk(rules(Route(id="all", channels=("team",), after=2)))
    good = record(check(status=Status.PASS))
    told = [talk.run(found, tick) for tick, found in enumerate([record(check()), good] * 5)]
    assert [[]] * 10 == told


def test_what_a_route_means() -> None:
    """Severity, impact, environment, phase and patterns narrow a route; all of them have to fit."""
    fits = Match(
        min_severity=Severity.HIGH,
        impacts=frozenset({"data"}),
        phases=frozenset({"first-hour"}),
        environments=frozenset({"production"}),
        checks=("ord*",),
    )
    others = (
        replace(fits, min_severity=Severity.ROLLBACK),
        replace(fits, impacts=frozenset({"ops"})),
        replace(fits, phases=frozenset({"daily"})),
        replace(fits, environments=frozenset({"staging"})),
        replace(fits, checks=("pay*",)),
        replace(fits, severities=frozenset({Severity.LOW})),
    )
    talk = Talk(rules(*(Route(id=str(n), channels=(f"c{n}",), match=m) for n, m in enumerate((fits, *others)))))
    talk.memory = policy.after_run(talk.memory, record(check("orders")), talk.rules, NOON)
    assert ["c0"] == [parcel.channel for parcel in talk.memory.outbox.values()]


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("endpoints.answers[health]", True),
        ("*[health]", True),
        ("*", True),
        ("*[heal]", False),
        ("endpoints.answers?health?", False),
        ("endpoints", False),
    ],
)
def test_brackets_of_a_check_id_are_no_pattern(pattern: str, *, fits: bool) -> None:
    """Only * is special in a pattern of check ids: the ids of declared entries are full of brackets."""
    talk = Talk(rules(Route(id="r", channels=("c",), match=Match(checks=(pattern,)))))
    talk.memory = policy.after_run(talk.memory, record(check("endpoints.answers[health]")), talk.rules, NOON)
    assert fits == bool(talk.memory.outbox)


def test_outside_business_hours_it_waits() -> None:
    """What begins at night is told in the morning, if it is still there."""
    hours = Hours(zone="Europe/Berlin", start=time(9), end=time(17))
    talk = Talk(rules(Route(id="all", channels=("team",), hours=hours)))
    assert [] == talk.run(record(check()), 8 * 60)
    assert [] == talk.run(record(check()), 19 * 60 + 59)  # 08:59 in Berlin
    assert [Kind.OPENED] == talk.run(record(check()), 20 * 60)


def test_maintenance_is_silent_then_speaks() -> None:
    """Inside a window nothing opens, not even an incident; what still stands afterwards is told."""
    window = Maintenance(id="m", begin=NOON, finish=NOON + 30 * MINUTE, loud=Severity.ROLLBACK)
    talk = Talk(rules(maintenance=(window,)))
    assert [] == talk.run(record(check()), 0)
    assert (None, [Kind.OPENED]) == (talk.memory.incident, talk.run(record(check()), 30))
    assert talk.memory.incident is not None


def test_maintenance_lets_the_worst_through() -> None:
    """A finding as bad as ``loud`` is told in the window, too."""
    window = Maintenance(id="m", begin=NOON, finish=NOON + 30 * MINUTE, loud=Severity.CRITICAL)
    assert [Kind.OPENED] == Talk(rules(maintenance=(window,))).run(record(check()), 1)


def test_maintenance_is_announced_once() -> None:
    """A window with a notice is announced that long ahead, once."""
    begin = NOON + timedelta(hours=30)
    window = Maintenance(id="m", begin=begin, finish=begin + 60 * MINUTE, notice=86400.0, channels=("team",))
    talk = Talk(rules(maintenance=(window,)))
    good = record(check(status=Status.PASS))
    told = [talk.run(good, hour * 60) for hour in range(32)]
    assert {6: [Kind.MAINTENANCE]} == {hour: kinds for hour, kinds in enumerate(told) if kinds}


def test_a_deployment_is_announced_once() -> None:
    """A route for deployments tells of each of them once."""
    talk = Talk(rules(Route(id="d", channels=("team",), kinds=frozenset({Kind.DEPLOYMENT}))))
    good = check(status=Status.PASS)
    runs = [record(good), record(good), record(good, deployment="d2"), record(good)]
    assert [[Kind.DEPLOYMENT], [], [Kind.DEPLOYMENT], []] == [talk.run(found, n) for n, found in enumerate(runs)]


@pytest.mark.parametrize(
    ("decision", "severity"), [(Decision.ROLLBACK, Severity.ROLLBACK), (Decision.INCONCLUSIVE, Severity.MEDIUM)]
)
def test_a_verdict_without_a_failing_check_is_told(decision: Decision, severity: Severity) -> None:
    """A rollback and an undecided run are told though no check failed."""
    talk = Talk(rules())
    assert [Kind.OPENED] == talk.run(record(decision=decision), 0)
    assert severity is talk.told[0].severity


def test_an_interrupted_run_is_not_told() -> None:
    """Somebody's Ctrl-C is no alert."""
    found = record(decision=Decision.INCONCLUSIVE)
    assert [] == Talk(rules()).run(replace(found, run=replace(found.run, interrupted=True)), 0)


@pytest.mark.parametrize("group_by", list(GroupBy))
def test_a_storm_is_one_alert(group_by: GroupBy) -> None:
    """500 checks fail at once and flap for an hour: a handful of messages, and the last one tells the final state."""
    talk = Talk(rules(Route(id="all", channels=("team",), group_by=group_by, repeat=1800.0)))
    chance = random.Random(7)  # noqa: S311  # flapping, not secrets
    names = [f"c{n}" for n in range(500)]
    for tick in range(0, 61, 5):
        bad = set(names) if not tick else {name for name in names if chance.random() < 0.5}
        talk.run(record(*(check(n, Status.FAIL if n in bad else Status.PASS) for n in names)), tick)
    assert {Kind.OPENED: 1, Kind.REMINDER: 2} == Counter(message.kind for message in talk.told)
    good = record(*(check(n, Status.PASS) for n in names))
    assert [] == talk.run(good, 65)
    assert [Kind.RESOLVED] == talk.run(good, 75)
    assert ({}, {}) == (talk.memory.alerts, talk.memory.findings)


def test_few_checks_are_alerts_of_their_own() -> None:
    """Below the limit of a storm each check opens, and ends, its own alert."""
    talk = Talk(rules(Route(id="all", channels=("team",), group_by=GroupBy.CHECK)))
    names = [f"c{n}" for n in range(10)]
    assert [Kind.OPENED] * 10 == talk.run(record(*map(check, names)), 0)
    assert [] == talk.run(record(check("c0", Status.PASS)), 1)
    assert [Kind.RESOLVED] == talk.run(record(check("c0", Status.PASS)), 11)
    assert 9 == len(talk.memory.alerts)


def test_a_ladder_is_climbed_in_time_and_stops_when_somebody_takes_care() -> None:
    """Each rung is climbed once, names who is on call, and acknowledging stops those that may stop."""
    rungs = (
        Rung(to=("primary",), channels=("pager",), after=900.0),
        Rung(to=("lead",), channels=("pager",), after=600.0, match=Match(checks=("err*",))),
        Rung(to=("cto",), channels=("sms",), after=1800.0, even_if_acknowledged=True),
        Rung(to=("cto",), channels=("mail",), after=2400.0),
    )
    people = {
        each.id: each
        for each in (
            Person(id="ana", name="Ana"),
            Person(id="ben", name="Ben", role="lead"),
            Person(id="cto", name="C"),
        )
    }
    roster = Roster(id="primary", zone="UTC", people=("ana",), start=NOON - 1440 * MINUTE)
    given = rules(
        Route(id="none", channels=("team",), kinds=frozenset({Kind.RESOLVED})),
        escalations=(Escalation(id="l", rungs=rungs),),
        people=people,
        rosters={"primary": roster},
    )
    talk = Talk(given)
    seen = {}
    for tick in range(60):
        if tick == 20:
            talk.memory = policy.acknowledged(talk.memory, given, "Ana", NOON + tick * MINUTE)
        if talk.run(record(check("errors")), tick):
            seen[tick] = [person.name for person in talk.told[-1].people]
    assert {10: ["Ben"], 15: ["Ana"], 30: ["C"]} == seen


def test_an_answer_of_a_person_climbs_a_rung() -> None:
    """A rung may wait for an attestation."""
    rung = Rung(to=("cto",), channels=("sms",), attest="breach")
    given = rules(
        Route(id="none", channels=("team",), kinds=frozenset({Kind.RESOLVED})),
        escalations=(Escalation(id="l", rungs=(rung,)),),
    )
    talk = Talk(given)
    assert [] == talk.run(record(check()), 0)
    answer = Attestation(id="breach", by="Ana", at=NOON + MINUTE)
    assert [Kind.ESCALATED] == talk.run(replace(record(check()), attestations=(answer,)), 2)


def test_an_incident_from_its_beginning_to_its_end() -> None:
    """It opens on WATCH, is filled by the runs, named after the time, recovers and closes by itself."""
    talk = Talk(rules(incident=IncidentRules(close_after=1200.0)))
    talk.run(record(check("a")), 0)
    talk.run(record(check("a"), check("b")), 5)
    good = record(check("a", Status.PASS), check("b", Status.PASS))
    talk.run(good, 10)
    seen = talk.memory.incident
    assert ("MONITORING", "incident-20260302-1200") == (seen and seen.status, seen and seen.room)
    talk.run(good, 30)
    (closed,) = talk.memory.closed
    assert None is talk.memory.incident
    assert ("INC-20260302-1200", "RESOLVED", NOON + 10 * MINUTE) == (closed.id, closed.status, closed.recovered)
    assert [
        "detected: WATCH, a",
        "now failing, too: b",
        "fine again: a, b",
        "verdict PASS",
        "recovered by itself",
        "resolved",
    ] == [entry.text for entry in closed.timeline]
