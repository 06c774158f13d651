"""What the reference service counts about itself, as Prometheus text or OpenMetrics; knows no HTTP framework."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Request(NamedTuple):
    """The labels of a finished request."""

    method: str
    route: str
    status: int
    client: str


class Finished(NamedTuple):
    """A finished request and how many seconds it took."""

    request: Request
    seconds: float


class Gauge(NamedTuple):
    """A value that is read when somebody asks."""

    name: str
    help: str
    value: float


class Metrics:
    """Counters and one histogram; every method may be called from any thread."""

    def __init__(self) -> None:
        """Start at zero."""
        self._requests: Counter[Request] = Counter()
        self._buckets: dict[tuple[str, str], list[int]] = {}
        self._seconds: Counter[tuple[str, str]] = Counter()
        self._messages: Counter[str] = Counter({"INFO": 0, "WARNING": 0, "ERROR": 0})
        self._payments: Counter[str] = Counter({"SETTLED": 0, "FAILED": 0})
        self._lock = threading.Lock()

    def finished(self, batch: Iterable[Finished]) -> None:
        """Count finished requests, all of them between the same two scrapes."""
        with self._lock:
            for request, seconds in batch:
                key = (request.route, request.client)
                self._requests[request] += 1
                self._buckets.setdefault(key, [0] * (len(BUCKETS) + 1))[bisect_left(BUCKETS, seconds)] += 1
                self._seconds[key] += seconds  # type: ignore[assignment]  # a Counter adds up floats as well

    def message(self, level: str) -> None:
        """Count a line in the log."""
        with self._lock:
            self._messages[level] += 1

    def payment(self, status: str) -> None:
        """Count a transaction that reached its end."""
        with self._lock:
            self._payments[status] += 1

    def requests(self, client: str) -> int:
        """Return how many requests of a client were counted."""
        with self._lock:
            return sum(count for request, count in self._requests.items() if request.client == client)

    def render(self, gauges: Iterable[Gauge], *, openmetrics: bool = False) -> str:
        """Return everything as text."""
        with self._lock:
            lines = [
                *_counter("http_requests", "Requests answered.", _requests(self._requests), openmetrics=openmetrics),
                *_histogram(self._buckets, self._seconds),
                *_counter("log_messages", "Lines logged.", _simple("level", self._messages), openmetrics=openmetrics),
                *_counter("payments", "Payments ended.", _simple("status", self._payments), openmetrics=openmetrics),
            ]
        for gauge in gauges:
            lines += [
                f"# HELP {gauge.name} {gauge.help}",
                f"# TYPE {gauge.name} gauge",
                f"{gauge.name} {gauge.value!r}",
            ]
        return "\n".join([*lines, "# EOF", ""] if openmetrics else [*lines, ""])


def _counter(name: str, text: str, samples: Iterable[tuple[str, int]], *, openmetrics: bool) -> Iterator[str]:
    family = name if openmetrics else f"{name}_total"
    yield f"# HELP {family} {text}"
    yield f"# TYPE {family} counter"
    for labels, value in samples:
        yield f"{name}_total{{{labels}}} {value}"


def _requests(counts: Counter[Request]) -> Iterator[tuple[str, int]]:
    for request, count in sorted(counts.items()):
        labels = (("method", request.method), ("route", request.route), ("status", request.status))
        yield ",".join(f'{name}="{value}"' for name, value in (*labels, ("client", request.client))), count


def _simple(label: str, counts: Counter[str]) -> Iterator[tuple[str, int]]:
    for value, count in sorted(counts.items()):
        yield f'{label}="{value}"', count


def _histogram(buckets: dict[tuple[str, str], list[int]], seconds: Counter[tuple[str, str]]) -> Iterator[str]:
    yield "# HELP http_request_duration_seconds Time to answer a request."
    yield "# TYPE http_request_duration_seconds histogram"
    for (route, client), counts in sorted(buckets.items()):
        labels = f'route="{route}",client="{client}"'
        total = 0
        for limit, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
            total += count
            yield f'http_request_duration_seconds_bucket{{{labels},le="{limit}"}} {total}'
        yield f"http_request_duration_seconds_sum{{{labels}}} {seconds[route, client]!r}"
        yield f"http_request_duration_seconds_count{{{labels}}} {total}"
