"""What an HTTP answer is expected to look like, and where it differs; endpoints, dependencies and flows share it.

Above asks and expected, below asking and flows. An :class:`Expectation` is a plain value; :func:`mismatches` compares
and returns one line for each difference, never raising for anything that the service sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import jmespath
from jmespath.exceptions import JMESPathError

from pytest_deploycheck.errors import BadAnswerError
from pytest_deploycheck.expected import EXCERPT, excerpt, show
from pytest_deploycheck.judgement.display import format_pair

if TYPE_CHECKING:
    from collections.abc import Callable

    from jmespath.parser import ParsedResult

    from pytest_deploycheck.asks import HttpAnswer
    from pytest_deploycheck.expected import Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """All that is expected of one answer; what is left out is not compared.

    ``status`` empty accepts 200 to 399. ``json`` pairs a JMESPath with what it must yield, ``headers`` a header's name
    with what its (comma-joined) value must be. ``redirect`` is the ``Location``, relative ones resolved.
    ``max_seconds`` bounds the time of the first request.
    """

    status: tuple[int, ...] = ()
    json: tuple[tuple[str, Expected], ...] = ()
    headers: tuple[tuple[str, Expected], ...] = ()
    contains: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    redirect: str | None = None
    max_seconds: float | None = None


def compiled(path: str) -> ParsedResult:
    """Return a compiled JMESPath.

    Raises:
        ValueError: the path is no JMESPath; the message says where it breaks.
    """
    try:
        return jmespath.compile(path)
    except (JMESPathError, RecursionError) as error:
        # only the first line: the others draw an arrow that is lost in a log
        raise ValueError(f"{path!r} is no JMESPath: {str(error).splitlines()[0] if str(error) else 'empty'}") from None


def lookup(document: Any, path: str) -> Any:
    """Return what a JMESPath finds, None when nothing.

    Raises:
        ValueError: the path is no JMESPath, or cannot be applied to this document.
    """
    expression = compiled(path)
    try:
        return expression.search(document)
    except (JMESPathError, RecursionError, TypeError, ArithmeticError, AttributeError) as error:
        raise ValueError(f"{path!r} cannot be applied to this answer ({type(error).__name__})") from None


def mismatches(answer: HttpAnswer, expect: Expectation, *, hide: Callable[[str], str] = str) -> list[str]:
    """Return one line for each way in which the answer differs, the status first; none when it is as expected.

    ``hide`` takes secrets out of any text that is quoted; it is applied before the text is cut to 200 characters.
    """
    return [
        *_status(answer, expect, hide),
        *_redirect(answer, expect, hide),
        *_headers(answer, expect, hide),
        *_json(answer, expect, hide),
        *_text(answer, expect, hide),
        *_time(answer, expect),
    ]


def _status(answer: HttpAnswer, expect: Expectation, hide: Callable[[str], str]) -> list[str]:
    good = answer.status in expect.status if expect.status else HTTPStatus.OK <= answer.status < HTTPStatus.BAD_REQUEST
    if good:
        return []
    *first, last = map(str, expect.status or ("200 to 399",))
    wanted = f"{', '.join(first)} or {last}" if first else last
    body = answer.text()[: EXCERPT * 20].strip()
    quoted = f"; the body begins with {excerpt(body, hide)}" if body else "; the body is empty"
    return [f"status {answer.status}, expected {wanted}{quoted}"]


def _redirect(answer: HttpAnswer, expect: Expectation, hide: Callable[[str], str]) -> list[str]:
    if expect.redirect is None:
        return []
    found = answer.header("location")
    if found is not None and expect.redirect in {found, _absolute(answer.url, found)}:
        return []
    if found is not None and _absolute(answer.url, found) == _absolute(answer.url, expect.redirect):
        return []
    return [f"redirect is {show(found, hide)}, expected {show(expect.redirect, hide)}"]


def _absolute(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:
        return location


def _headers(answer: HttpAnswer, expect: Expectation, hide: Callable[[str], str]) -> list[str]:
    found: dict[str, list[str]] = {}
    for name, value in answer.headers:
        found.setdefault(name.lower(), []).append(value)
    lines = []
    for name, expected in expect.headers:
        values = found.get(name.lower())
        problem = expected.problem(None if values is None else ", ".join(values), hide)
        lines += [f"header {name} {problem}"] if problem else []
    return lines


def _json(answer: HttpAnswer, expect: Expectation, hide: Callable[[str], str]) -> list[str]:
    if not expect.json:
        return []
    try:
        document = answer.json()
    except BadAnswerError:
        quoted = "" if _status(answer, expect, hide) else f": {excerpt(answer.text(), hide)}"
        return [f"the body is not JSON{quoted}" if answer.body else "the body is empty, expected JSON"]
    lines = []
    for path, expected in expect.json:
        try:
            problem = expected.problem(lookup(document, path), hide)
        except ValueError as error:
            problem = f"could not be read: {error}"
        lines += [f"{path} {problem}"] if problem else []
    return lines


def _text(answer: HttpAnswer, expect: Expectation, hide: Callable[[str], str]) -> list[str]:
    if not expect.contains and not expect.excludes:
        return []
    body = answer.text()
    missing = [f"the body does not contain {show(text, hide)}" for text in expect.contains if text not in body]
    return missing + [f"the body contains {show(text, hide)}" for text in expect.excludes if text in body]


def _time(answer: HttpAnswer, expect: Expectation) -> list[str]:
    if expect.max_seconds is None or answer.seconds <= expect.max_seconds:
        return []
    took, limit = format_pair(answer.seconds, expect.max_seconds, "s")
    return [f"took {took}, expected at most {limit}"]
