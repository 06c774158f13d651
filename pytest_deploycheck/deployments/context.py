"""Values of a deployment with their origins, and how several that differ are settled; the ground floor. Pure."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  # a dataclass reads it
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.deployments.times import read_time
from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.redact import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

FIELDS: Final = ("id", "version", "commit", "previous", "deployed_at", "environment")
LONGEST: Final = 200
_SAME_MOMENT: Final = 300.0  # seconds; a pipeline and a cluster rarely agree on the second
_SHORTEST_COMMIT: Final = 7


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a deployment and the place that it came from, as a person would name it.

    ``derived`` marks a name that this program made up from what a platform said: another name is no contradiction.
    """

    field: str
    text: str
    origin: str
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of the deployment: the value in use for each field, and a sentence for each contradiction."""

    values: Mapping[str, Value] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()

    def text(self, name: str) -> str | None:
        """Return the value of a field, None when nobody knows it."""
        found = self.values.get(name)
        return None if found is None else found.text

    def origin(self, name: str) -> str | None:
        """Return where the value of a field came from, None when nobody knows it."""
        found = self.values.get(name)
        return None if found is None else found.origin


NOTHING_KNOWN: Final = Context()


def settle(values: Iterable[Value], now: datetime) -> Context:
    """Return the context that the values amount to; the surer one comes first, and one that differs is named.

    Raises:
        SettingsError: a value cannot be one: it is longer than 200 characters or holds control characters.
    """
    used: dict[str, Value] = {}
    conflicts: list[str] = []
    for value in values:
        checked = _checked(value)
        first = used.setdefault(value.field, checked)
        if first is not checked and not _agree(first, checked, now):
            conflicts.append(
                f"{value.field.replace('_', ' ')}: {first.text} ({first.origin}) is used, "
                f"but {checked.origin} says {checked.text}"
            )
    return Context({name: used[name] for name in FIELDS if name in used}, tuple(dict.fromkeys(conflicts)))


def _checked(value: Value) -> Value:
    text = value.text.strip()
    if text and len(text) <= LONGEST and printable(text) == text:
        return Value(value.field, text, value.origin, value.derived)
    wrong = "is empty" if not text else "is too long" if len(text) > LONGEST else "holds control characters"
    raise SettingsError.of(
        "deployment",
        value.origin,
        f"the {value.field.replace('_', ' ')} {wrong}",
        value=printable(repr(text[:40])),
        hint=f"Give one line of at most {LONGEST} characters.",
    )


def _agree(first: Value, other: Value, now: datetime) -> bool:
    same = _SAME.get(first.field, _same_text)
    return first.derived or other.derived or same(first, other, now)


def _same_text(first: Value, other: Value, _now: datetime) -> bool:
    return first.text == other.text


def _same_environment(first: Value, other: Value, _now: datetime) -> bool:
    return first.text.casefold() == other.text.casefold()


def _same_commit(first: Value, other: Value, _now: datetime) -> bool:
    short, long = sorted((first.text.lower(), other.text.lower()), key=len)
    return long == short or (len(short) >= _SHORTEST_COMMIT and long.startswith(short))


def _same_moment(first: Value, other: Value, now: datetime) -> bool:
    moments = [read_time(value.text, now, origin=value.origin) for value in (first, other)]
    return abs((moments[0] - moments[1]).total_seconds()) <= _SAME_MOMENT


_SAME: Final[Mapping[str, Callable[[Value, Value, datetime], bool]]] = {
    "environment": _same_environment,
    "commit": _same_commit,
    "deployed_at": _same_moment,
}
