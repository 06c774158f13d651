"""The checkable items of the settings, one class a section; metrics and flows have files of their own."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from collections.abc import Mapping  # noqa: TC003  # pydantic reads the annotations at run time
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from pytest_deploycheck.judgement.limits import Limits
from pytest_deploycheck.phases import Phase
from pytest_deploycheck.settings.expectations import HeaderRules, Headers, JsonRules, StatusCodes, Table
from pytest_deploycheck.settings.fields import (
    ByteSize,
    Duration,
    Integer,
    ItemId,
    Name,
    PathOrUrl,
    PhaseName,
    Regex,
    SeverityWord,
    Switch,
    TcpAddress,
    Timeout,
    Url,
)
from pytest_deploycheck.settings.ladders import CountLevels, DaysLevels, SecondsLevels
from pytest_deploycheck.status import Confirms, Impact, OnFail, Policy, Severity

Limit = Annotated[Integer, Field(ge=0)]


class Item(Table):
    """What everything that can be checked has in common; ``kind`` is the name of its section.

    ``writing`` is the aspect that changes something when the item says ``writes``; the failure of an ``indirect`` one
    proves nothing that ``confirms`` names.
    """

    kind: ClassVar[str] = "item"
    writing: ClassVar[str] = "main"
    indirect: ClassVar[frozenset[str]] = frozenset()

    id: ItemId = Field(description="A short stable name, unique in its section; history is kept under it.")
    title: str | None = Field(default=None, description="What is checked, for people.")
    severity: SeverityWord = Field(default=Severity.MEDIUM, description="How bad a failure is.")
    impact: Impact = Field(default=Impact.OPS, description="What suffers from a failure.")
    phases: tuple[PhaseName, ...] = Field(default=(), description="The phases it belongs to; none means every run.")
    due: Duration | None = Field(default=None, description="How long after the deployment it has to be done.")
    action: str | None = Field(default=None, description="What to do when it fails.")
    runbook: str | None = Field(default=None, description="Where to read more.")
    on_fail: OnFail | None = Field(default=None, description="What a failure may do to the verdict.")
    confirms: Confirms | None = Field(default=None, description="What a failure proves; it means ROLLBACK_NOW.")
    dry_run: Switch = Field(default=False, description="Measured and reported, without a say in the verdict.")
    failure_limit: Limit | None = Field(
        default=None, description="How many failed runs of a phase are tolerated; more fail it to its end."
    )
    consecutive_failure_limit: Limit | None = Field(
        default=None, description="How many failed runs in a row are tolerated."
    )
    inconclusive_limit: Limit | None = Field(
        default=None, description="How many runs of a phase without a result are tolerated."
    )
    consecutive_error_limit: Limit | None = Field(
        default=None,
        description="How many runs in a row that could not measure are tolerated; from the fifth on it always counts.",
    )
    consecutive_success_limit: Limit | None = Field(
        default=None, description="How many good runs in a row it takes to be good."
    )
    no_data: Policy = Field(default=Policy.INCONCLUSIVE, description="What it becomes without data.")
    no_baseline: Policy = Field(default=Policy.INCONCLUSIVE, description="What it becomes without a baseline.")
    timeout: Timeout | None = Field(default=None, description="How long one question may take.")
    rows: tuple[Name, ...] = Field(default=(), description="Ids of the requirements that it covers.")
    enabled: Switch = Field(default=True, description="false leaves it out.")

    def patience(self, aspect: str) -> float | None:  # noqa: ARG002  # items with long questions know their aspects
        """Return how many seconds the check of an aspect may take, None for run.check_timeout."""
        return None

    @property
    def limits(self) -> Limits:
        """How many bad runs are tolerated."""
        return Limits(
            failure=self.failure_limit,
            consecutive_failure=self.consecutive_failure_limit,
            inconclusive=self.inconclusive_limit,
            consecutive_error=self.consecutive_error_limit,
            consecutive_success=self.consecutive_success_limit,
        )

    @property
    def label(self) -> str:
        """The title, or the id when it has none."""
        return self.title or self.id


class Endpoint(Item):
    """One HTTP request and what its answer has to be."""

    kind = "endpoint"

    severity: SeverityWord = Field(default=Severity.HIGH, description="How bad a failure is.")
    impact: Impact = Field(default=Impact.AVAILABILITY, description="What suffers from a failure.")
    path: PathOrUrl = Field(description="A path of the service, or a whole URL.")
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = Field(
        default="GET", description="The method."
    )
    status: StatusCodes = Field(default=(200,), description="The accepted status code, or a list of them.")
    json_rules: JsonRules = Field(
        default_factory=dict, alias="json", description="JMESPath of the body to what is expected there."
    )
    body: dict[str, Any] | None = Field(default=None, description="The body of the request, sent as JSON.")
    headers: Headers = Field(default_factory=dict, description="Headers of the request.")
    expect_headers: HeaderRules = Field(
        default_factory=dict, description="Headers of the answer to what is expected of them."
    )
    contains: tuple[Name, ...] = Field(default=(), description="Texts that the body has to contain.")
    excludes: tuple[Name, ...] = Field(default=(), description="Texts that the body must not contain.")
    redirect: Name | None = Field(default=None, description="The Location that the answer has to redirect to.")
    auth: Switch = Field(default=False, description="Send service.bearer.")
    requires_auth: Switch = Field(
        default=False, description="Ask also without and with a wrong token: both must be refused."
    )
    latency: SecondsLevels | None = Field(default=None, description="Levels of the time an answer takes.")
    latency_stat: Literal["p50", "p95", "p99", "mean", "max"] = Field(
        default="p95", description="What of the samples is judged."
    )
    samples: Integer = Field(default=1, ge=1, le=200, description="How many requests are timed, one after another.")
    tls_expiry: DaysLevels | None = Field(default=None, description="Levels of the days left on the certificate.")
    max_body: ByteSize | None = Field(default=None, description="The largest accepted body; default service.max_body.")
    follow_redirects: Switch = Field(default=False, description="Follow redirects instead of judging them.")


class Dependency(Item):
    """Something the service needs; exactly one of ``url``, ``tcp``, ``path``, ``dns`` and ``redis`` is set."""

    kind = "dependency"

    severity: SeverityWord = Field(default=Severity.HIGH, description="How bad a failure is.")
    url: Url | None = Field(default=None, description="A URL of the dependency.")
    tcp: TcpAddress | None = Field(default=None, description="host:port that accepts connections.")
    path: PathOrUrl | None = Field(
        default=None, description="A path of the service whose body tells about the dependency."
    )
    dns: Name | None = Field(default=None, description="A name that has to resolve.")
    redis: Literal[True] | None = Field(default=None, description="true: the server of [redis] answers PING.")
    tls: Switch = Field(default=False, description="Open a TLS connection (with tcp).")
    tls_expiry: DaysLevels | None = Field(
        default=None, description="Levels of the days left on its certificate (with an https url, or tcp and tls)."
    )
    record: Literal["A", "AAAA", "CNAME", "MX", "TXT", "NS", "SRV", "CAA"] = Field(
        default="A", description="The type of the record (with dns)."
    )
    expect: tuple[Name, ...] = Field(
        default=(), description="The records that have to be there, and no others (with dns); default: any."
    )
    server: TcpAddress | None = Field(
        default=None, description="The name server that is asked (with dns); default the system's."
    )
    status: StatusCodes = Field(default=(200,), description="The accepted status code, or a list of them.")
    json_rules: JsonRules = Field(
        default_factory=dict, alias="json", description="JMESPath of the body to what is expected there."
    )


class Log(Item):
    """A log: what has to be in it and what must not be; exactly one of its five places is set."""

    kind = "log"

    severity: SeverityWord = Field(default=Severity.HIGH, description="How bad a failure is.")
    path: Name | None = Field(default=None, description="A file; relative to the settings file.")
    rotated: Switch = Field(
        default=True, description="Read its rotated siblings, too (app.log.1, app.log.2.gz), as far back as needed."
    )
    docker: Name | None = Field(default=None, description="A container whose log docker shows, both streams.")
    kubectl: tuple[Name, ...] | None = Field(
        default=None, min_length=1, description='Arguments after kubectl logs: ["deployment/api", "-n", "shop"].'
    )
    journal: Name | None = Field(default=None, description="A systemd unit whose journal is read.")
    command: tuple[Name, ...] | None = Field(
        default=None,
        min_length=1,
        description="A program and its arguments that writes the log; {since} and {until} become times.",
    )
    env: tuple[Name, ...] = Field(default=(), description="Further environment variables that the program may see.")
    require: tuple[Regex, ...] = Field(default=(), description="Patterns that have to be found.")
    forbid: tuple[Regex, ...] = Field(default=(), description="Patterns that must not be found.")
    max_errors: CountLevels | None = Field(
        default=None, description="Levels of the number of ERROR and CRITICAL lines."
    )
    new_errors: CountLevels | None = Field(
        default=None, description="Levels of the number of kinds of errors that were not there before the deployment."
    )
    since: Duration | None = Field(
        default=None, description="Only lines of this time before now; default since the deployment."
    )
    until: Duration | None = Field(default=None, description="Only lines older than this, before now.")
    tail: Integer | None = Field(default=None, ge=1, description="Only the last lines, this many.")
    signatures: Integer = Field(
        default=20, ge=0, le=1000, description="How many kinds of errors are shown, the most frequent ones."
    )
    lookback: Duration = Field(
        default=86_400.0, description="How far before since kinds of errors count as known (with new_errors)."
    )
    timezone: Name = Field(default="UTC", description="The time zone of timestamps that name none.")

    @property
    def patterns(self) -> tuple[str, ...]:
        """All patterns, required and forbidden."""
        return (*self.require, *self.forbid)


class Attest(Item):
    """Something that only a person can answer."""

    kind = "attest"

    severity: SeverityWord = Field(default=Severity.HIGH, description="How bad a failure is.")
    required: Switch = Field(default=True, description="Without an answer the verdict is INCONCLUSIVE.")
    question: Name = Field(description="What a person is asked.")

    def due_by(self, phases: Mapping[str, Phase]) -> float | None:
        """Return how many seconds after the deployment the answer is due: as written, or when its first phase ends."""
        if self.due is not None:
            return self.due
        ends = [phase.end for name in self.phases if (phase := phases.get(name)) is not None and phase.end is not None]
        return min(ends, default=None)
