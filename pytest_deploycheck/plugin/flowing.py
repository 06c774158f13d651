"""The ``flow`` fixture: declared flows, or steps in Python; what is captured stays secret, cleanup always runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from pytest_deploycheck.asking import service_headers
from pytest_deploycheck.errors import CheckFailedError, CircuitOpenError, InconclusiveError
from pytest_deploycheck.expectations import Expectation
from pytest_deploycheck.expected import expected_of
from pytest_deploycheck.flows import FlowOutcome, Step, run_flow
from pytest_deploycheck.model import Judgement, Measurement, Reading
from pytest_deploycheck.plugin.expecting import step_of
from pytest_deploycheck.plugin.judging import FindingError
from pytest_deploycheck.plugin.probing import require_network
from pytest_deploycheck.status import Severity, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_deploycheck.plugin.state import CheckState, DeployRun


class FlowRunner:
    """Runs flows for one check."""

    def __init__(self, run: DeployRun, state: CheckState) -> None:
        """Run for one check."""
        self._run = run
        self._state = state

    def __call__(self, flow: Any) -> FlowOutcome:
        """Run a flow that the settings declare.

        Raises:
            CheckFailedError: a step did not come out as expected (or the cleanup did not, at medium severity).
            InconclusiveError: the flow writes, and ``--deploy-allow-writes`` was not given.
        """
        return self.run(
            [step_of(step) for step in flow.steps],
            cleanup=[step_of(step) for step in flow.cleanup],
            variables=flow.variables,
            writes=flow.writes,
            name=flow.id,
            timeout=flow.timeout,
        )

    def run(
        self,
        steps: Sequence[Step],
        *,
        cleanup: Sequence[Step] = (),
        variables: Mapping[str, Any] | None = None,
        writes: bool = False,
        name: str = "flow",
        timeout: float | None = None,
    ) -> FlowOutcome:
        """Run steps built with :meth:`step`, then the cleanup, whatever happened. ``timeout`` (s) bounds each request.

        Raises:
            CheckFailedError: a step did not come out as expected.
            InconclusiveError: the flow writes, and ``--deploy-allow-writes`` was not given.
        """
        if writes and not self._run.options.allow_writes:
            raise InconclusiveError("the flow writes", "Give --deploy-allow-writes to run it")
        settings = self._run.settings
        outcome = run_flow(
            steps,
            cleanup,
            variables,
            send=self._run.observatory.observe_now,
            base_url=settings.service.base_url,
            headers=service_headers(settings),
            timeout=timeout or settings.service.timeout,
            run_id=f"{self._run.deployment.id}-{self._run.tick}",
            max_bytes=settings.service.max_body,
            verify_tls=settings.service.verify_tls,
        )
        self._run.redactor.add(*outcome.secrets)
        self._record(name, outcome)
        if outcome.failed is not None:
            self._fail(outcome)
        if outcome.cleanup_problems:
            raise FindingError("; ".join(outcome.cleanup_problems), Severity.MEDIUM)
        return outcome

    @staticmethod
    def step(
        name: str,
        path: str,
        *,
        method: str = "GET",
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        bearer: str | None = None,
        status: int | Sequence[int] = (200, 201, 202, 204),
        expect: Mapping[str, Any] | None = None,
        capture: Mapping[str, str] | None = None,
    ) -> Step:
        """Return a step: ``{name}`` in path, json, headers and bearer stands for a variable.

        ``expect`` maps a JMESPath of the body to what is expected there, ``capture`` a variable to a JMESPath.
        """
        statuses = (status,) if isinstance(status, int) else tuple(status)
        rules = tuple((key, expected_of(value)) for key, value in (expect or {}).items())
        return Step(
            name=name,
            path=path,
            method=method,
            json=json,
            headers=tuple((headers or {}).items()),
            bearer=bearer,
            expect=Expectation(status=statuses, json=rules),
            capture=tuple((capture or {}).items()),
        )

    def _record(self, name: str, outcome: FlowOutcome) -> None:
        done = len([step for step in outcome.steps if not step.problems])
        self._state.readings.append(
            Reading(
                measurement=Measurement(
                    metric=f"{name}.seconds",
                    value=round(outcome.seconds, 6),
                    unit="s",
                    n=1,
                    source="flow",
                    query=" → ".join(step.name for step in outcome.steps),
                    target=self._run.settings.service.base_url,
                    note=f"{done} steps done",
                ),
                judgement=Judgement(status=Status.PASS, reason="recorded"),
            )
        )

    def _fail(self, outcome: FlowOutcome) -> NoReturn:
        if isinstance(outcome.error, CircuitOpenError):
            raise outcome.error
        if outcome.error is not None:
            require_network(self._run)
        raise CheckFailedError("; ".join(outcome.problems))
