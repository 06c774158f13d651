"""The whole room: policy, memory and delivery around one stored state, with channels that fail as a test says."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.errors import ChannelError, IncidentError, StateError
from pytest_deploycheck.model import CheckResult, Deployment, RunInfo, RunRecord, Verdict
from pytest_deploycheck.notify import delivery, incidents
from pytest_deploycheck.notify.notifier import Notifier
from pytest_deploycheck.notify.rules import ChannelRules, GroupBy, Kind, Route, Rules
from pytest_deploycheck.notify.state import FileState
from pytest_deploycheck.status import Decision, Impact, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_deploycheck.notify.messages import Message

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class KilledError(BaseException):
    """The process is gone at this point."""


@dataclass
class Receiver:
    """A channel that keeps what arrives; ``fails`` says what happens instead."""

    got: list[Message] = field(default_factory=list)
    refs: list[str | None] = field(default_factory=list)
    fails: Callable[[int], None] = lambda _number: None
    tries: int = 0

    def send(self, message: Message, ref: str | None) -> str | None:
        """Take a message."""
        self.tries += 1
        self.fails(self.tries)
        self.got.append(message)
        self.refs.append(ref)
        return "thread"

    @property
    def kinds(self) -> list[Kind]:
        """What arrived, doubles left out as a service with keys against them does."""
        return [each.kind for each in {message.id: message for message in self.got}.values()]


def always(error: Exception) -> Callable[[int], None]:
    """Return a failure that never ends."""

    def fail(_number: int) -> None:
        raise error

    return fail


class Clock:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        """Begin at noon."""
        self.now = NOON

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def later(self, minutes: float) -> None:
        """Move on."""
        self.now += timedelta(minutes=minutes)


class World:
    """A notifier with its channels, its file and its clock."""

    def __init__(self, folder: Path, *routes: Route, **more: Any) -> None:
        """Begin with two channels, of which ``b`` stands in for ``a``."""
        self.receivers = {"a": Receiver(), "b": Receiver()}
        self.clock = Clock()
        self.state = FileState(folder / "alerts.json")
        self.rules = Rules(
            routes=routes or (Route(id="r", channels=("a",), repeat=None),),
            channels=more.pop("channels", {"a": ChannelRules(id="a"), "b": ChannelRules(id="b")}),
            budget=more.pop("budget", 20.0),
            **more,
        )

    @property
    def notifier(self) -> Notifier:
        """A notifier as a new process has it."""
        return Notifier(
            rules=self.rules,
            channels=dict(self.receivers),
            state=self.state,
            clock=self.clock,
            redact=lambda text: text.replace("s3cret", "***"),
        )

    def run(self, *bad: str, good: tuple[str, ...] = ()) -> Any:
        """Finish a run in which these checks were bad, and those good."""
        return self.notifier.after_run(record(*bad, good=good))

    def statuses(self, *bad: str, good: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        """Finish a run, and return what became of each message."""
        return [(each.channel, each.status) for each in self.run(*bad, good=good).deliveries]


def record(*bad: str, good: tuple[str, ...] = ()) -> RunRecord:
    """Return the record of a run."""
    checks = tuple(
        CheckResult(
            id=name,
            nodeid=name,
            title=f"Check {name} s3cret",
            severity=Severity.CRITICAL,
            impact=Impact.DATA,
            status=Status.FAIL if name in bad else Status.PASS,
        )
        for name in (*bad, *good)
    )
    decision = Decision.WATCH if bad else Decision.PASS
    return RunRecord(
        deployment=Deployment(id="d1", deployed_at=NOON),
        phase="first-hour",
        tick=1,
        verdict=Verdict(decision=decision, exit_code=0, rule="r", summary="s"),
        checks=checks,
        service="shop",
        run=RunInfo(tool_version="1", started_at=NOON),
    )


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait between attempts."""
    monkeypatch.setattr(delivery, "_FIRST_PAUSE", 0.0)


def test_told_once_with_a_thread_and_redacted(tmp_path: Path) -> None:
    """A process tells it, the next ones do not; the end comes with what the channel gave back."""
    world = World(tmp_path)
    assert [("a", "sent")] == world.statuses("c")
    assert [] == world.statuses("c")
    world.statuses(good=("c",))
    world.clock.later(11)
    assert [("a", "sent")] == world.statuses(good=("c",))
    receiver = world.receivers["a"]
    assert ([Kind.OPENED, Kind.RESOLVED], [None, "thread"]) == (receiver.kinds, receiver.refs)
    assert ("Check c ***", "Check c ***") == (receiver.got[0].title, receiver.got[0].lines[0].title)


def test_tried_three_times(tmp_path: Path) -> None:
    """A channel that works at the third attempt has told it."""
    world = World(tmp_path)

    def twice(number: int) -> None:
        if number < 3:
            raise ChannelError("busy")

    world.receivers["a"].fails = twice
    (done,) = world.run("c").deliveries
    assert ("sent", 3) == (done.status, done.attempts)


def test_the_next_one_stands_in(tmp_path: Path) -> None:
    """What one channel cannot deliver goes through its stand-in in the same run, and the report says both."""
    channels = {"a": ChannelRules(id="a", fallback="b"), "b": ChannelRules(id="b", fallback="a")}
    world = World(tmp_path, channels=channels)
    world.receivers["a"].fails = always(ChannelError("broken", permanent=True))
    info = world.run("c")
    assert [("a", "handed on to b", "broken"), ("b", "sent", "")] == [
        (each.channel, each.status, each.reason) for each in info.deliveries
    ]
    assert ("channel a: broken",) == info.problems
    assert [] == world.statuses("c")


def test_two_that_stand_in_for_each_other_end(tmp_path: Path) -> None:
    """A circle of stand-ins is gone through once."""
    channels = {"a": ChannelRules(id="a", fallback="b"), "b": ChannelRules(id="b", fallback="a")}
    world = World(tmp_path, channels=channels)
    for receiver in world.receivers.values():
        receiver.fails = always(ChannelError("broken", permanent=True))
    assert [("a", "handed on to b"), ("b", "failed")] == world.statuses("c")


def test_a_busy_channel_waits_as_long_as_it_wants(tmp_path: Path) -> None:
    """Retry-After is heeded across runs; then the message goes out."""
    world = World(tmp_path)
    world.receivers["a"].fails = always(ChannelError("busy", retry_after=600.0))
    assert [("a", "waiting")] == world.statuses("c")
    world.receivers["a"].fails = lambda _number: None
    world.clock.later(9)
    assert [] == world.statuses("c")
    world.clock.later(1)
    assert [("a", "sent")] == world.statuses("c")


def test_the_last_state_arrives_after_an_outage(tmp_path: Path) -> None:
    """A channel that was down while an alert came and went hears of its end, once."""
    world = World(tmp_path)
    world.receivers["a"].fails = always(ChannelError("down"))
    for bad in (("c",), (), ()):
        world.run(*bad, good=() if bad else ("c",))
        world.clock.later(11)
    world.receivers["a"].fails = lambda _number: None
    world.run(good=("c",))
    assert [Kind.RESOLVED] == world.receivers["a"].kinds


def test_a_channel_that_hangs_holds_nothing_up(tmp_path: Path) -> None:
    """The time of telling is bounded; the others have told, and the next run tells the rest as doubtful."""
    world = World(tmp_path, Route(id="r", channels=("a", "b"), repeat=None), budget=0.3)
    release = threading.Event()
    world.receivers["a"].fails = lambda _number: (release.wait(), None)[1]
    info = world.run("c")
    assert {"a": "waiting", "b": "sent"} == {each.channel: each.status for each in info.deliveries}
    release.set()
    world.receivers["a"] = Receiver()
    assert [("a", "sent")] == world.statuses("c")
    assert (True, [Kind.OPENED]) == (world.receivers["a"].got[0].doubtful, world.receivers["b"].kinds)


def test_a_limit_holds_back_and_lets_go(tmp_path: Path) -> None:
    """More alerts than the limit wait; when time has passed, the rest is told."""
    route = Route(id="r", channels=("a",), repeat=None, group_by=GroupBy.CHECK)
    world = World(tmp_path, route, channels={"a": ChannelRules(id="a", limit=2, period=600.0)})
    names = tuple("cdefg")
    assert ["held back"] * 3 + ["sent"] * 2 == sorted(status for _, status in world.statuses(*names))
    for _ in range(4):
        world.clock.later(11)
        world.run(*names)
    assert 5 == len({each.lines[0].id for each in world.receivers["a"].got})


def test_another_plugin_s_channel_may_raise_anything(tmp_path: Path) -> None:
    """An error of no kind of ours is contained."""
    world = World(tmp_path)
    world.receivers["a"].fails = always(RuntimeError("s3cret inside"))
    info = world.run("c")
    assert ("channel a: the channel failed (RuntimeError)",) == info.problems


@pytest.mark.parametrize("point", range(14))
def test_killed_anywhere_tells_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: int) -> None:
    """Wherever a run is killed, before or after storing or sending, the next one tells each thing exactly once."""
    world = World(tmp_path, Route(id="r", channels=("a",), repeat=None, group_by=GroupBy.CHECK))
    steps = iter(range(1000))

    def maybe() -> None:
        if next(steps) == point:
            raise KilledError

    save, send = FileState.save, Receiver.send

    def saving(self: FileState, text: str) -> None:
        maybe()
        save(self, text)
        maybe()

    def sending(self: Receiver, message: Message, ref: str | None) -> str | None:
        maybe()
        found = send(self, message, ref)
        maybe()
        return found

    monkeypatch.setattr(threading.Thread, "start", lambda self: self.run())
    monkeypatch.setattr(threading.Thread, "join", lambda *_args: None)
    with monkeypatch.context() as dying:
        dying.setattr(FileState, "save", saving)
        dying.setattr(Receiver, "send", sending)
        try:
            world.run("c", "d")
        except KilledError:
            pass
        else:
            pytest.fail("there are fewer steps than this")
    world.run("c", "d")
    world.run("c", "d")
    receiver = world.receivers["a"]
    assert ["c", "d"] == sorted({each.id: each.lines[0].id for each in receiver.got}.values())
    assert len(receiver.got) - 2 == sum(each.doubtful for each in receiver.got if len(receiver.got) > 2)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"alerts": 3}', '{"findings": {"a": {}}}', "\x00"])
def test_a_damaged_memory(tmp_path: Path, text: str) -> None:
    """A memory that nobody can read is told, and alerts begin anew."""
    world = World(tmp_path)
    world.state.path.write_text(text)
    info = world.run("c")
    assert ([("a", "sent")], True) == (
        [(each.channel, each.status) for each in info.deliveries],
        "unreadable" in info.problems[0],
    )


def test_a_memory_that_cannot_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk people are told nevertheless, with the remark that it may come again."""

    def full(_self: FileState, _text: str) -> None:
        raise StateError("alerts.json cannot be written (No space left on device)")

    monkeypatch.setattr(FileState, "save", full)
    world = World(tmp_path)
    info = world.run("c")
    assert ([Kind.OPENED], True) == (world.receivers["a"].kinds, world.receivers["a"].got[0].doubtful)
    assert "may come again" in info.problems[0]


def test_two_runs_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another run tells, this one tells nobody and says so."""
    monkeypatch.setattr("pytest_deploycheck.notify.notifier.LOCK_TIMEOUT", 0.1)
    world = World(tmp_path)
    with world.state.locked(1.0):
        info = world.run("c")
    assert ((), True) == (info.deliveries, "in use by another run" in info.problems[0])


def test_people_change_the_incident(tmp_path: Path) -> None:
    """Acknowledging, noting and closing are kept, and told where they are told."""
    world = World(tmp_path)
    world.run("c")
    world.clock.later(5)
    memory, _ = world.notifier.change(
        lambda m: incidents.remarked(m, "Ana", "index missing", world.clock(), "IDENTIFIED")
    )
    assert memory.incident is not None
    assert ("IDENTIFIED", "index missing") == (memory.incident.status, memory.incident.timeline[-2].text)
    memory, _ = world.notifier.change(lambda m: incidents.closed(m, "Ana", world.clock(), "built"))
    assert (None, 5.0) == (memory.incident, incidents.minutes_to_resolve(memory.closed[0]))
    with pytest.raises(IncidentError, match="no open incident"):
        world.notifier.change(lambda m: incidents.closed(m, "Ana", world.clock()))


def test_a_long_timeline_keeps_both_ends(tmp_path: Path) -> None:
    """An incident that is noted without end keeps its beginning and what was last."""
    world = World(tmp_path)
    world.run("c")
    incident = world.notifier.memory().incident
    assert incident is not None
    for number in range(1000):
        incident = incidents.noted(incident, replace(incident.timeline[0], text=str(number)))
    assert (300, "detected: WATCH, c", "999") == (
        len(incident.timeline),
        incident.timeline[0].text,
        incident.timeline[-1].text,
    )
