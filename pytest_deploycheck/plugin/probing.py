"""The ``probe`` and ``api`` fixtures: asking the service itself. No answer, or garbage, is a failed probe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.aggregates import aggregate
from pytest_deploycheck.asking import dependency_ask, endpoint_ask, http_ask, service_headers
from pytest_deploycheck.asks import DnsAnswer, HttpAnswer, HttpAsk
from pytest_deploycheck.errors import (
    BadAnswerError,
    CheckFailedError,
    CircuitOpenError,
    NoAnswerError,
    ObserverOfflineError,
    SourceError,
)
from pytest_deploycheck.expectations import Expectation, mismatches
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.plugin.expecting import expectation_of_dependency
from pytest_deploycheck.plugin.judging import FindingError
from pytest_deploycheck.sources.http_client import service_client
from pytest_deploycheck.status import Impact, Severity

REFUSALS: Final = frozenset({401, 403})
CLIENT_ERROR: Final = 400
SERVER_ERROR: Final = 500

if TYPE_CHECKING:
    import httpx

    from pytest_deploycheck.asks import Ask
    from pytest_deploycheck.plugin.judging import Thresholds
    from pytest_deploycheck.plugin.state import CheckState, DeployRun


class Probe:
    """Asks what the settings declare and compares the answer with what they expect."""

    def __init__(self, run: DeployRun, state: CheckState, thresholds: Thresholds) -> None:
        """Probe for one check."""
        self._run = run
        self._state = state
        self._thresholds = thresholds

    def ask(self, ask: Ask) -> Any:
        """Return the answer.

        Raises:
            CheckFailedError: no answer, a late one, or garbage: that is what a probe measures.
            SourceError: it could not be asked at all (our own network is gone, the circuit is open).
        """
        try:
            return self._run.observatory.observe(ask)
        except (NoAnswerError, BadAnswerError) as error:
            require_network(self._run)
            raise CheckFailedError(str(error)) from None

    def get(self, path: str, *, auth: bool = False) -> HttpAnswer:
        """Return the answer to a GET of a path of the service.

        Raises:
            CheckFailedError: as for :meth:`ask`.
        """
        answer: HttpAnswer = self.ask(http_ask(self._run.settings, path, auth=auth))
        return answer

    def endpoint(self, endpoint: Any) -> HttpAnswer:
        """Return the answer of a declared endpoint; its samples are asked once, whoever looks at them.

        Raises:
            CheckFailedError: as for :meth:`ask`.
        """
        answer: HttpAnswer = self.ask(endpoint_ask(self._run.settings, endpoint))
        self._record_time(answer, endpoint.id)
        return answer

    def dependency(self, dependency: Any) -> None:
        """Ask a declared dependency and compare what it answers with what is expected of it.

        Raises:
            CheckFailedError: it does not answer, or otherwise.
        """
        answer = self.ask(dependency_ask(self._run.settings, dependency))
        if isinstance(answer, HttpAnswer):
            self.expect(answer, expectation_of_dependency(dependency))
        elif isinstance(answer, DnsAnswer) and dependency.expect:
            wanted = sorted(name.rstrip(".").lower() for name in dependency.expect)
            if wanted != list(answer.values):
                found = ", ".join(answer.values) or "nothing"
                raise CheckFailedError(f"{answer.target} is {found}, expected {', '.join(wanted)}")

    def expect(self, answer: HttpAnswer, expectation: Expectation) -> None:
        """Compare an answer with what is expected of it.

        Raises:
            CheckFailedError: it differs; every difference is told.
        """
        wrong = mismatches(answer, expectation, hide=self._run.redactor.text)
        if wrong:
            raise CheckFailedError(f"{answer.url}: " + "; ".join(wrong))

    def expect_refusal(self, ask: HttpAsk, caller: str) -> None:
        """Ask as ``caller`` and expect 401 or 403.

        Raises:
            CheckFailedError: the caller was let in; a refusal in another form is a finding of medium severity.
            SourceError: no answer, or a server error: it says nothing about who is let in.
        """
        answer: HttpAnswer = self._run.observatory.observe(ask)
        if answer.status in REFUSALS:
            return
        if answer.status >= SERVER_ERROR:
            raise BadAnswerError(f"{answer.url} answered {answer.status}, which says nothing about who is let in")
        if answer.status >= CLIENT_ERROR:
            message = f"{answer.url} answered {answer.status} to {caller}, expected 401 or 403"
            raise FindingError(message, Severity.MEDIUM)
        raise CheckFailedError(f"{answer.url} answered {answer.status} to {caller}, expected 401 or 403")

    def latency(self, endpoint: Any) -> Measurement:
        """Return the declared statistic over an endpoint's samples, in seconds, labelled with n.

        Raises:
            SourceError: there is no answer to time; the endpoint's own check tells why.
        """
        answer: HttpAnswer = self._run.observatory.observe(endpoint_ask(self._run.settings, endpoint))
        found = aggregate(answer.samples or (answer.seconds,), endpoint.latency_stat)
        return Measurement(
            metric=f"{endpoint.id}.{endpoint.latency_stat}",
            value=found.value,
            unit="s",
            n=found.n,
            source="http",
            query=f"{endpoint.method} {endpoint.path}",
            target=answer.url,
            attempts=answer.attempts,
            at=answer.at,
            note=found.note,
        )

    def _record_time(self, answer: HttpAnswer, name: str) -> None:
        self._thresholds.record(
            Measurement(
                metric=f"{name}.seconds",
                value=round(answer.seconds, 6),
                unit="s",
                n=1,
                source="http",
                target=answer.url,
                attempts=answer.attempts,
                at=answer.at,
            )
        )


def require_network(run: DeployRun) -> None:
    """Make sure that no answer is the service's fault: ask the declared self-check targets.

    Raises:
        ObserverOfflineError: none of them answers either.
    """
    targets = run.settings.service.self_check
    if not targets:
        return
    for target in targets:
        try:
            run.observatory.observe(HttpAsk(url=target, method="HEAD", timeout=3.0, retries=0))
        except BadAnswerError:
            return
        except SourceError:
            continue
        return
    raise ObserverOfflineError(
        f"our own network is gone: none of {len(targets)} self-check target(s) answers", "Repair the observer's network"
    )


def service_failure(error: SourceError, run: DeployRun, state: CheckState) -> SourceError | CheckFailedError:
    """Return what an unanswered request of the ``api`` fixture means for this check.

    For availability and flows it is a failure; for everything else the measurement is missing.
    """
    if state.spec.impact not in {Impact.AVAILABILITY, Impact.FLOW} or isinstance(error, CircuitOpenError):
        return error
    require_network(run)
    return CheckFailedError(str(error))


def open_api(run: DeployRun, state: CheckState) -> httpx.Client:
    """Return an httpx client bound to the service; every request goes through the observatory and its limits."""

    def send(ask: HttpAsk) -> HttpAnswer:
        try:
            answer: HttpAnswer = run.observatory.observe_now(ask)
        except SourceError as error:
            raise service_failure(error, run, state) from None
        return answer

    settings = run.settings
    return service_client(
        send,
        base_url=settings.service.base_url,
        headers=service_headers(settings),
        timeout=settings.service.timeout,
        max_bytes=settings.service.max_body,
        verify_tls=settings.service.verify_tls,
    )
