"""The rollback hook: whether it may run, once for each deployment, restoring only what a person has allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.attestations import RESTORE
from pytest_deploycheck.errors import DeploycheckError
from pytest_deploycheck.model import Deployment, HookStep
from pytest_deploycheck.redact import printable
from pytest_deploycheck.rollback.claims import RUNNING, Claim
from pytest_deploycheck.rollback.running import FAILED, NOT_RUN, SUCCEEDED, filled, run_step, shown
from pytest_deploycheck.sources.process import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_deploycheck.rollback.claims import Claims
    from pytest_deploycheck.settings.rolling_back import OnRollback
    from pytest_deploycheck.status import Decision

ROLL_BACK: Final = "roll back"
RESTORING: Final = "restore"
VERIFY: Final = "verify"
_CLAIM: Final = {ROLL_BACK: "rollback", RESTORING: "restore"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A verdict that asks for the hook, and everything the hook needs.

    ``forbidden`` says why it may not run now, None when it may; ``restore_allowed`` whether a person attested that for
    this very deployment; ``by`` names the run; ``verify`` looks once more afterwards, None when nobody wants that.
    """

    settings: OnRollback
    deployment: Deployment
    decision: Decision
    by: str
    folder: str
    claims: Claims
    hide: Callable[[str], str]
    forbidden: str | None = None
    restore_allowed: bool = False
    verify: Callable[[], HookStep] | None = None
    tell: Callable[[str], None] = lambda text: None  # noqa: ARG005  # nobody listens


def roll_back(asked: Asked) -> tuple[HookStep, ...]:
    """Do what the verdict asks for, as far as it is allowed, and return every step with what came of it."""
    hook = _Hook(asked)
    return tuple(hook.steps())


class _Hook:
    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.settings = asked.settings

    def steps(self) -> Iterator[HookStep]:
        """Yield the steps in their order; what fails ends the way, and is looked at all the same."""
        first = self._claimed(ROLL_BACK, self.settings.command, self.settings.timeout, self.asked.forbidden)
        yield first
        restored = self._restore(first)
        if restored is not None:
            yield restored
        ran = [step for step in (first, restored) if step is not None and step.state != NOT_RUN]
        if ran and all(step.state == SUCCEEDED for step in ran) and self.asked.verify is not None:
            self.asked.tell("verifying: the same phase once more")
            yield self.asked.verify()

    def _restore(self, first: HookStep) -> HookStep | None:
        restore = self.settings.restore
        if restore is None:
            return None
        ready = first.state == SUCCEEDED or first.reason.startswith(_BEFORE)
        allowed = self.asked.restore_allowed
        why = None if ready and allowed else "the rollback did not succeed" if not ready else self._waits()
        return self._claimed(RESTORING, restore.command, restore.timeout, self.asked.forbidden or why)

    def _waits(self) -> str:
        name = self.asked.deployment.id
        return f"it waits for a person: deploycheck attest {RESTORE} --by NAME --deploy-id {name!r}, then another run"

    def _claimed(self, name: str, command: Sequence[str], timeout: float, forbidden: str | None) -> HookStep:
        """Run a command when nothing forbids it and nobody was there before."""
        try:
            argv = filled(command, self._values())
            refused = forbidden or self._taken(name)
        except (ValueError, DeploycheckError) as error:
            argv, refused = tuple(command), self.asked.hide(str(error))
        if refused is not None:
            return HookStep(name=name, state=NOT_RUN, reason=printable(refused), command=shown(argv, self.asked.hide))
        self.asked.tell(f"{name}: {shown(argv, self.asked.hide)}")
        step = run_step(name, self._command(argv, timeout), self.asked.hide)
        return self._finished(step)

    def _taken(self, name: str) -> str | None:
        claims, claim = self.asked.claims, _CLAIM[name]
        there = claims.take(claim, self.asked.by)
        if there is None:
            return None
        if there.state == SUCCEEDED:
            return f"{_BEFORE} by {there.by}"
        ended = "has begun it and not ended" if there.state == RUNNING else f"tried, and it {there.state}"
        return f"{there.by} {ended}; to allow another try, remove {claims.where(claim)}"

    def _finished(self, step: HookStep) -> HookStep:
        try:
            self.asked.claims.finish(_CLAIM[step.name], Claim(self.asked.by, step.state))
        except DeploycheckError as error:
            told = f"that it ended cannot be written down: {error}"
            return replace(step, state=FAILED, reason="; ".join(filter(None, (step.reason, told))))
        return step

    def _command(self, argv: tuple[str, ...], timeout: float) -> Command:
        said = {f"DEPLOYCHECK_DEPLOY_{name.upper()}": text for name, text in self._values().items() if text}
        env = {**said, "DEPLOYCHECK_DECISION": self.asked.decision.value}
        return Command(
            argv=argv,
            timeout=timeout,
            allow=self.settings.pass_env,
            env=tuple(env.items()),
            cwd=self.asked.folder,
        )

    def _values(self) -> dict[str, str | None]:
        deployment = self.asked.deployment
        return {
            "id": deployment.id,
            "version": deployment.version,
            "previous": deployment.previous,
            "commit": deployment.commit,
            "environment": deployment.environment,
        }


_BEFORE: Final = "it was done before"
