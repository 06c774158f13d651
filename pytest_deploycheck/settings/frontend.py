"""The items of the settings for what people see: pages in a browser, events on a live connection."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from pytest_deploycheck.settings.addresses import check_path_or_url, check_url
from pytest_deploycheck.settings.expectations import Headers, StatusCodes
from pytest_deploycheck.settings.fields import Duration, Integer, Name, PathOrUrl, SeverityWord, Switch
from pytest_deploycheck.settings.items import Item
from pytest_deploycheck.settings.ladders import CountLevels, PercentLevels, SecondsLevels, default_levels
from pytest_deploycheck.status import Impact, Severity


def check_stream(value: str) -> str:
    """Return a path, or a whole URL of a WebSocket or an event stream."""
    return check_url(value, ("ws", "wss")) if value.startswith("ws") else check_path_or_url(value)


StreamAddress = Annotated[str, AfterValidator(check_stream)]


class Page(Item):
    """A page as a browser sees it; needs the extra ``browser`` and a Chromium."""

    kind = "page"

    severity: SeverityWord = Field(default=Severity.HIGH, description="How bad a failure is.")
    impact: Impact = Field(default=Impact.FLOW, description="What suffers from a failure.")
    path: PathOrUrl = Field(description="A path of the service, or a whole URL.")
    status: StatusCodes = Field(default=(200,), description="The accepted status code, or a list of them.")
    auth: Switch = Field(default=False, description="Send service.bearer to the page's own origin.")
    contains: tuple[Name, ...] = Field(default=(), description="Texts that have to become visible.")
    selectors: tuple[Name, ...] = Field(default=(), description="CSS selectors that have to become visible.")
    settle: Duration = Field(default=0.5, description="How long the page is watched after it has loaded.")
    load: SecondsLevels | None = Field(default=None, description="Levels of the time until it has loaded.")
    ttfb: SecondsLevels | None = Field(default=None, description="Levels of the time to the first byte.")
    fcp: SecondsLevels | None = Field(default=None, description="Levels of the first contentful paint.")
    lcp: SecondsLevels | None = Field(default=None, description="Levels of the largest contentful paint.")
    cls: CountLevels | None = Field(default=None, description="Levels of the cumulative layout shift, such as > 0.1.")
    exceptions: CountLevels = Field(
        default_factory=lambda: default_levels("", high=">= 1"), description="Levels of uncaught JavaScript exceptions."
    )
    failed_requests: CountLevels = Field(
        default_factory=lambda: default_levels("", medium=">= 1"),
        description="Levels of requests of the page that failed or were answered 400 or above.",
    )
    console_errors: CountLevels | None = Field(default=None, description="Levels of errors on the console.")


class Realtime(Item):
    """Events written through the API and waited for on a live connection; runs only with --deploy-allow-writes."""

    kind = "realtime"

    severity: SeverityWord = Field(default=Severity.HIGH, description="How bad a failure is.")
    impact: Impact = Field(default=Impact.FLOW, description="What suffers from a failure.")
    writes: Literal[True] = Field(default=True, description="It always writes.")
    stream: StreamAddress = Field(
        description="Where events come in: a ws or wss URL, or the path or URL of an event stream."
    )
    subscribe: Any = Field(
        default=None, description="What is sent to a WebSocket first, as JSON, or as it is when text."
    )
    write: PathOrUrl = Field(description="The path of the API that makes an event; {id} becomes the event's id.")
    method: Literal["POST", "PUT", "PATCH", "GET", "DELETE"] = Field(default="POST", description="The method.")
    json_body: Any = Field(
        default=None, alias="json", description="The body, sent as JSON; {id} in it becomes the event's id."
    )
    headers: Headers = Field(default_factory=dict, description="Headers of both requests.")
    auth: Switch = Field(default=False, description="Send service.bearer with both.")
    events: Integer = Field(default=5, ge=1, le=200, description="How many events are written.")
    interval: Duration = Field(default=0.1, description="The time between two writes.")
    settle: Duration = Field(default=0.5, description="What a subscription gets to take effect before the first write.")
    wait: Duration = Field(default=5.0, description="How long events are waited for after the last write.")
    latency: SecondsLevels | None = Field(default=None, description="Levels of the time from write to event, its p95.")
    loss: PercentLevels = Field(
        default_factory=lambda: default_levels("%", high="> 0%"), description="Levels of the share that never came."
    )
