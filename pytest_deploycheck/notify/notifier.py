"""The top of the room: a finished run, the rules, the channels and the stored memory, joined once a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import StateError, WireError
from pytest_deploycheck.model import AlertsInfo
from pytest_deploycheck.notify import codec, policy
from pytest_deploycheck.notify.delivery import Box, Courier, redacting
from pytest_deploycheck.notify.memory import Memory
from pytest_deploycheck.notify.messages import again

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pytest_deploycheck.errors import ChannelError
    from pytest_deploycheck.model import RunRecord
    from pytest_deploycheck.notify.channels.base import Channel
    from pytest_deploycheck.notify.rules import Rules
    from pytest_deploycheck.notify.state import State

LOCK_TIMEOUT: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Tells people about runs and incidents of one service in one environment."""

    rules: Rules
    channels: Mapping[str, Channel | ChannelError]
    state: State
    clock: Callable[[], datetime]
    redact: Callable[[str], str]
    close: Callable[[], object] = lambda: None

    def after_run(self, record: RunRecord) -> AlertsInfo:
        """Tell what a finished run changed, and return what became of it; it never raises for want of a channel."""
        try:
            with self.state.locked(LOCK_TIMEOUT):
                return self._told(record)
        except StateError as error:
            return AlertsInfo(problems=(f"nobody was told: {error}",))

    def _told(self, record: RunRecord) -> AlertsInfo:
        problems: list[str] = []
        try:
            memory = self.memory()
        except (StateError, WireError) as error:
            problems.append(f"{error}; alerts begin anew")
            memory = Memory()
        memory = policy.after_run(memory, record, self.rules, self.clock())
        state: State | None = self.state
        try:
            self.state.save(codec.dump(memory))
        except StateError as error:
            # better twice than never: what is told now cannot be remembered
            problems.append(f"{error}; alerts may come again with every run")
            box = {key: replace(each, message=again(each.message)) for key, each in memory.outbox.items()}
            memory, state = replace(memory, outbox=box), None
        return self._delivered(memory, state, problems)

    def change(self, change: Callable[[Memory], Memory]) -> tuple[Memory, AlertsInfo]:
        """Apply what a person wants to the memory, tell what follows from it, and return both.

        Raises:
            StateError: the memory cannot be read or kept.
            WireError: the memory is damaged.
            IncidentError: the change needs an incident that is not there.
        """
        with self.state.locked(LOCK_TIMEOUT):
            memory = change(self.memory())
            self.state.save(codec.dump(memory))
            info = self._delivered(memory, self.state, [])
            return memory, info

    def memory(self) -> Memory:
        """Return what is remembered.

        Raises:
            StateError: it cannot be read.
            WireError: it is damaged.
        """
        text = self.state.load()
        return Memory() if text is None else codec.load(Memory, text)

    def _delivered(self, memory: Memory, state: State | None, problems: list[str]) -> AlertsInfo:
        box = Box(memory, state)
        courier = Courier(
            box=box, channels=self.channels, rules=self.rules, clock=self.clock, prepare=redacting(self.redact)
        )
        try:
            deliveries = courier.deliver()
        finally:
            self.close()
        memory = box.memory
        incident = memory.incident
        problems += box.problems
        problems += [
            f"channel {each.channel}: {each.reason}" for each in deliveries if each.status not in {"sent", "held back"}
        ]
        return AlertsInfo(
            deliveries=deliveries,
            open=len(memory.alerts),
            incident=incident.id if incident else None,
            incident_status=incident.status if incident else None,
            problems=tuple(dict.fromkeys(problems)),
        )
