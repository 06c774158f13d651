"""Measurements from a search for tickets: how many there are, or how many match a pattern. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jmespath
from jmespath.exceptions import JMESPathError

from pytest_deploycheck.errors import BadAnswerError
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.phases import format_duration

if TYPE_CHECKING:
    from pytest_deploycheck.asks import TicketsAnswer
    from pytest_deploycheck.settings.metrics import TicketsMetric


def measure_tickets(metric: TicketsMetric, answer: TicketsAnswer) -> Measurement:
    """Return the number of tickets; a lower bound when the answer does not hold all of them.

    Raises:
        BadAnswerError: the answer holds no number, or no texts where patterns are looked for.
    """
    ask, note = answer.ask, None
    total = _whole(_found(ask.count, answer), ask.count)
    more = bool(ask.more and _found(ask.more, answer))
    if metric.patterns:
        texts = _found(ask.texts, answer)
        if not isinstance(texts, list):
            raise BadAnswerError(f"{ask.tracker}: {ask.texts or 'texts'} is no list of texts", "Correct texts")
        words = [str(text) for text in texts if text is not None]
        more = more or total > len(texts)
        found = {pattern: sum(1 for text in words if re.search(pattern, text)) for pattern in metric.patterns}
        note = ", ".join(f"{pattern}: {count}" for pattern, count in found.items())
        value = sum(1 for text in words if any(re.search(pattern, text) for pattern in metric.patterns))
    else:
        value = total
    return Measurement(
        metric=metric.id,
        value=value,
        unit=metric.unit,
        n=None,
        window=format_duration(metric.window) if metric.window else None,
        source="tickets",
        query=" ".join(filter(None, ("opened", metric.search, "matching " * bool(metric.patterns)))).strip(),
        target=ask.url,
        attempts=answer.attempts,
        at=answer.at,
        note="; ".join(filter(None, (note, "there are more than were looked at" if more else None))) or None,
        lower_bound=more,
    )


def _found(path: str, answer: TicketsAnswer) -> Any:
    try:
        return jmespath.search(path, answer.body) if path else None
    except JMESPathError as error:
        first = str(error).splitlines()[0] if str(error) else "does not fit"
        raise BadAnswerError(
            f"{answer.ask.tracker} answered something else than documented ({path}: {first[:120]})",
            "Is tickets.url its API?",
        ) from None


def _whole(value: Any, path: str) -> int:
    if isinstance(value, list):
        return len(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadAnswerError(f"the tracker's answer holds no number at {path}", "Correct count, or tickets.url")
    return value
