"""Numbers inside JSON documents, whatever brought them: one at a path, or a table of them."""

from __future__ import annotations

from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from pytest_deploycheck.errors import BadAnswerError
from pytest_deploycheck.redact import printable

MOST = 200
_LONGEST_NAME = 150


def found_at(document: Any, query: str) -> Any:
    """Return what a JMESPath finds in a document.

    Raises:
        BadAnswerError: the path cannot be followed there.
    """
    try:
        return jmespath.search(query, document)
    except (JMESPathError, TypeError, RecursionError) as error:
        raise BadAnswerError(f"{query}: {printable(str(error))[:200] or type(error).__name__}") from None


def number_at(document: Any, query: str) -> Any:
    """Return the single value at a path.

    Raises:
        BadAnswerError: there is a table or a list.
    """
    value = found_at(document, query)
    if isinstance(value, (dict, list)):
        raise BadAnswerError(f"{query} is a {type(value).__name__}, not a number", "Correct the metric's query")
    return value


def numbers_at(document: Any, query: str) -> dict[str, Any]:
    """Return the numbers of the table at a path by name; without any, one nameless number without data.

    Raises:
        BadAnswerError: there is no table of numbers, or too large a one.
    """
    found = found_at(document, query)
    if found is None or found == {}:
        return {"": None}
    if not isinstance(found, dict) or any(isinstance(value, (dict, list, str)) for value in found.values()):
        raise BadAnswerError(
            f"{query} is no table from name to number", "Correct the metric's query, or leave out each"
        )
    if len(found) > MOST:
        raise BadAnswerError(f"{query} finds {len(found)} numbers, and at most {MOST} are judged one by one")
    return {printable(name)[:_LONGEST_NAME]: value for name, value in sorted(found.items())}
