"""What a Prometheus server answers, read with suspicion; between ``prometheus.py`` and the HTTP source."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import (
    AnswerTimeoutError,
    BadAnswerError,
    LoginRefusedError,
    QueryError,
    SourceError,
)
from pytest_deploycheck.redact import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.asks import HttpAnswer

LONGEST_TEXT: Final = 200
MOST_WARNINGS: Final = 5
_OK: Final = 200
_PAIR: Final = 2
_UNREADABLE: Final = "Is prometheus.url the address of a Prometheus, without /api/v1?"
_REFUSALS: Final[Mapping[str, tuple[type[SourceError], str]]] = {
    "bad_data": (QueryError, "Correct the query; try it on the server's own page first"),
    "execution": (QueryError, "Correct the query; try it on the server's own page first"),
    "not_found": (QueryError, "Correct the query"),
    "timeout": (AnswerTimeoutError, "Ask for less: a shorter window, a larger step, fewer series"),
}
_STATUSES: Final[Mapping[int, tuple[type[SourceError], str]]] = {
    401: (LoginRefusedError, "Set bearer, or username and password, in [prometheus]"),
    403: (LoginRefusedError, "Set bearer, or username and password, of somebody who may read"),
    404: (BadAnswerError, _UNREADABLE),
    429: (BadAnswerError, "It limits requests: ask less often, or for less"),
}


@dataclass(frozen=True, slots=True)
class Series:
    """One series: its labels by name, and its points as (seconds since 1970, value)."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """The ``data`` of an answer, with what the server found doubtful (``warnings``) or remarkable (``infos``)."""

    data: Any
    warnings: tuple[str, ...]
    infos: tuple[str, ...]


def read_reply(answer: HttpAnswer) -> Reply:
    """Return what the server answered.

    Raises:
        LoginRefusedError: it does not know us.
        QueryError: it refused the query.
        AnswerTimeoutError: it gave up on the query.
        BadAnswerError: it answered something else than its API.
    """
    try:
        body = answer.json()
    except BadAnswerError:
        body = None
    if answer.status == _OK and isinstance(body, dict) and body.get("status") == "success":
        return Reply(body.get("data"), _texts(body.get("warnings")), _texts(body.get("infos")))
    raise _refusal(answer, body if isinstance(body, dict) else {})


def read_series(data: Any, where: str) -> tuple[Series, ...]:
    """Return the series of a query's answer: one for a scalar, none for an empty vector.

    Raises:
        QueryError: the query's result is not made of numbers.
        BadAnswerError: this is no answer of Prometheus.
    """
    kind = data.get("resultType") if isinstance(data, dict) else None
    read = _RESULTS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise BadAnswerError(f"{where} answered no result of a query", _UNREADABLE)
    try:
        return read(data["result"])
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError):
        raise BadAnswerError(f"{where} answered a {kind} that cannot be read", _UNREADABLE) from None


def shown(text: object) -> str:
    """Return a text of the server in one short printable line."""
    line = printable(" ".join(str(text).split()))
    return line if len(line) <= LONGEST_TEXT else f"{line[:LONGEST_TEXT]}…"


def _refusal(answer: HttpAnswer, body: Mapping[str, Any]) -> SourceError:
    reason = shown(body.get("error", ""))
    kind = str(body.get("errorType"))
    words = f": {reason}" if reason else ""
    if answer.status in _STATUSES:
        error, hint = _STATUSES[answer.status]
        return error(f"{answer.url} answered {answer.status}{words}", hint)
    if body.get("status") == "error" and kind in _REFUSALS:
        error, hint = _REFUSALS[kind]
        return error(f"{answer.url} refused the query ({shown(kind)}){words}", hint)
    if answer.status != _OK:
        return BadAnswerError(f"{answer.url} answered {answer.status}{words}", _hint(answer.status))
    return BadAnswerError(f"{answer.url} did not answer as a Prometheus does{words}", _UNREADABLE)


def _hint(status: int) -> str:
    return "Look at the server's log; is it overloaded or starting?" if status >= 500 else _UNREADABLE  # noqa: PLR2004  # server errors


def _texts(found: Any) -> tuple[str, ...]:
    return tuple(shown(text) for text in found[:MOST_WARNINGS]) if isinstance(found, list) else ()


def _labels(item: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in item["metric"].items()}


def _point(pair: Any) -> tuple[float, float]:
    if not isinstance(pair, list) or len(pair) != _PAIR or not isinstance(pair[1], str):
        raise ValueError("no point")
    at = float(pair[0])
    if not math.isfinite(at):
        raise ValueError("no time")
    return at, float(pair[1])


def _one(item: Mapping[str, Any]) -> Series:
    if "histogram" in item:
        raise QueryError("the query answers histograms, not numbers", "Use histogram_quantile(), _count() or _sum()")
    return Series(_labels(item), (_point(item["value"]),))


def _many(item: Mapping[str, Any]) -> Series:
    if "values" not in item and "histograms" in item:
        raise QueryError("the query answers histograms, not numbers", "Use histogram_quantile(), _count() or _sum()")
    return Series(_labels(item), tuple(_point(pair) for pair in item["values"]))


def _text(_result: Any) -> tuple[Series, ...]:
    raise QueryError("the query answers a text, not a number", "Correct the query")


_RESULTS: Final = {
    "vector": lambda result: tuple(_one(item) for item in result),
    "matrix": lambda result: tuple(_many(item) for item in result),
    "scalar": lambda result: (Series({}, (_point(result),)),),
    "string": _text,
}
