"""A flow: several requests, one after another, each using what earlier ones returned, with a cleanup that always runs.

Above expectations and templates, below the plugin, which gives it a way to send. Messages show paths and headers as
they are written in the settings, never what was filled in.
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pytest_deploycheck.asks import MEBIBYTE, HttpAnswer, HttpAsk
from pytest_deploycheck.errors import BadAnswerError, SourceError
from pytest_deploycheck.expectations import Expectation, lookup, mismatches
from pytest_deploycheck.expected import Equals
from pytest_deploycheck.redact import Redactor, printable
from pytest_deploycheck.templates import BUILT_IN, UnknownNameError, in_header, in_json, in_path, names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_SHORTEST_SECRET: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request of a flow, with placeholders, what is expected, and which values are captured (name, JMESPath).

    ``json`` is the request's body, None for none. ``bearer`` becomes ``Authorization: Bearer …``.
    """

    name: str
    path: str
    method: str = "GET"
    json: Any = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    bearer: str | None = field(default=None, repr=False)
    expect: Expectation = field(default_factory=Expectation)
    capture: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutcome:
    """What became of a step; ``path`` is as written, ``seconds`` the answer's time, ``skipped`` why it was not sent."""

    name: str
    method: str
    path: str
    status: int | None = None
    seconds: float | None = None
    attempts: int = 0
    problems: tuple[str, ...] = ()
    skipped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowOutcome:
    """What became of a flow. ``seconds`` is the wall time without the cleanup.

    ``secrets`` are values to redact wherever they turn up. ``error`` is what the source raised when a step of the flow
    got no answer; its text is in the step's problems too.
    """

    steps: tuple[StepOutcome, ...] = ()
    cleanup: tuple[StepOutcome, ...] = ()
    seconds: float = 0.0
    error: SourceError | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def failed(self) -> StepOutcome | None:
        """The step at which the flow ended early."""
        return next((step for step in self.steps if step.problems), None)

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each problem, the flow's own before the cleanup's, each naming its step."""
        own = tuple(f"step {step.name!r}: {problem}" for step in self.steps for problem in step.problems)
        return own + self.cleanup_problems

    @property
    def cleanup_problems(self) -> tuple[str, ...]:
        """One line for each problem of the cleanup."""
        return tuple(f"cleanup {step.name!r}: {problem}" for step in self.cleanup for problem in step.problems)


@dataclass(slots=True, kw_only=True)
class _Run:
    """The state of a running flow: the values so far, and how to send."""

    values: dict[str, Any]
    send: Callable[[HttpAsk], HttpAnswer]
    base_url: str
    headers: tuple[tuple[str, str], ...]
    timeout: float
    max_bytes: int
    verify_tls: bool
    redactor: Redactor = field(default_factory=Redactor)
    secrets: dict[str, None] = field(default_factory=dict)
    error: SourceError | None = None

    def step(self, step: Step) -> StepOutcome:
        """Send one step and return what became of it."""
        made = StepOutcome(name=step.name, method=step.method, path=step.path)
        try:
            answer = self.send(self.ask(step))
        except UnknownNameError as error:
            return replace(made, problems=(f"not sent: {error}",))
        except ValueError as error:
            return replace(made, problems=(f"not sent: {self.clean(str(error))}",))
        except SourceError as error:
            self.error = error
            return replace(made, problems=(self.clean(str(error)),))
        # captured first: what is secret must be known before anything is quoted
        lacking = self.capture(step, answer)
        problems = mismatches(answer, self.expectation(step), hide=self.redactor.text) or lacking
        return replace(
            made,
            status=answer.status,
            seconds=answer.seconds,
            attempts=answer.attempts,
            problems=tuple(self.clean(problem) for problem in problems),
        )

    def ask(self, step: Step) -> HttpAsk:
        """Return the step as a request; what goes into its headers is secret from then on."""
        url = join_url(self.base_url, in_path(step.path, self.values))
        shared = self.headers if same_origin(url, self.base_url) else ()
        own = [(name, in_header(value, self.values)) for name, value in step.headers]
        if step.bearer is not None:
            own.append(("Authorization", f"Bearer {in_header(step.bearer, self.values)}"))
        for template in (*(value for _, value in step.headers), step.bearer or ""):
            self.keep_secret(*(self.values[name] for name in names_in(template) if name not in BUILT_IN))
        named = {name.lower() for name, _ in own}
        return HttpAsk(
            url=url,
            method=step.method,
            headers=(*(pair for pair in shared if pair[0].lower() not in named), *own),
            json_body=None if step.json is None else json.dumps(in_json(step.json, self.values)),
            timeout=self.timeout,
            max_bytes=self.max_bytes,
            verify_tls=self.verify_tls,
        )

    def expectation(self, step: Step) -> Expectation:
        """Return what the step expects, placeholders filled in: what was written can be compared with what is read."""
        json_rules = tuple(
            (path, Equals(self.filled(rule.value)) if isinstance(rule, Equals) else rule)
            for path, rule in step.expect.json
        )
        return replace(step.expect, json=json_rules, contains=tuple(str(self.filled(t)) for t in step.expect.contains))

    def filled(self, value: Any) -> Any:
        """Return an expected value with its placeholders filled in; one that no step knows is meant literally."""
        try:
            return in_json(value, self.values)
        except UnknownNameError:
            return value

    def capture(self, step: Step, answer: HttpAnswer) -> list[str]:
        """Take the values that the step captures; return what could not be found."""
        if not step.capture:
            return []
        try:
            document = answer.json()
        except BadAnswerError:
            return [f"nothing captured for {name}: the body is not JSON" for name, _ in step.capture]
        lacking = []
        for name, path in step.capture:
            try:
                found = lookup(document, path)
            except ValueError as error:
                lacking.append(f"nothing captured for {name}: {error}")
                continue
            if found is None:
                lacking.append(f"nothing captured for {name}: {path!r} finds nothing in the answer")
                continue
            self.values[name] = found
            self.keep_secret(*_texts_in(found))
        return lacking

    def keep_secret(self, *values: Any) -> None:
        """Hide these from all messages from now on; a number is secret only as part of a header."""
        texts = [text for value in values if len(text := str(value)) >= _SHORTEST_SECRET]
        self.secrets.update(dict.fromkeys(texts))
        self.redactor.add(*texts)

    def clean(self, text: str) -> str:
        """Return a message that may be shown."""
        return printable(self.redactor.text(text))


def run_flow(
    steps: Sequence[Step],
    cleanup: Sequence[Step] = (),
    variables: Mapping[str, Any] | None = None,
    *,
    send: Callable[[HttpAsk], HttpAnswer],
    base_url: str,
    headers: Sequence[tuple[str, str]] = (),
    timeout: float = 10.0,
    run_id: str = "",
    max_bytes: int = MEBIBYTE,
    verify_tls: bool = True,
) -> FlowOutcome:
    """Run the steps until one fails, then the whole cleanup, whatever happened, and return what became of each.

    ``headers`` go to the origin of ``base_url`` only; ``timeout`` (seconds) bounds each request. A cleanup step whose
    placeholders never got a value has nothing to clean up and is skipped. When the flow is interrupted, the cleanup
    runs, its problems are added to the interruption as notes, and it goes on its way.
    """
    built_in = dict(zip(BUILT_IN, (run_id, uuid.uuid4().hex), strict=True))
    run = _Run(
        values={**(variables or {}), **built_in},
        send=send,
        base_url=base_url,
        headers=tuple(headers),
        timeout=timeout,
        max_bytes=max_bytes,
        verify_tls=verify_tls,
    )
    done: list[StepOutcome] = []
    started = time.perf_counter()
    try:
        for step in steps:
            done.append(run.step(step))
            if done[-1].problems:
                break
    except BaseException as interruption:
        for line in FlowOutcome(cleanup=_clean_up(run, cleanup)).cleanup_problems:
            interruption.add_note(line)
        raise
    seconds, error = time.perf_counter() - started, run.error
    cleaned = _clean_up(run, cleanup)
    return FlowOutcome(steps=tuple(done), cleanup=cleaned, seconds=seconds, error=error, secrets=tuple(run.secrets))


def unknown_names(
    steps: Sequence[Step], cleanup: Sequence[Step], variables: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Return (step, name) for each placeholder that is neither declared, built in nor captured by an earlier step."""
    known = {*variables, *BUILT_IN}
    unknown: list[tuple[str, str]] = []
    for step in (*steps, *cleanup):
        used = names_in([step.path, step.json, [value for _, value in step.headers], step.bearer or ""])
        unknown += [(step.name, name) for name in used if name not in known]
        known.update(name for name, _ in step.capture)
    return unknown


def join_url(base_url: str, path: str) -> str:
    """Return the address of a path below the base; an absolute URL stays as it is."""
    if path.lower().startswith(("http://", "https://")):
        return path
    return f"{base_url.rstrip('/')}/{path.lstrip('/')}" if path else base_url


def same_origin(one: str, other: str) -> bool:
    """Return whether two URLs have the same scheme, host and port."""
    return _origin(one) == _origin(other)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _clean_up(run: _Run, cleanup: Sequence[Step]) -> tuple[StepOutcome, ...]:
    """Run every cleanup step that has something to clean up."""
    done = []
    for step in cleanup:
        used = names_in([step.path, step.json, [value for _, value in step.headers], step.bearer or ""])
        missing = [name for name in used if name not in run.values]
        if missing:
            skipped = f"{', '.join(missing)} never got a value"
            done.append(StepOutcome(name=step.name, method=step.method, path=step.path, skipped=skipped))
        else:
            done.append(run.step(step))
    return tuple(done)


def _texts_in(value: Any) -> list[str]:
    """Return all texts in a captured value."""
    if isinstance(value, str):
        return [value]
    parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in _texts_in(part)]
