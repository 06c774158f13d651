"""What the parts of the reference service share: its identity, its credentials, its log and its state."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.demo.faults import FaultBoard
    from pytest_deploycheck.demo.metrics import Metrics
    from pytest_deploycheck.demo.share import ExactShare
    from pytest_deploycheck.demo.store import Store

APP_NAME: Final = "demo-service"
VERSION: Final = "1.4.2"
DEMO_SECRET: Final = "demo-secret-5f1c9a7e3b20"  # noqa: S105  # opens nothing; the fault secret-in-body shows it
DEMO_PERSON: Final = "jane.doe@customer.example"
PROBE_EMAIL: Final = "probe@demo.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Everything secret about one demo; made anew for each."""

    app_password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    monitor_password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    probe_password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    admin_key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    mobile_token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    control_token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


class ServiceLog:
    """The service's log file: a time, a level and a message on each line."""

    def __init__(self, path: Path, metrics: Metrics) -> None:
        """Open the file for appending."""
        self.path = path
        self._metrics = metrics
        self._lock = threading.Lock()
        self._file = path.open("a", encoding="utf-8")

    def write(self, level: str, message: str) -> None:
        """Write one line; a line after ``close`` is lost."""
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with self._lock:
            if not self._file.closed:
                self._file.write(f"{stamp} {level:<7} {APP_NAME} {message}\n")
                self._file.flush()
        self._metrics.message(level)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()


class Tokens:
    """The bearer tokens that are good for something, with the user that each belongs to; the oldest fall out."""

    LIMIT: Final = 1000

    def __init__(self, fixed: dict[str, int]) -> None:
        """Start with tokens that never fall out."""
        self._fixed = fixed
        self._issued: dict[str, int] = {}
        self._lock = threading.Lock()

    def issue(self, user: int) -> str:
        """Return a new token of a user."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._issued[token] = user
            while len(self._issued) > self.LIMIT:
                del self._issued[next(iter(self._issued))]
        return token

    def user(self, token: str) -> int | None:
        """Return whose token it is, None when nobody's."""
        found = self._fixed.get(token)
        return self._issued.get(token) if found is None else found


@dataclass(slots=True, kw_only=True)
class Context:
    """One running service."""

    board: FaultBoard
    store: Store
    log: ServiceLog
    metrics: Metrics
    credentials: Credentials
    tokens: Tokens
    app_dsn: str = field(repr=False)
    version: str = VERSION
    started: float = field(default_factory=time.time)
    share: ExactShare | None = None
    in_flight: Counter[ExactShare | None] = field(default_factory=Counter)
