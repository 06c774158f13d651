"""The faults that the demo can switch on: their names, their values, and which of them are on; knows no service."""

from __future__ import annotations

import difflib
import math
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import SettingsError, SettingsProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Value = float | str | None
"""What a fault carries: a number, a word, or nothing."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number between ``low`` and ``high``; ``default`` None means that it must be given."""

    what: str
    low: float
    high: float
    default: float | None = None
    whole: bool = False

    def parse(self, text: str | None) -> Value:
        """Return the number.

        Raises:
            ValueError: the text is no such number; the message says what is.
        """
        if text is None and self.default is not None:
            return self.default
        try:
            number = float(text or "")
        except ValueError:
            number = math.nan
        if not self.low <= number <= self.high or (self.whole and not number.is_integer()):
            kind = "a whole number" if self.whole else "a number"
            raise ValueError(f"needs {self.what}, {kind} from {self.low:g} to {self.high:g}")
        return number

    def __str__(self) -> str:
        """Return how the value is written on the command line."""
        return f"={self.what}" if self.default is None else f"[={self.what}, default {self.default:g}]"


@dataclass(frozen=True, slots=True)
class Word:
    """A word that fits a pattern."""

    what: str
    pattern: str
    default: str

    def parse(self, text: str | None) -> Value:
        """Return the word.

        Raises:
            ValueError: the text does not fit.
        """
        word = self.default if text is None else text
        if not re.fullmatch(self.pattern, word):
            raise ValueError(f"needs {self.what}, for example {self.default}")
        return word

    def __str__(self) -> str:
        """Return how the value is written on the command line."""
        return f"[={self.what}, default {self.default}]"


@dataclass(frozen=True, slots=True)
class Nothing:
    """No value at all."""

    def parse(self, text: str | None) -> Value:
        """Return None.

        Raises:
            ValueError: there is a value.
        """
        if text is not None:
            raise ValueError("takes no value")
        return None

    def __str__(self) -> str:
        """Return nothing to write."""
        return ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can be made to go wrong."""

    name: str
    summary: str
    value: Number | Word | Nothing = Nothing()


HEADER: Final = Word("NAME", r"[A-Za-z][A-Za-z0-9-]{0,60}", "X-Frame-Options")
VERSION: Final = Word("VERSION", r"[A-Za-z0-9][A-Za-z0-9._+-]{0,40}", "1.4.1")

FAULTS: Final[dict[str, Fault]] = {
    fault.name: fault
    for fault in (
        Fault("error-rate", "exactly this share of the mobile requests answers 500", Number("PERCENT", 0, 100)),
        Fault("slow", "requests under /api/ (not login, not health) take that much longer", Number("SECONDS", 0, 60)),
        Fault("health-degraded", "the health body reports redis as unhealthy"),
        Fault("not-ready", "readiness answers 503"),
        Fault("wrong-version", "the service reports another version", VERSION),
        Fault("down", "connections are refused"),
        Fault("hang", "connections are accepted, nothing is ever answered"),
        Fault("db-down", "PostgreSQL is gone"),
        Fault("pool-exhausted", "idle connections fill more than 90 % of the usable maximum"),
        Fault("long-query", "a transaction runs; switching on waits until it is this old", Number("SECONDS", 0, 60, 5)),
        Fault("orphans", "dispatches whose user is gone", Number("N", 1, 1000, 12, whole=True)),
        Fault("audit-gap", "users deleted without an audit row", Number("N", 1, 100, 3, whole=True)),
        Fault("tenant-leak", "row-level security is off on customers"),
        Fault("memory-leak", "the service grows by 200 MB at once, then 20 MB/s, up to 400 MB"),
        Fault("missing-header", "a security header is missing", HEADER),
        Fault("admin-open", "the admin endpoint asks for no key"),
        Fault("login-broken", "login answers 500"),
        Fault("write-broken", "creating a transaction answers 500"),
        Fault("traffic-stop", "the background traffic stops"),
        Fault("log-errors", "so many ERROR lines at once, and again every second", Number("N", 1, 1000, 5, whole=True)),
        Fault("stale-backup", "the last backup is 3 days old"),
        Fault("garbage-json", "health answers broken JSON"),
        Fault("huge-body", "health answers a body of 1 GB"),
        Fault("secret-in-body", "health shows secrets in its body and a header, and the log in an error"),
        Fault("metrics-gone", "/metrics answers 404"),
    )
}


@dataclass(frozen=True, slots=True)
class Active:
    """A fault with its value, ready to be switched on."""

    name: str
    value: Value = None

    def __str__(self) -> str:
        """Return ``NAME`` or ``NAME=VALUE``."""
        if self.value is None:
            return self.name
        return f"{self.name}={self.value:g}" if isinstance(self.value, float | int) else f"{self.name}={self.value}"


def parse_fault(text: str, *, location: str = "command line") -> Active:
    """Return the fault that ``NAME`` or ``NAME=VALUE`` names.

    Raises:
        SettingsError: there is no such fault, or the value does not fit.
    """
    name, separator, rest = text.strip().partition("=")
    fault = fault_named(name, location=location)
    try:
        return Active(fault.name, fault.value.parse(rest if separator else None))
    except ValueError as error:
        raise SettingsError.of(
            location, "", f"demo fault {fault.name} {error}", value=repr(rest) if separator else None
        ) from None


def fault_named(name: str, *, location: str = "command line") -> Fault:
    """Return the fault of that name.

    Raises:
        SettingsError: there is none; the nearest name is the hint.
    """
    fault = FAULTS.get(name)
    if fault is None:
        near = difflib.get_close_matches(name, FAULTS, n=1, cutoff=0.6)
        hint = f"Did you mean {near[0]}?" if near else f"Choose from: {', '.join(sorted(FAULTS))}."
        raise SettingsError.of(location, "", f"unknown demo fault {name!r}", hint=hint)
    return fault


def parse_faults(texts: Iterable[str], *, location: str = "command line") -> tuple[Active, ...]:
    """Return all the faults; a later one of the same name wins.

    Raises:
        SettingsError: with every problem at once.
    """
    problems: list[SettingsProblem] = []
    found: dict[str, Active] = {}
    for text in texts:
        try:
            active = parse_fault(text, location=location)
        except SettingsError as error:
            problems.extend(error.problems)
        else:
            found[active.name] = active
    if problems:
        raise SettingsError(tuple(problems))
    return tuple(found.values())


class FaultBoard:
    """Which faults are on. The service only reads it; switching runs the fault's effect, if it has one, first."""

    def __init__(self) -> None:
        """Start with nothing on."""
        self._on: dict[str, Active] = {}
        self._effects: dict[str, tuple[Callable[[Value], None], Callable[[], None]]] = {}
        self._switching = threading.RLock()

    def effect(self, name: str, start: Callable[[Value], None], stop: Callable[[], None]) -> None:
        """Register what must happen when a fault goes on and when it goes off."""
        self._effects[fault_named(name).name] = (start, stop)

    def on(self, name: str) -> bool:
        """Return whether a fault is on."""
        return name in self._on

    def number(self, name: str) -> float:
        """Return the value of a fault, 0 when it is off."""
        active = self._on.get(name)
        return float(active.value) if active is not None and isinstance(active.value, float | int) else 0.0

    def word(self, name: str) -> str | None:
        """Return the word of a fault, None when it is off."""
        active = self._on.get(name)
        return active.value if active is not None and isinstance(active.value, str) else None

    def names(self) -> tuple[str, ...]:
        """Return what is on, as ``NAME`` or ``NAME=VALUE``."""
        return tuple(str(active) for active in tuple(self._on.values()))

    def switch_on(self, active: Active) -> None:
        """Switch a fault on; one that is already on is switched off first."""
        with self._switching:
            self.switch_off(active.name)
            if active.name in self._effects:
                self._effects[active.name][0](active.value)
            self._on[active.name] = active

    def switch_off(self, name: str) -> None:
        """Switch a fault off; idempotent."""
        with self._switching:
            if self._on.pop(name, None) is not None and name in self._effects:
                self._effects[name][1]()

    def clear(self) -> None:
        """Switch everything off, the latest first."""
        with self._switching:
            for name in reversed(tuple(self._on)):
                self.switch_off(name)
